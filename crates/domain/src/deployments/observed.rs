//! The state of a deployment in the cluster, as it was read from there.

use super::{ConditionView, Issue, OutcomeRecord, PodView, Reachable, Revision, Status};
use crate::{DeploymentId, Timestamp, cache::Freshness, image::Digest};
use serde::{Deserialize, Serialize};

/// The progress of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The Deployment controller has not acted on the newest spec yet.
    Unobserved,
    /// Pods of the newest release are being started.
    Rolling,
    /// It made no progress within its deadline.
    Overdue,
    /// All desired pods are of the newest release and receive requests.
    Done,
    /// It was done before, and now fewer pods than desired receive requests.
    Incomplete,
}

/// The most pods and issues that are shown, so that neither a response nor what is cached of it becomes long.
const MAX_PODS: usize = 100;
const MAX_ISSUES: usize = 50;

/// The state of a Kubernetes Deployment and its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// The revision that was last applied.
    pub revision: u32,
    pub progress: Progress,
    /// Number of pods that receive requests.
    pub ready: u32,
    /// Those of them that are of the newest release.
    pub current_ready: u32,
    /// Desired number of pods.
    pub total: u32,
    /// When the oldest pod was created that is still starting: it has never received requests. `None` if there is
    /// no such pod.
    pub starting_since: Option<Timestamp>,
    /// Whether a pod of the newest release received requests before, and does not any more.
    pub has_lost_pod: bool,
    pub pods: Vec<PodView>,
    pub conditions: Vec<ConditionView>,
    /// Why pods do not receive requests, the worst first.
    pub issues: Vec<Issue>,
    /// Whether requests arrive at its address, as the objects that they pass say.
    pub reachable: Reachable,
    /// The digest of the running image, as a node reports it.
    pub digest: Option<Digest>,
}

impl Rollout {
    /// The pods with issues come first, if there are too many.
    fn limited(mut self) -> Self {
        if self.pods.len() > MAX_PODS {
            self.pods.sort_by_key(|pod| pod.issues.is_empty());
            self.pods.truncate(MAX_PODS);
        }
        self.issues.truncate(MAX_ISSUES);
        self
    }

    fn is_finished(&self, revision: u32) -> bool {
        self.revision >= revision && matches!(self.progress, Progress::Done | Progress::Overdue)
    }
}

/// The result of reading a deployment from the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedState {
    Absent,
    Present(Box<Rollout>),
    /// The API server did not respond or rejected the request, with the error message.
    Unreachable(String),
}

impl ObservedState {
    /// With a limited number of pods and issues.
    #[must_use]
    pub fn limited(self) -> Self {
        self.map(Rollout::limited)
    }

    /// For a list of deployments.
    #[must_use]
    pub fn without_pods(self) -> Self {
        self.map(|rollout| Rollout {
            pods: Vec::new(),
            conditions: Vec::new(),
            ..rollout.limited()
        })
    }

    fn map(self, change: impl FnOnce(Rollout) -> Rollout) -> Self {
        match self {
            Self::Present(rollout) => Self::Present(Box::new(change(*rollout))),
            other => other,
        }
    }
}

/// What a reader knew of a deployment in the store before it read the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRevision {
    pub deployment_id: DeploymentId,
    /// The number of the newest revision.
    pub revision: u32,
    /// When the outcome of that revision was stored: it had been applied then.
    pub outcome_at: Option<Timestamp>,
}

impl KnownRevision {
    pub fn new(revision: &Revision, outcome: Option<&OutcomeRecord>) -> Self {
        let is_its_own = |outcome: &&OutcomeRecord| {
            (outcome.deployment_id, outcome.revision) == (revision.deployment_id, revision.number)
        };
        Self {
            deployment_id: revision.deployment_id,
            revision: revision.number,
            outcome_at: outcome.filter(is_its_own).map(|outcome| outcome.at),
        }
    }

    /// Whether what was read with this knowledge shows every change that somebody who knows `other` has seen.
    pub fn includes(&self, other: &Self) -> bool {
        let is_same_outcome = other.outcome_at.is_none() || self.outcome_at == other.outcome_at;
        self.deployment_id == other.deployment_id
            && (self.revision > other.revision
                || (self.revision == other.revision && is_same_outcome))
    }
}

/// While a rollout is unfinished, what was observed is fresh for so many seconds at most.
const FRESH_SECONDS_OF_ROLLOUT: i64 = 1;

/// What a reader observed in the cluster. It is cached for other readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub known: KnownRevision,
    /// When the cluster had answered.
    pub at: Timestamp,
    pub state: ObservedState,
}

impl Observation {
    /// Whom it serves, of readers who know `known`. It is fresh for at most so many seconds.
    pub fn freshness(&self, known: &KnownRevision, now: Timestamp, seconds: i64) -> Freshness {
        if !self.known.includes(known) {
            return Freshness::Expired;
        }
        let seconds = match &self.state {
            ObservedState::Present(rollout) if rollout.is_finished(known.revision) => seconds,
            ObservedState::Present(_) => seconds.min(FRESH_SECONDS_OF_ROLLOUT),
            ObservedState::Absent | ObservedState::Unreachable(_) => seconds,
        };
        Freshness::of(self.at, now, seconds)
    }
}

/// The last observed state of a deployment. It is stored and shown while the cluster is unreachable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredObservation", into = "StoredObservation")]
pub struct LastObservation {
    pub deployment_id: DeploymentId,
    pub revision: u32,
    pub status: Status,
    pub ready: u32,
    pub total: u32,
    /// Where the service was reachable.
    pub access_url: Option<String>,
    pub at: Timestamp,
}

/// As it is stored. The previous release does not know `degraded`, so that is written as `running` with a field of
/// its own.
#[derive(Serialize, Deserialize)]
struct StoredObservation {
    of: DeploymentId,
    revision: u32,
    status: Status,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    degraded: bool,
    ready: u32,
    total: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_url: Option<String>,
    at: Timestamp,
}

impl From<StoredObservation> for LastObservation {
    fn from(stored: StoredObservation) -> Self {
        let StoredObservation { of, revision, status, degraded, ready, total, access_url, at } =
            stored;
        let status = if degraded { Status::Degraded } else { status };
        Self { deployment_id: of, revision, status, ready, total, access_url, at }
    }
}

impl From<LastObservation> for StoredObservation {
    fn from(last: LastObservation) -> Self {
        let LastObservation { deployment_id, revision, status, ready, total, access_url, at } =
            last;
        let degraded = status == Status::Degraded;
        let status = if degraded { Status::Running } else { status };
        Self { of: deployment_id, revision, status, degraded, ready, total, access_url, at }
    }
}

/// An unchanged observation is stored again after this time.
const MAX_AGE_SECONDS: i64 = 60;

impl LastObservation {
    /// Whether all pods of a revision received requests then.
    pub fn has_run(&self, revision: u32) -> bool {
        (self.revision, self.status) == (revision, Status::Running)
    }

    /// True if it differs from the stored observation, or if that one is older than
    /// a minute.
    pub fn is_worth_storing(&self, stored: Option<&Self>) -> bool {
        let Some(stored) = stored else { return true };
        let at = stored.at;
        *stored != Self { at, ..self.clone() }
            || self.at.as_second() - stored.at.as_second() >= MAX_AGE_SECONDS
    }
}
