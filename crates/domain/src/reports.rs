//! What is common to all that is reported to GitHub: commit statuses and GitHub Deployments.
//!
//! GitHub keeps what arrives last, and the same thing can be reported by several requests at once. So each request notes
//! in a record that it sends, and looks at the record again after it has sent.

use crate::{Timestamp, pushes::CommitStatuses};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Seconds after which a request that has not noted what it sent was interrupted.
const SENDING: i64 = 60;
/// Seconds after which an installation without the permission is asked again.
const ASK_AGAIN: i64 = 600;

/// Why nothing can be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportProblem {
    /// The person who is responsible for the service may not push to the repository.
    NoPushPermission,
    /// The account of the installation has not granted the permission to report it.
    WaitingForApproval,
}

/// What to do about a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// GitHub has it, or it is not to be sent.
    Nothing,
    /// Another request is sending it.
    Wait,
    Send {
        /// Whether another request may be sending an earlier state, which can arrive later than this one.
        others_send: bool,
    },
}

/// The record of what was reported about something, of which all who report read the same.
pub trait ReportRecord: Clone + Default + Serialize + DeserializeOwned {
    /// What GitHub should have.
    type Due;

    fn next_step(&self, due: &Self::Due, now: Timestamp) -> NextStep;

    /// The record while the request with this number sends what is due.
    #[must_use]
    fn sending(self, due: &Self::Due, sender: u64, now: Timestamp) -> Self;

    /// Whether this request is the last one that has noted that it sends it.
    fn is_sent_by(&self, due: &Self::Due, sender: u64) -> bool;

    /// The record after the request has sent it; `id` is GitHub's number of what was created or found. `None` if another
    /// request has begun to send since: nobody knows what GitHub got last.
    #[must_use]
    fn sent(self, due: &Self::Due, sender: u64, id: Option<u64>) -> Option<Self>;

    /// The record after it was found out that nothing can be reported.
    #[must_use]
    fn with_problem(self, problem: ReportProblem, now: Timestamp) -> Self;

    fn problem(&self) -> Option<ReportProblem>;
}

/// How often something was sent, and who sends it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    at: Timestamp,
    sent: u32,
    /// Names the request that sends it; `None` once GitHub has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<u64>,
}

impl Attempts {
    /// One more, by this request.
    pub fn begin(earlier: Option<&Self>, sender: u64, now: Timestamp) -> Self {
        let sent = earlier.map_or(0, |earlier| earlier.sent).saturating_add(1);
        Self { at: now, sent, sender: Some(sender) }
    }

    /// GitHub has it, or will not take it.
    pub fn end(&mut self) {
        self.sender = None;
    }

    pub fn is_by(&self, sender: u64) -> bool {
        self.sender == Some(sender)
    }

    /// Whether GitHub is known to have it.
    pub fn is_over(&self) -> bool {
        self.sender.is_none()
    }

    /// Whether a request may be sending it now.
    pub fn is_sending(&self, now: Timestamp) -> bool {
        self.sender.is_some() && is_recent(self.at, now, SENDING)
    }

    pub fn sent(&self) -> u32 {
        self.sent
    }
}

/// Why nothing can be reported, and when that was found out.
pub(crate) type NotedProblem = Option<(ReportProblem, Timestamp)>;

/// Whether GitHub has said a short time ago that it takes none.
pub(crate) fn is_waiting(problem: NotedProblem, now: Timestamp) -> bool {
    matches!(problem, Some((ReportProblem::WaitingForApproval, at)) if is_recent(at, now, ASK_AGAIN))
}

/// What is shown of a record.
pub(crate) fn shown(problem: NotedProblem, has_reported: bool) -> CommitStatuses {
    match problem {
        Some((ReportProblem::NoPushPermission, _)) => CommitStatuses::NoPushPermission,
        Some((ReportProblem::WaitingForApproval, _)) => CommitStatuses::WaitingForApproval,
        None if has_reported => CommitStatuses::Active,
        None => CommitStatuses::Unknown,
    }
}

fn is_recent(at: Timestamp, now: Timestamp, seconds: i64) -> bool {
    now.as_second().saturating_sub(at.as_second()) < seconds
}
