//! The table of all reasons that the kubelet, the scheduler, the controllers and admission give for pods that
//! do not serve: what each means, whether it can pass by itself, and what a developer can do.
//!
//! What a Gateway, a route and a certificate say of themselves is in the modules of these objects.

mod admission;
mod check;
mod exit;
mod image;
mod pod;
mod pod_event;
mod scheduling;
mod start;

use nokube_domain::deployments::{ErrorCode, Issue};

/// Where a reason is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `state.waiting` of a container whose image was built by this platform.
    OwnImage,
    /// `state.waiting` of a container whose image cannot be pulled.
    Image,
    /// A container that cannot be created or started: `state.waiting`, or a termination by the runtime.
    Start,
    /// `state.terminated` of a container. The text starts with `exit code N: `.
    Exit,
    /// An event `Unhealthy` about a container. The reason is the check: `Startup`, `Liveness` or `Readiness`.
    Check,
    /// The last lines of the log of a container that ended.
    Log,
    /// The condition `PodScheduled`.
    Scheduling,
    /// A warning about a claim that a pod waits for.
    Claim,
    /// `status.reason` of a pod, or a reason that follows from its conditions.
    Pod,
    /// A warning about a pod whose containers do not exist yet.
    PodEvent,
    /// The conditions `ReplicaFailure` and `Progressing` of a Deployment.
    Deployment,
}

/// Whether an issue can pass without a change by a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    Temporary,
    Permanent,
    /// Temporary at first; permanent after some repetitions.
    PermanentIfRepeated,
}

/// A row of the table. The first row of a source that matches is taken.
#[derive(Debug)]
pub struct Row {
    /// The name of the row, for tests.
    pub id: &'static str,
    pub source: Source,
    /// Kubernetes' reasons; none means any.
    pub reasons: &'static [&'static str],
    /// The text has to contain one of these; none means any text. `*` stands for any characters. In lower case.
    pub texts: &'static [&'static str],
    pub code: ErrorCode,
    pub outlook: Outlook,
    /// A sentence for developers, with names of [`Facts`] in braces.
    pub message: &'static str,
    /// What a developer can do; `{…}` as in the message.
    pub action: &'static str,
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let tables = [
        image::ROWS,
        start::ROWS,
        exit::ROWS,
        check::ROWS,
        scheduling::ROWS,
        pod::ROWS,
        pod_event::ROWS,
        admission::ROWS,
    ];
    tables.into_iter().flatten()
}

/// The values for the names in messages.
#[derive(Clone, Default)]
pub(super) struct Facts(Vec<(&'static str, String)>);

impl Facts {
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn fill(&self, template: &str) -> String {
        let fill = |text: String, (name, value): &(&str, String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        self.0.iter().fold(template.to_owned(), fill)
    }
}

/// How often something has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repetition {
    Once,
    Repeated,
}

/// What was found in an object.
pub(super) struct Found<'a> {
    pub(super) source: Source,
    pub(super) reason: &'a str,
    /// The text to look into, in lower case.
    pub(super) text: String,
    pub(super) repetition: Repetition,
}

impl<'a> Found<'a> {
    pub(super) fn new(source: Source, reason: &'a str, text: &str) -> Self {
        Self { source, reason, text: text.to_ascii_lowercase(), repetition: Repetition::Once }
    }

    /// The issue of the first row that matches. It has no detail yet.
    pub(super) fn issue(&self, facts: &Facts) -> Option<Issue> {
        let row = rows().find(|row| row.matches(self.source, self.reason, &self.text))?;
        let facts = facts.clone().with("reason", self.reason);
        let (message, action) = (facts.fill(row.message), facts.fill(row.action));
        let is_permanent = match row.outlook {
            Outlook::Temporary => false,
            Outlook::Permanent => true,
            Outlook::PermanentIfRepeated => self.repetition == Repetition::Repeated,
        };
        let make = if is_permanent { Issue::permanent } else { Issue::temporary };
        Some(make(row.code, message, action).with_reason(self.reason))
    }
}

impl Row {
    /// `text` is in lower case.
    pub fn matches(&self, source: Source, reason: &str, text: &str) -> bool {
        // An image that was built here has reasons of its own, and those of other images.
        let is_of_source =
            self.source == source || (source == Source::OwnImage && self.source == Source::Image);
        is_of_source
            && (self.reasons.is_empty() || self.reasons.contains(&reason))
            && (self.texts.is_empty() || self.texts.iter().any(|pattern| contains(text, pattern)))
    }
}

/// Whether the text contains the parts of the pattern between `*`, in this order.
fn contains(text: &str, pattern: &str) -> bool {
    let mut rest = Some(text);
    for part in pattern.split('*') {
        rest = rest.and_then(|text| text.split_once(part)).map(|(_, rest)| rest);
    }
    rest.is_some()
}
