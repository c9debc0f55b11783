//! What is shown of the services that are followed: in a terminal a line for each, which changes; elsewhere a line for
//! each change; with `--json` a document for each change.

use super::{build, deployment};
use crate::{
    Error,
    api::{Received, builds::Build, deployments::Deployment},
    output::{Output, Progress, Style, clean},
    text,
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap};

pub struct Board {
    output: Output,
    /// Each change is a line of the result, as JSON.
    is_stream: bool,
    progress: Progress,
    phases: RefCell<BTreeMap<String, String>>,
}

impl Board {
    pub fn new(output: &Output, is_stream: bool) -> Self {
        let phases = RefCell::default();
        Self { output: output.clone(), is_stream, progress: output.progress(""), phases }
    }

    /// What a service does at the moment.
    pub fn set(&self, service: &str, phase: &str) {
        let phase = clean(phase).replace('\n', " ");
        let previous = self.phases.borrow_mut().insert(service.to_owned(), phase.clone());
        if previous.as_deref() == Some(phase.as_str()) {
            return;
        }
        match self.progress.is_spinner() {
            true => self.progress.set(&summary(&self.phases.borrow())),
            false => self.progress.line(&format!("{service}: {phase}")),
        }
    }

    /// A service is no longer followed. Without a terminal its last line stays, and is returned.
    pub fn remove(&self, service: &str) -> Option<String> {
        let phase = self.phases.borrow_mut().remove(service);
        if self.progress.is_spinner() {
            self.progress.set(&summary(&self.phases.borrow()));
            return None;
        }
        phase.map(|phase| format!("{service}: {phase}"))
    }

    pub(super) fn build(&self, service: &str, read: &Received<Build>) {
        self.set(service, &build::phase(read));
        self.event("build", service, "build", &read.json);
    }

    pub(super) fn deployment(&self, service: &str, read: &Received<Deployment>) {
        self.set(service, &deployment::phase(read));
        self.event("deployment", service, "deployment", &read.json);
    }

    pub(super) fn lost(&self, service: &str, error: &Error) {
        let message = error.message.lines().next().unwrap_or_default();
        self.set(service, &text!("{message} Trying again.", "{message} Nouvel essai."));
    }

    /// A line of the result with `--json`: `{"type": …, "service": …, FIELD: …}`.
    pub fn event(&self, kind: &str, service: &str, field: &str, value: &Value) {
        if self.is_stream {
            self.output.json_line(&json!({"type": kind, "service": service, field: value}));
        }
    }

    /// Prints a message for people above the lines that change.
    pub fn note(&self, message: &str) {
        self.progress.line(&clean(message));
    }

    /// As [`Self::note`], in a colour.
    pub fn styled_note(&self, style: Style, message: &str) {
        self.progress.line(&self.output.styled(style, &clean(message)));
    }
}

fn summary(phases: &BTreeMap<String, String>) -> String {
    let lines: Vec<_> =
        phases.iter().map(|(service, phase)| format!("{service}: {phase}")).collect();
    lines.join("\n  ")
}
