//! What the cluster made of a revision: a join, in which the newest revision wins and, within one,
//! success.

use crate::{DeploymentId, Timestamp};
use serde::{Deserialize, Serialize};

/// An object that the cluster refused, in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ObjectFault {
    pub kind: String,
    pub name: String,
    /// The field of the request that is to be changed, if it is one.
    pub field: Option<String>,
    /// What happened and what to change.
    pub detail: String,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The cluster could not be reached, or not to the end; the next look goes on.
    Interrupted(String),
    /// It refused these; the others, `KIND NAME`, stand.
    Refused { faults: Vec<ObjectFault>, stand: Vec<String> },
    /// Everything stands as it was wished for (or is gone, if that was the wish).
    Applied,
}

impl Outcome {
    fn rank(&self) -> u8 {
        match self {
            Self::Interrupted(_) => 0,
            Self::Refused { .. } => 1,
            Self::Applied => 2,
        }
    }
}

/// The outcome of the newest revision that has one, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeDoc {
    pub of: DeploymentId,
    pub revision: u32,
    pub at: Timestamp,
    pub outcome: Outcome,
    /// What the cluster warned of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl OutcomeDoc {
    /// Has the cluster been told this revision to the end, whatever it made of it?
    pub fn tells(&self, revision: u32) -> bool {
        self.revision == revision && !matches!(self.outcome, Outcome::Interrupted(_))
    }

    /// The join of two outcomes. Of equals the later one tells more; of two at the same time any will
    /// do, as long as it is the same in either order.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        fn key(doc: &OutcomeDoc) -> impl Ord + '_ {
            (doc.revision, doc.outcome.rank(), doc.at, &doc.outcome, &doc.warnings)
        }
        if key(&other) > key(&self) { other } else { self }
    }
}
