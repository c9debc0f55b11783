//! Why a pod does not receive requests, and the pod as users see it.

use super::{
    container_issue::container_issue,
    event::ObservedEvent,
    pod::ObservedPod,
    reasons::{Facts, Found, Repetition, Source},
};
use nokube_domain::{
    Timestamp,
    deployments::{ErrorCode, Issue, PodView},
};

/// Warnings that a container's state explains better, or that do not stop a pod.
const OTHER_WARNINGS: [&str; 10] = [
    "BackOff",
    "ErrImageNeverPull",
    "Evicted",
    "FailedPreStopHook",
    "FailedScheduling",
    "FailedToRetrieveImagePullSecret",
    "InspectFailed",
    "PossibleMemoryBackedVolumesOnDisk",
    "ProbeWarning",
    "Unhealthy",
];
/// After one of these events, earlier warnings about the creation of the pod are over.
const CREATED: [&str; 5] = ["Pulling", "Pulled", "Created", "Started", "SandboxChanged"];

/// Seconds after which a pod should have been taken up by its machine, and its image should have been pulled.
const MAX_SECONDS_UNTOUCHED: i64 = 20;
const MAX_SECONDS_OF_PULL: i64 = 60;
/// Events that say why a pod has ended.
const END_REASONS: [&str; 3] = ["Evicted", "Preempting", "Preempted"];

/// What is known beside the pod itself.
#[derive(Clone, Copy, Default)]
pub struct PodContext<'a> {
    /// The events of the pod, of the other pods, and of the claims that they wait for.
    pub events: &'a [&'a ObservedEvent],
    /// When the pod was read, if that is known.
    pub read_at: Option<Timestamp>,
}

/// A container whose program crashed, and which of its logs shows that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashLog {
    pub pod: String,
    pub container: String,
    /// The log of the run before the last restart.
    pub previous: bool,
}

impl CrashLog {
    /// Adds the last lines of the log to the issue of the crash.
    pub fn explain(issue: &Issue, lines: &str) -> Issue {
        let found = Found::new(Source::Log, "", lines);
        let facts = Facts::default().with("program", "The program");
        let mut explained = match found.issue(&facts) {
            Some(Issue { code, message, action, .. }) => {
                Issue { code, message, action, ..issue.clone() }
            }
            None => issue.clone(),
        };
        explained.add_detail(lines);
        explained
    }
}

impl ObservedPod {
    /// Its issues, the worst first.
    pub fn issues(&self, context: &PodContext<'_>) -> Vec<Issue> {
        if self.metadata.is_terminating() {
            return Vec::new();
        }
        let own = self.own_events(context);
        let mut issues = Vec::new();
        if self.has_ended() {
            issues.extend(self.end_issue(context, Repetition::Once));
        } else if self.has_lost_node() {
            issues.extend(self.pod_issue("NodeNotReady", &self.status.message));
        } else {
            issues.extend(self.containers().filter_map(|c| container_issue(self, &c, &own)));
            issues.extend(self.scheduling_issue(context.events));
        }
        if issues.is_empty() && !self.is_ready() {
            let issue = self.creation_issue(&own).or_else(|| self.readiness_issue());
            issues.extend(issue.or_else(|| self.slow_start_issue(&own, context.read_at)));
        }
        let name = &self.metadata.name;
        Issue::sort(issues.into_iter().map(|issue| issue.with_object("Pod", name)).collect())
    }

    fn own_events<'a>(&self, context: &PodContext<'a>) -> Vec<&'a ObservedEvent> {
        let events = context.events.iter().copied();
        events
            .filter(|event| self.is_named_in(event) && event.involved_object.kind == "Pod")
            .collect()
    }

    /// Whether the event is about the pod, or about a claim that it uses.
    pub(super) fn is_named_in(&self, event: &ObservedEvent) -> bool {
        let object = &event.involved_object;
        match object.kind.as_str() {
            "Pod" => object.uid == self.metadata.uid,
            "PersistentVolumeClaim" => self.uses_claim(&object.name),
            _ => false,
        }
    }

    /// The issue of a pod that has ended. Its status does not say why if the program had an orderly end.
    pub(super) fn end_issue(
        &self,
        context: &PodContext<'_>,
        repetition: Repetition,
    ) -> Option<Issue> {
        let own = self.own_events(context);
        let event = newest(&own, |event| END_REASONS.contains(&event.reason.as_str()));
        let (reason, message) = match (self.status.reason.as_str(), event) {
            ("", Some(event)) => (event.reason.as_str(), event.message.as_str()),
            ("", None) => (self.status.phase.as_str(), ""),
            (reason, _) => (reason, self.status.message.as_str()),
        };
        let found = Found { repetition, ..Found::new(Source::Pod, reason, message) };
        let issue = found.issue(&Facts::default())?;
        Some(issue.with_detail(message).with_object("Pod", &self.metadata.name))
    }

    /// Its machine takes long, and nothing says why.
    fn slow_start_issue(
        &self,
        events: &[&ObservedEvent],
        read_at: Option<Timestamp>,
    ) -> Option<Issue> {
        let seconds_since = |at: Option<Timestamp>| {
            let seconds = read_at.zip(at).map(|(now, at)| now.as_second() - at.as_second());
            seconds.unwrap_or(0)
        };
        if self.is_untouched() {
            let created = self.metadata.creation_timestamp;
            return (seconds_since(created) > MAX_SECONDS_UNTOUCHED)
                .then(|| self.pod_issue("NotTakenUp", ""))?;
        }
        let pulling = newest(events, |event| CREATED.contains(&event.reason.as_str()))?;
        let is_slow = seconds_since(pulling.last_occurred_at()) > MAX_SECONDS_OF_PULL;
        (pulling.reason == "Pulling" && is_slow)
            .then(|| self.pod_issue("Pulling", &pulling.message))?
    }

    fn pod_issue(&self, reason: &str, detail: &str) -> Option<Issue> {
        let found = Found::new(Source::Pod, reason, detail);
        found.issue(&Facts::default()).map(|issue| issue.with_detail(detail))
    }

    fn scheduling_issue(&self, events: &[&ObservedEvent]) -> Option<Issue> {
        let scheduled = self.condition("PodScheduled").filter(|found| found.status == "False")?;
        let (reason, detail) = (&scheduled.reason, &scheduled.message);
        let found = Found::new(Source::Scheduling, reason, detail);
        let issue = found.issue(&Facts::default())?.with_detail(detail);
        if issue.code != ErrorCode::Volume {
            return Some(issue);
        }
        let claims = events.iter().filter(|event| {
            event.involved_object.kind == "PersistentVolumeClaim"
                && (event.r#type == "Warning" || event.reason == "FailedBinding")
        });
        let newest = claims.max_by_key(|event| event.last_occurred_at());
        let claim = newest.and_then(|event| {
            let found = Found::new(Source::Claim, &event.reason, &event.message);
            found.issue(&Facts::default()).map(|issue| issue.with_detail(&event.message))
        });
        claim.or(Some(issue))
    }

    /// Why its containers do not exist yet, as the newest warning says.
    fn creation_issue(&self, events: &[&ObservedEvent]) -> Option<Issue> {
        let has_started = self.containers().any(|container| {
            container.status.state.running.is_some() || container.status.terminated().is_some()
        });
        let is_relevant = |event: &ObservedEvent| {
            let is_other = OTHER_WARNINGS.contains(&event.reason.as_str());
            let is_about_container =
                event.reason == "Failed" && !event.message.starts_with("error making");
            event.r#type == "Warning" && !is_other && !is_about_container
        };
        let is_creation = |event: &ObservedEvent| CREATED.contains(&event.reason.as_str());
        let warning = newest(events, is_relevant)?;
        let created = newest(events, is_creation).and_then(ObservedEvent::last_occurred_at);
        let is_over = created > warning.last_occurred_at();
        if has_started || is_over {
            return None;
        }
        let found = Found::new(Source::PodEvent, &warning.reason, &warning.message);
        found.issue(&Facts::default()).map(|issue| issue.with_detail(&warning.message))
    }

    /// It runs, and nothing says why it is not ready.
    fn readiness_issue(&self) -> Option<Issue> {
        let ready = self.condition("Ready")?;
        let all_well = self.containers().all(|container| container.is_well());
        if ready.reason == "ReadinessGatesNotReady" && all_well {
            return self.pod_issue("ReadinessGatesNotReady", &ready.message);
        }
        let is_running =
            self.containers().all(|container| container.status.state.waiting.is_none());
        (self.has_lost_readiness() && is_running)
            .then(|| self.pod_issue("ReadinessLost", &ready.message))?
    }

    /// The log of the first container whose program crashed.
    pub(super) fn crash_log(&self) -> Option<CrashLog> {
        let crashed = self
            .containers()
            .find(|container| !container.is_well() && container.status.terminated().is_some())?;
        Some(CrashLog {
            pod: self.metadata.name.clone(),
            container: crashed.name().to_owned(),
            previous: crashed.status.has_previous_log(),
        })
    }

    /// The pod as users see it. `current`: it is of the newest revision.
    pub(super) fn view(&self, current: bool, context: &PodContext<'_>) -> PodView {
        let issues = self.issues(context);
        let waiting = self.containers().find_map(|container| {
            Some(container.status.waiting().0.to_owned()).filter(|reason| !reason.is_empty())
        });
        let reason = match (issues.first(), self.metadata.is_terminating()) {
            (_, true) => Some("Terminating".to_owned()),
            (Some(issue), _) => issue.reason.clone(),
            (None, _) => waiting,
        };
        PodView {
            name: self.metadata.name.clone(),
            phase: self.status.phase.clone(),
            ready: self.is_ready(),
            current,
            restarts: self.restarts(),
            reason,
            code: issues.first().map(|issue| issue.code.to_string()),
            message: issues.first().map(Issue::text),
            started_at: self.status.start_time.map(nokube_domain::whole_seconds),
            issues,
        }
    }
}

fn newest<'a>(
    events: &[&'a ObservedEvent],
    is_relevant: impl Fn(&ObservedEvent) -> bool,
) -> Option<&'a ObservedEvent> {
    let relevant = events.iter().copied().filter(|event| is_relevant(event));
    relevant.max_by_key(|event| event.last_occurred_at())
}
