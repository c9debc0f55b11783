//! Commit statuses and their limits.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::api_error::ApiError;

/// The most statuses of one commit and context.
const MAX_PER_CONTEXT: usize = 1_000;
const MAX_DESCRIPTION: usize = 140;
const STATES: [&str; 4] = ["error", "failure", "pending", "success"];

/// The secondary limits of requests that create content.
const MAX_PER_MINUTE: usize = 80;
const MAX_PER_HOUR: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    pub id: u64,
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    /// The login of its creator.
    pub creator: String,
    pub created_at: Timestamp,
}

#[derive(Debug, Default)]
pub struct Statuses {
    /// By the repository's id, oldest first.
    by_repository: BTreeMap<u64, Vec<CommitStatus>>,
    last_id: u64,
    /// Whether the secondary limits apply.
    pub limited: bool,
    /// When requests that create content were made, by who made them.
    requests: BTreeMap<String, Vec<Timestamp>>,
}

impl Statuses {
    /// Counts a request that creates content. Returns false if it exceeds a limit.
    pub fn allow_request(&mut self, caller: &str, now: Timestamp) -> bool {
        let requests = self.requests.entry(caller.to_owned()).or_default();
        let since = |duration| now.saturating_sub(duration).unwrap_or(now);
        let hour = since(SignedDuration::from_hours(1));
        let minute = since(SignedDuration::from_mins(1));
        requests.retain(|at| *at > hour);
        let in_minute = requests.iter().filter(|at| **at > minute).count();
        let is_allowed =
            !self.limited || (requests.len() < MAX_PER_HOUR && in_minute < MAX_PER_MINUTE);
        if is_allowed {
            requests.push(now);
        }
        is_allowed
    }

    /// Adds a status, whose id is set here.
    pub fn create(
        &mut self,
        repository: u64,
        status: CommitStatus,
    ) -> Result<CommitStatus, ApiError> {
        if !STATES.contains(&status.state.as_str()) {
            return Err(ApiError::unprocessable("Validation Failed"));
        }
        let is_too_long = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION)
        };
        if is_too_long(&status.description) {
            let message = "Validation Failed: description is too long (maximum is 140 characters)";
            return Err(ApiError::unprocessable(message));
        }
        let all = self.by_repository.entry(repository).or_default();
        let is_same =
            |other: &&CommitStatus| other.sha == status.sha && other.context == status.context;
        if all.iter().filter(is_same).count() >= MAX_PER_CONTEXT {
            let message = "This SHA and context has reached the maximum number of statuses.";
            return Err(ApiError::unprocessable(message));
        }
        self.last_id += 1;
        let status = CommitStatus { id: 39_000_000_000 + self.last_id, ..status };
        all.push(status.clone());
        Ok(status)
    }

    /// The statuses of a commit, oldest first.
    pub fn of_commit(&self, repository: u64, sha: &str) -> Vec<CommitStatus> {
        let all = self.by_repository.get(&repository).into_iter().flatten();
        all.filter(|status| status.sha == sha).cloned().collect()
    }

    /// All statuses of a repository, oldest first.
    pub fn of_repository(&self, repository: u64) -> Vec<CommitStatus> {
        self.by_repository.get(&repository).cloned().unwrap_or_default()
    }
}
