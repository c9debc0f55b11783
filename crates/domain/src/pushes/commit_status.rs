//! The statuses that services report for commits, and which of them is sent next. See [`crate::reports`].
//!
//! <https://docs.github.com/en/rest/commits/statuses>

use super::{CommitStatuses, PushOutcome, PushRecord};
use crate::{
    BuildId, Timestamp, UnknownFields,
    builds::{BuildView, ErrorCode, Status},
    config_file::{FILE_NAME, FileError},
    name::{ProjectName, ServiceName},
    reports::{Attempts, NextStep, NotedProblem, ReportProblem, ReportRecord, is_waiting, shown},
    repository::CommitSha,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How many commits of a service are remembered.
const MAX_COMMITS: usize = 10;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 140;
/// How often a status of one commit is sent. GitHub accepts 1,000.
const MAX_SENT: u32 = 50;

/// GitHub's state of a commit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitState {
    Pending,
    Success,
    /// The commit cannot be built as it is.
    Failure,
    /// It was not found out whether it can be built.
    Error,
}

/// A status that a service should have at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueStatus {
    pub commit: CommitSha,
    /// The number of the push: of two with the same commit, the later one counts.
    pub push: u32,
    /// Whether it is about the newest push. The state of another one is reported only if an earlier state was.
    pub is_newest: bool,
    pub state: CommitState,
    /// A sentence of at most 140 characters.
    pub description: Cow<'static, str>,
    /// The build that it is about.
    pub build: Option<BuildId>,
}

/// What identifies the statuses of a service at a commit.
pub fn status_context(project: &ProjectName, service: &ServiceName) -> String {
    format!("nokube/{project}/{service}")
}

impl DueStatus {
    /// The status that follows from a push alone: that the configuration file is invalid, or that it does not concern the
    /// service. A service that a push does not concern reports success: otherwise a
    /// branch that requires the status could never be merged.
    pub fn of_push(push: &PushRecord) -> Option<Self> {
        let (state, description) = match push.outcome {
            PushOutcome::NotAffected => (CommitState::Success, "Not affected by this push".into()),
            PushOutcome::InvalidConfigFile => (CommitState::Error, invalid_file(push).into()),
            _ => return None,
        };
        let head = push.head.as_ref()?;
        Some(Self {
            commit: head.sha.clone(),
            push: push.number,
            is_newest: true,
            state,
            description,
            build: None,
        })
    }

    /// The status of a build. `push` is the number of the push that it is for; `is_newest` says whether no later push
    /// is to be built.
    pub fn of_build(build: &BuildView, push: u32, is_newest: bool) -> Self {
        let (state, description) = match build.status {
            Status::Pending if build.waiting_for_capacity => {
                (CommitState::Pending, "Waits until other builds of the project's owner have ended")
            }
            Status::Pending | Status::Building => (CommitState::Pending, "Building"),
            Status::Success => (CommitState::Success, "Built"),
            Status::Cancelled if build.superseded || !is_newest => {
                (CommitState::Error, "Not built: a later push is built instead")
            }
            Status::Cancelled => (CommitState::Error, "The build was cancelled"),
            Status::Failed => failed(build.error_code.as_deref()),
        };
        let (commit, build) = (build.commit_sha.clone(), Some(build.build_id));
        Self { commit, push, is_newest, state, description: description.into(), build }
    }
}

/// The first fault of the configuration file.
fn invalid_file(push: &PushRecord) -> String {
    let first = push.config_file.as_ref().and_then(|file| file.errors.first());
    let text = match first {
        Some(FileError { line, column, detail, .. }) => {
            format!("{FILE_NAME} {line}:{column}: {detail}")
        }
        None => format!("{FILE_NAME} is invalid"),
    };
    match text.char_indices().nth(MAX_DESCRIPTION.saturating_sub(1)) {
        Some((end, _)) if text.chars().count() > MAX_DESCRIPTION => {
            format!("{}…", text.get(..end).unwrap_or_default())
        }
        _ => text,
    }
}

/// A failure of the commit's own steps, or of something else.
fn failed(error_code: Option<&str>) -> (CommitState, &'static str) {
    let own = [ErrorCode::StepFailed, ErrorCode::SourceIncomplete].map(|code| code.to_string());
    match error_code {
        Some(code) if own.iter().any(|own| own == code) => {
            (CommitState::Failure, "The build failed")
        }
        Some(code) if code == ErrorCode::TimedOut.to_string() => {
            (CommitState::Failure, "The build took too long")
        }
        _ => (CommitState::Error, "The build could not be completed"),
    }
}

/// What a service has reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitStatusRecord {
    /// Of the commits for which something was reported last, the newest last.
    #[serde(default)]
    reported: Vec<ReportedStatus>,
    /// Why nothing can be reported, and when GitHub said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: NotedProblem,
    #[serde(flatten)]
    unknown_fields: UnknownFields,
}

/// The last status of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ReportedStatus {
    commit: CommitSha,
    push: u32,
    state: CommitState,
    #[serde(flatten)]
    attempts: Attempts,
    #[serde(flatten)]
    unknown_fields: UnknownFields,
}

impl ReportRecord for CommitStatusRecord {
    type Due = DueStatus;

    fn next_step(&self, due: &DueStatus, now: Timestamp) -> NextStep {
        if is_waiting(self.problem, now) {
            return NextStep::Nothing;
        }
        let Some(last) = self.reported_of(&due.commit) else {
            return match due.is_newest {
                true => NextStep::Send { others_send: false },
                false => NextStep::Nothing,
            };
        };
        let is_outdated = last.push > due.push;
        let stays_pending = !due.is_newest && due.state == CommitState::Pending;
        if is_outdated || stays_pending || last.attempts.sent() >= MAX_SENT {
            return NextStep::Nothing;
        }
        let others_send = last.attempts.is_sending(now);
        match last.state == due.state {
            true if last.attempts.is_over() => NextStep::Nothing,
            true if others_send => NextStep::Wait,
            _ => NextStep::Send { others_send },
        }
    }

    fn sending(mut self, due: &DueStatus, sender: u64, now: Timestamp) -> Self {
        let last = self.reported.iter().position(|status| status.commit == due.commit);
        let last = last.map(|index| self.reported.remove(index));
        self.reported.push(ReportedStatus {
            commit: due.commit.clone(),
            push: due.push,
            state: due.state,
            attempts: Attempts::begin(last.as_ref().map(|last| &last.attempts), sender, now),
            unknown_fields: last.map(|last| last.unknown_fields).unwrap_or_default(),
        });
        let surplus = self.reported.len().saturating_sub(MAX_COMMITS);
        self.reported.drain(..surplus);
        self
    }

    fn is_sent_by(&self, due: &DueStatus, sender: u64) -> bool {
        self.reported_of(&due.commit).is_some_and(|last| last.attempts.is_by(sender))
    }

    fn sent(mut self, due: &DueStatus, sender: u64, _: Option<u64>) -> Option<Self> {
        let last = self.reported.iter_mut().find(|status| status.commit == due.commit)?;
        if !last.attempts.is_by(sender) {
            return None;
        }
        last.attempts.end();
        self.problem = None;
        Some(self)
    }

    fn with_problem(mut self, problem: ReportProblem, now: Timestamp) -> Self {
        self.reported.retain(|status| status.attempts.is_over());
        self.problem = Some((problem, now));
        self
    }

    fn problem(&self) -> Option<ReportProblem> {
        self.problem.map(|(problem, _)| problem)
    }
}

impl CommitStatusRecord {
    /// What is shown of it.
    pub fn shown(record: Option<&Self>) -> CommitStatuses {
        let is_over = |record: &Self| record.reported.iter().any(|one| one.attempts.is_over());
        shown(record.and_then(|record| record.problem), record.is_some_and(is_over))
    }

    fn reported_of(&self, commit: &CommitSha) -> Option<&ReportedStatus> {
        self.reported.iter().find(|status| status.commit == *commit)
    }
}
