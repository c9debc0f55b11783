//! Why a container does not run or is not ready.

use super::{
    container::{Container, Role, Terminated},
    event::ObservedEvent,
    pod::ObservedPod,
    reasons::{Facts, Found, Repetition, Source},
};
use nokube_domain::{Timestamp, deployments::Issue};

const BEING_CREATED: [&str; 2] = ["ContainerCreating", "PodInitializing"];
const CRASH_LOOP: &str = "CrashLoopBackOff";
/// The container runtime could not start it.
const START_ERRORS: [&str; 2] = ["StartError", "ContainerCannotRun"];
/// Seconds in which a program need not listen yet.
const START_SECONDS: i64 = 5;
/// From so many failed checks on, it ought to listen.
const MIN_FAILED_CHECKS: u32 = 3;
/// Exit codes of SIGKILL and SIGTERM.
const KILLED: [i32; 2] = [137, 143];

/// The container's issue, if it has one. `events` are those of its pod.
pub(super) fn container_issue(
    pod: &ObservedPod,
    container: &Container<'_>,
    events: &[&ObservedEvent],
) -> Option<Issue> {
    let status = container.status;
    let (reason, message) = status.waiting();
    let issue = if container.is_well() {
        recovered(container)
    } else if BEING_CREATED.contains(&reason) {
        None
    } else if reason.is_empty() || reason == CRASH_LOOP {
        let about: Vec<_> =
            events.iter().copied().filter(|event| is_about(event, container)).collect();
        stopped(container, &about)
    } else {
        waiting(pod, container, reason, message)
    };
    issue.map(|issue| of_container(issue, container))
}

/// It was out of memory, and runs again.
fn recovered(container: &Container<'_>) -> Option<Issue> {
    let last = container.status.last_state.terminated.as_ref()?;
    let is_running = container.status.state.running.is_some();
    (is_running && last.reason == "OOMKilled")
        .then(|| exit(container, last, "OOMKilled", Repetition::Once))?
}

/// The image cannot be pulled, or the container cannot be created or started.
fn waiting(
    pod: &ObservedPod,
    container: &Container<'_>,
    reason: &str,
    message: &str,
) -> Option<Issue> {
    let is_own = container.role == Role::Service && pod.has_own_image();
    let source = if is_own { Source::OwnImage } else { Source::Image };
    let image = container.image();
    let text = without_names(message, image);
    let pull = Found::new(source, reason, &text).issue(&Facts::default().with("image", image));
    let issue = pull.or_else(|| start(container, reason, message));
    issue.map(|issue| issue.with_detail(message))
}

/// The text without the image's name and without URLs: they may contain any words.
fn without_names(text: &str, image: &str) -> String {
    let mut text = text.to_owned();
    for prefix in ["docker.io/library/", "docker.io/", ""] {
        if !image.is_empty() {
            text = text.replace(&format!("{prefix}{image}"), "");
        }
    }
    without_urls(&text)
}

fn without_urls(text: &str) -> String {
    let is_url = |word: &&str| {
        let word = word.trim_start_matches(['"', '(', '[']);
        word.starts_with("http://") || word.starts_with("https://")
    };
    let words = text.split(' ').map(|word| if is_url(&word) { "" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn start(container: &Container<'_>, reason: &str, message: &str) -> Option<Issue> {
    Found::new(Source::Start, reason, message).issue(&facts(container))
}

/// It has ended, or it runs and is not ready.
fn stopped(container: &Container<'_>, events: &[&ObservedEvent]) -> Option<Issue> {
    let status = container.status;
    let repetition = match status.fails_repeatedly() {
        true => Repetition::Repeated,
        false => Repetition::Once,
    };
    if let Some(running) = &status.state.running {
        let failed = failed_check(events, |event| {
            event.last_occurred_at() >= running.started_at
                && !is_too_early(event, running.started_at)
        });
        if let Some(event) = failed {
            return check(container, event, repetition);
        }
        // It was restarted only once and may still become ready.
        if repetition == Repetition::Once {
            return None;
        }
    }
    let (waiting, _) = status.waiting();
    let Some(end) = status.terminated() else { return crash_loop(container) };
    if container.role == Role::Init && end.exit_code == 0 {
        return None;
    }
    let reason = if waiting == CRASH_LOOP { waiting } else { end.reason.as_str() };
    if START_ERRORS.contains(&end.reason.as_str()) {
        return start(container, reason, &end.message).map(|issue| issue.with_detail(&end.message));
    }
    match killing_check(events, end) {
        Some(event) if end.reason != "OOMKilled" => {
            let issue = check(container, event, repetition)?;
            let message = format!("{} It was ended for that {}.", issue.message, end.duration());
            Some(Issue { message, ..issue })
        }
        _ => exit(container, end, reason, repetition),
    }
}

/// It ends again and again, and nothing is known about how.
fn crash_loop(container: &Container<'_>) -> Option<Issue> {
    let (reason, _) = container.status.waiting();
    let found = Found {
        repetition: Repetition::Repeated,
        ..Found::new(Source::Exit, reason, "unknown exit code")
    };
    found.issue(&facts(container)).filter(|_| reason == CRASH_LOOP)
}

fn exit(
    container: &Container<'_>,
    end: &Terminated,
    reason: &str,
    repetition: Repetition,
) -> Option<Issue> {
    let text = format!("exit code {}: {}", end.exit_code, end.message);
    // The end itself decides; what is shown is why the container does not run now.
    let found = Found { repetition, ..Found::new(Source::Exit, &end.reason, &text) };
    let facts = facts(container)
        .with("exit_code", end.exit_code.to_string())
        .with("duration", end.duration());
    let reason = if end.reason == "OOMKilled" { "OOMKilled" } else { reason };
    found.issue(&facts).map(|issue| issue.with_reason(reason).with_detail(&end.message))
}

/// The newest failure of a check.
fn failed_check<'a>(
    events: &[&'a ObservedEvent],
    is_relevant: impl Fn(&ObservedEvent) -> bool,
) -> Option<&'a ObservedEvent> {
    let failures = events.iter().copied().filter(|event| event.reason == "Unhealthy");
    failures.filter(|event| is_relevant(event)).max_by_key(|event| event.last_occurred_at())
}

/// The failure of a check for which the kubelet ended the container, if that is why it ended.
fn killing_check<'a>(events: &[&'a ObservedEvent], end: &Terminated) -> Option<&'a ObservedEvent> {
    let kills = |event: &ObservedEvent| {
        let is_killing = event.reason == "Killing" && event.message.contains("probe");
        let is_failure =
            event.message.starts_with("Liveness") || event.message.starts_with("Startup");
        is_killing || (event.reason == "Unhealthy" && is_failure)
    };
    let in_time = |event: &ObservedEvent| {
        let (at, start, finish) = (event.last_occurred_at(), end.started_at, end.finished_at);
        kills(event) && at >= start && at.is_some() && start.is_some() && at <= finish
    };
    let was_killed = events.iter().any(|event| event.reason == "Killing" && in_time(event));
    // The kubelet leaves out events when there are many of them.
    let may_be_killed = KILLED.contains(&end.exit_code) && events.iter().any(|event| kills(event));
    if was_killed || may_be_killed { failed_check(events, kills) } else { None }
}

/// Whether the program was only just started.
fn is_too_early(event: &ObservedEvent, started_at: Option<Timestamp>) -> bool {
    let seconds = event
        .last_occurred_at()
        .zip(started_at)
        .map(|(at, start)| at.as_second() - start.as_second());
    let is_refused = event.message.to_ascii_lowercase().contains("connection refused");
    let is_first = event.count() < MIN_FAILED_CHECKS;
    is_refused && is_first && seconds.is_some_and(|seconds| seconds < START_SECONDS)
}

/// The issue of an event such as `Startup probe failed: HTTP probe failed with statuscode: 404`.
fn check(
    container: &Container<'_>,
    event: &ObservedEvent,
    repetition: Repetition,
) -> Option<Issue> {
    let (kind, text) = event.message.split_once(" probe ")?;
    let probe = container.spec.and_then(|spec| spec.probe(kind));
    let field = if kind == "Readiness" { "readiness_check_path" } else { "liveness_check_path" };
    let status: String = text
        .split_once("statuscode: ")
        .map(|(_, code)| code.chars().take_while(char::is_ascii_digit).collect())
        .unwrap_or_default();
    let facts = facts(container)
        .with("check", kind.to_ascii_lowercase())
        .with("request", probe.map_or_else(|| "no details".into(), |probe| probe.request()))
        .with("port", probe.map(|probe| probe.port()).unwrap_or_default())
        .with("timeout", probe.map(|probe| probe.timeout()).unwrap_or_default())
        .with("field", field)
        .with("status", status);
    let found = Found { repetition, ..Found::new(Source::Check, kind, &without_urls(text)) };
    found.issue(&facts).map(|issue| issue.with_reason("Unhealthy").with_detail(&event.message))
}

/// The events of a container have its name in their `fieldPath`: `spec.containers{app}`.
fn is_about(event: &ObservedEvent, container: &Container<'_>) -> bool {
    event.involved_object.field_path.ends_with(&format!("{{{}}}", container.name()))
}

fn facts(container: &Container<'_>) -> Facts {
    let program = match container.role {
        Role::Service => "The program".to_owned(),
        _ => format!("The container {}, which the cluster added to the pod,", container.name()),
    };
    let limit = container.spec.and_then(|spec| spec.memory_limit());
    Facts::default()
        .with("program", program)
        .with("limit", limit.map(|limit| format!(" of {limit}")).unwrap_or_default())
}

/// Names the container, unless it is the developer's own.
fn of_container(issue: Issue, container: &Container<'_>) -> Issue {
    if container.role == Role::Service {
        return issue;
    }
    let name = container.name();
    let message = match issue.message.contains(&format!("The container {name},")) {
        true => issue.message,
        false => {
            format!("The container {name}, which the cluster added to the pod: {}", issue.message)
        }
    };
    let action = "Tell the administrator: this container is not part of the image.".to_owned();
    Issue { message, action, ..issue }
}
