//! The result of applying a revision to the cluster.
//!
//! Outcomes are merged, because two requests may apply the same revision. The newest revision wins;
//! within a revision, success wins.

use crate::{DeploymentId, Timestamp};
use serde::{Deserialize, Serialize};

/// An object that the cluster rejected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ObjectFault))]
pub struct ObjectError {
    pub kind: String,
    pub name: String,
    /// The field of the request to change, if the error is about one.
    pub field: Option<String>,
    /// What happened and what to change.
    pub detail: String,
}

/// How applying a revision ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplyOutcome {
    /// The cluster became unreachable, with the error message. The next read tries again.
    Interrupted(String),
    /// The cluster rejected some objects. The others, each as `KIND NAME`, were applied.
    #[serde(rename = "refused")]
    Rejected {
        #[serde(rename = "faults")]
        errors: Vec<ObjectError>,
        #[serde(rename = "stand")]
        applied: Vec<String>,
    },
    /// All objects were applied; or deleted, if the deployment was to be deleted.
    Applied,
}

impl ApplyOutcome {
    fn rank(&self) -> u8 {
        match self {
            Self::Interrupted(_) => 0,
            Self::Rejected { .. } => 1,
            Self::Applied => 2,
        }
    }
}

/// The stored outcome of the newest revision that has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRecord {
    #[serde(rename = "of")]
    pub deployment_id: DeploymentId,
    pub revision: u32,
    pub at: Timestamp,
    pub outcome: ApplyOutcome,
    /// Warnings about the configuration, and from the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl OutcomeRecord {
    /// True if `revision` was applied completely, whether or not the cluster accepted it.
    pub fn is_reconciled(&self, revision: u32) -> bool {
        self.revision == revision && !matches!(self.outcome, ApplyOutcome::Interrupted(_))
    }

    /// Merges two outcomes. Among equal ones the later one wins; the remaining comparisons only make
    /// the result independent of the order of the two.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        fn rank(record: &OutcomeRecord) -> impl Ord + '_ {
            (record.revision, record.outcome.rank(), record.at, &record.outcome, &record.warnings)
        }
        if rank(&other) > rank(&self) { other } else { self }
    }
}
