//! The state of a deployment in the cluster, as it was read from there.

use super::{ConditionView, ErrorCode, PodView, Status};
use crate::{DeploymentId, Timestamp, image::Digest};
use serde::{Deserialize, Serialize};

/// The progress of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Rolling,
    Done,
    /// It will not complete without a change.
    Stuck,
}

/// The state of a Kubernetes Deployment and its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The revision that was last applied.
    pub revision: u32,
    pub progress: Progress,
    /// Number of pods that receive requests.
    pub ready: u32,
    /// Desired number of pods.
    pub total: u32,
    pub pods: Vec<PodView>,
    pub conditions: Vec<ConditionView>,
    /// What is wrong, for programs and for people.
    pub failure: Option<(ErrorCode, String)>,
    /// The digest of the running image, as a node reports it.
    pub digest: Option<Digest>,
}

/// The result of reading a deployment from the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedState {
    Absent,
    Present(Box<Rollout>),
    /// The API server did not respond or rejected the request, with the error message.
    Unreachable(String),
}

/// The last observed state of a deployment. It is stored and shown while the cluster is unreachable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastObservation {
    #[serde(rename = "of")]
    pub deployment_id: DeploymentId,
    pub revision: u32,
    pub status: Status,
    pub ready: u32,
    pub total: u32,
    pub at: Timestamp,
}

/// An unchanged observation is stored again after this time.
const MAX_AGE_SECONDS: i64 = 60;

impl LastObservation {
    /// True if it differs from the stored observation, or if that one is older than
    /// a minute.
    pub fn is_worth_storing(&self, stored: Option<&Self>) -> bool {
        let Some(stored) = stored else { return true };
        let facts =
            |last: &Self| (last.deployment_id, last.revision, last.status, last.ready, last.total);
        facts(self) != facts(stored)
            || self.at.as_second() - stored.at.as_second() >= MAX_AGE_SECONDS
    }
}
