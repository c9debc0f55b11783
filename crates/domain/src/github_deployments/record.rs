//! What was reported to GitHub about a deployment, and what is sent next.

use super::{DeploymentState, Phase, ReportedRelease, WantedDeployment};
use crate::{
    BuildId, DeploymentId, Timestamp, UnknownFields,
    pushes::CommitStatuses,
    reports::{Attempts, NextStep, NotedProblem, ReportProblem, ReportRecord, is_waiting, shown},
    repository::CommitSha,
};
use serde::{Deserialize, Serialize};

/// How many GitHub Deployments of a deployment are remembered.
const MAX_REPORTED: usize = 8;
/// How often something is sent about one of them.
const MAX_SENT: u32 = 100;

/// The GitHub Deployments of a deployment's newest releases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitHubDeploymentRecord {
    /// The newest last.
    #[serde(default)]
    reported: Vec<Reported>,
    /// The newest revision of which something was sent. What a request knows of an earlier one is outdated.
    #[serde(default)]
    revision: u32,
    /// When a request last began to send. Of all who read the same time, one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: NotedProblem,
    #[serde(flatten)]
    unknown_fields: UnknownFields,
}

/// A release at GitHub. One that is deployed again after it was replaced gets another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reported {
    release: u32,
    /// The revision that was the newest when it was created.
    since: u32,
    build: BuildId,
    commit: CommitSha,
    repository_id: u64,
    /// GitHub's number. `None` while it is created, and afterwards if GitHub does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// The last state; `None` before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<DeploymentState>,
    #[serde(flatten)]
    attempts: Attempts,
    #[serde(flatten)]
    unknown_fields: UnknownFields,
}

/// What is sent to GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    /// A request that was interrupted may have created it. Otherwise it is created.
    FindOrCreate,
    /// As [`Self::FindOrCreate`], but it is not needed any more.
    Find,
    /// The state of the GitHub Deployment with this number.
    Report(u64, DeploymentState),
}

/// Something to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    pub action: Action,
    pub release: ReportedRelease,
    /// See [`Reported::since`].
    since: u32,
}

impl Send {
    /// What tells a GitHub Deployment of `deployment` from others of the same commit and environment.
    pub fn description(&self, deployment: DeploymentId) -> String {
        format!("Revision {} of {deployment}", self.since)
    }

    /// Whether it says that the commit is deployed. For anything else nobody needs a permission.
    pub fn needs_permission(&self) -> bool {
        match self.action {
            Action::Create | Action::FindOrCreate => true,
            Action::Find => false,
            Action::Report(_, state) => {
                matches!(state, DeploymentState::InProgress | DeploymentState::Success)
            }
        }
    }
}

impl Reported {
    fn send(&self, action: Action) -> Send {
        let release = ReportedRelease {
            number: self.release,
            build: self.build,
            commit: self.commit.clone(),
            repository_id: self.repository_id,
        };
        Send { action, release, since: self.since }
    }

    fn new(send: &Send, attempts: Attempts) -> Self {
        let ReportedRelease { number, build, commit, repository_id } = send.release.clone();
        Self {
            release: number,
            since: send.since,
            build,
            commit,
            repository_id,
            id: None,
            state: None,
            attempts,
            unknown_fields: UnknownFields::default(),
        }
    }

    fn has(&self, state: DeploymentState) -> bool {
        self.state == Some(state) && self.attempts.is_over()
    }

    /// Whether GitHub does not take it, or it was not created before it was over.
    fn is_refused(&self) -> bool {
        self.id.is_none() && self.attempts.is_over()
    }

    /// What to send so that GitHub has this state, or the one that another request has tried to send, which knew more.
    fn towards(&self, state: DeploymentState, otherwise: Action) -> Option<Send> {
        let Some(id) = self.id else {
            return (!self.is_refused()).then(|| self.send(otherwise));
        };
        let state = self.state.map_or(state, |last| last.max(state));
        (!self.has(state)).then(|| self.send(Action::Report(id, state)))
    }
}

impl GitHubDeploymentRecord {
    /// What is sent next, if anything: first about the release that runs, then about those that it has replaced.
    pub fn next(&self, wanted: &WantedDeployment) -> Option<Send> {
        if wanted.revision < self.revision {
            return None;
        }
        let current = self.current(wanted);
        self.next_of_current(wanted, current).or_else(|| {
            let others = self.reported.iter().rev();
            let mut others = others.filter(|one| current.is_none_or(|it| it.since != one.since));
            others.find_map(|other| self.end_of(other, wanted, current))
        })
    }

    /// The release that runs, if GitHub shows it as not ended. With another revision, GitHub is asked again to create what
    /// it did not take.
    fn current(&self, wanted: &WantedDeployment) -> Option<&Reported> {
        let release = wanted.running.filter(|_| wanted.phase != Phase::Ended)?;
        let mut newest = self.reported.iter().rev();
        newest.find(|one| {
            let is_over = one.state == Some(DeploymentState::Inactive);
            let is_refused = one.is_refused() && one.since != wanted.revision;
            one.release == release && !is_over && !is_refused
        })
    }

    fn next_of_current(
        &self,
        wanted: &WantedDeployment,
        current: Option<&Reported>,
    ) -> Option<Send> {
        let release = wanted.release.as_ref()?;
        let state = match wanted.phase {
            Phase::Ended => return None,
            Phase::Rolling => DeploymentState::InProgress,
            Phase::Failed => DeploymentState::Failure,
            Phase::Running => DeploymentState::Success,
        };
        match current {
            Some(current) => current.towards(state, Action::FindOrCreate),
            None => Some(Send {
                action: Action::Create,
                release: release.clone(),
                since: wanted.revision,
            }),
        }
    }

    /// What is to be sent about a release that does not run any more. What has run until now goes on while the new one
    /// does not run.
    fn end_of(
        &self,
        other: &Reported,
        wanted: &WantedDeployment,
        current: Option<&Reported>,
    ) -> Option<Send> {
        let is_success = |one: &Reported| one.state == Some(DeploymentState::Success);
        let has_later_success =
            || self.reported.iter().any(|one| one.since > other.since && is_success(one));
        let is_replaced = match current {
            Some(it) if it.has(DeploymentState::Success) => true,
            Some(it) if wanted.release.is_some() && !it.is_refused() => false,
            _ => wanted.phase == Phase::Running,
        };
        let end = match other.state {
            _ if wanted.phase == Phase::Ended => DeploymentState::Inactive,
            Some(DeploymentState::Failure) => DeploymentState::Failure,
            None | Some(DeploymentState::InProgress) if wanted.restores => DeploymentState::Failure,
            Some(DeploymentState::Success) if !is_replaced && !has_later_success() => {
                DeploymentState::Success
            }
            _ => DeploymentState::Inactive,
        };
        other.towards(end, Action::Find)
    }

    /// When a request last began to send.
    pub fn begun_at(&self) -> Option<Timestamp> {
        self.begun_at
    }

    /// What is shown of it.
    pub fn shown(record: Option<&Self>) -> CommitStatuses {
        let has_reported = |record: &Self| record.reported.iter().any(|one| one.id.is_some());
        shown(record.and_then(|record| record.problem), record.is_some_and(has_reported))
    }

    fn find(&self, since: u32) -> Option<&Reported> {
        self.reported.iter().find(|one| one.since == since)
    }
}

impl ReportRecord for GitHubDeploymentRecord {
    type Due = WantedDeployment;

    fn next_step(&self, wanted: &WantedDeployment, now: Timestamp) -> NextStep {
        let Some(send) = self.next(wanted).filter(|_| !is_waiting(self.problem, now)) else {
            return NextStep::Nothing;
        };
        let sent = self.find(send.since).map_or(0, |one| one.attempts.sent());
        if sent >= MAX_SENT {
            NextStep::Nothing
        } else if self.reported.iter().any(|one| one.attempts.is_sending(now)) {
            NextStep::Wait
        } else {
            NextStep::Send { others_send: false }
        }
    }

    fn sending(mut self, wanted: &WantedDeployment, sender: u64, now: Timestamp) -> Self {
        let Some(send) = self.next(wanted) else { return self };
        let attempts = Attempts::begin(self.find(send.since).map(|one| &one.attempts), sender, now);
        match self.reported.iter_mut().find(|one| one.since == send.since) {
            Some(one) => {
                one.attempts = attempts;
                if let Action::Report(_, state) = send.action {
                    one.state = Some(state);
                }
            }
            None => self.reported.push(Reported::new(&send, attempts)),
        }
        let excess = self.reported.len().saturating_sub(MAX_REPORTED);
        self.reported.drain(..excess);
        self.revision = self.revision.max(wanted.revision);
        // Later than before, so that others who have read the earlier time know.
        let next_second = |at: Timestamp| Timestamp::from_second(at.as_second().saturating_add(1));
        let after = self.begun_at.and_then(|at| next_second(at).ok());
        self.begun_at = Some(after.map_or(now, |after| after.max(now)));
        self
    }

    fn is_sent_by(&self, _: &WantedDeployment, sender: u64) -> bool {
        self.reported.iter().any(|one| one.attempts.is_by(sender))
    }

    fn sent(mut self, _: &WantedDeployment, sender: u64, id: Option<u64>) -> Option<Self> {
        let one = self.reported.iter_mut().find(|one| one.attempts.is_by(sender))?;
        one.attempts.end();
        one.id = one.id.or(id);
        self.problem = None;
        Some(self)
    }

    fn with_problem(mut self, problem: ReportProblem, now: Timestamp) -> Self {
        self.reported.retain(|one| one.attempts.is_over() || one.id.is_some());
        for one in self.reported.iter_mut().filter(|one| !one.attempts.is_over()) {
            // Which state GitHub has is not known, so it is sent again.
            one.state = None;
            one.attempts.end();
        }
        self.problem = Some((problem, now));
        self
    }

    fn problem(&self) -> Option<ReportProblem> {
        self.problem.map(|(problem, _)| problem)
    }
}
