//! The state of a workflow run, as GitHub reports it.

use crate::{Timestamp, UnknownFields};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::value::{self, StrDeserializer},
};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::{fmt, str::FromStr};

/// One attempt of a workflow run. GitHub numbers runs upwards, so the greatest key is the latest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay, DeserializeFromStr,
)]
pub struct RunKey {
    pub run_id: u64,
    /// GitHub's `run_attempt`, from 1.
    pub attempt: u32,
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.run_id, self.attempt)
    }
}

impl FromStr for RunKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('/')
            .and_then(|(run, attempt)| {
                Some(Self { run_id: run.parse().ok()?, attempt: attempt.parse().ok()? })
            })
            .ok_or("a run key is RUN/ATTEMPT")
    }
}

/// The phase of a run, job or step. When two reports are merged, the later phase wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Queued,
    Running,
    Ended(#[serde(deserialize_with = "known_or_other")] Conclusion),
}

/// A newer release may have stored a conclusion that this one does not know.
fn known_or_other<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Conclusion, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(Conclusion::deserialize(StrDeserializer::<value::Error>::new(&name))
        .unwrap_or(Conclusion::Other))
}

impl Phase {
    /// The conclusion, if it has ended.
    pub fn conclusion(self) -> Option<Conclusion> {
        match self {
            Self::Ended(conclusion) => Some(conclusion),
            _ => None,
        }
    }
}

/// How a run, a job or a step ended, as GitHub reports it. GitHub never reports two different
/// conclusions for one run; the order only makes the merge independent of the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// A conclusion that this version does not know. Treated as a failure.
    Other,
    /// The run was deleted at GitHub.
    Deleted,
    Stale,
    Neutral,
    Skipped,
    ActionRequired,
    StartupFailure,
    TimedOut,
    Failure,
    Cancelled,
    Success,
}

/// The state of one attempt of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    pub phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl RunState {
    pub fn new(phase: Phase) -> Self {
        Self {
            phase,
            started_at: None,
            ended_at: None,
            url: None,
            unknown_fields: UnknownFields::default(),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.phase = self.phase.max(other.phase);
        self.started_at = earliest(self.started_at, other.started_at);
        self.ended_at = earliest(self.ended_at, other.ended_at);
        self.url = self.url.take().max(other.url);
        self.unknown_fields.merge(other.unknown_fields);
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
