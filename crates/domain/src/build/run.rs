//! The run document: what is known about a build's runs, as a join.
//!
//! Webhooks come in any order, twice or never, and storage has no transactions. So every fact is
//! joined: joining is commutative, associative and idempotent, a later phase wins over an earlier
//! one, and the end is never taken back. A lost race between two writers can lose an event, never
//! an outcome: whatever is not at its end is asked for again by the next read.

use super::BuildView;
use crate::{BuildId, Timestamp, image::Digest};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// One attempt of a workflow run. GitHub numbers runs upwards, so the greatest key is the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
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

impl From<RunKey> for String {
    fn from(key: RunKey) -> String {
        key.to_string()
    }
}

impl TryFrom<String> for RunKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// How far a run or a job has come; later ones win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Queued,
    Running,
    Ended(Conclusion),
}

impl Phase {
    pub fn ended(self) -> Option<Conclusion> {
        match self {
            Self::Ended(conclusion) => Some(conclusion),
            _ => None,
        }
    }
}

/// How a run, a job or a step ended, as GitHub says it. An order is needed only so that two
/// different ends, which GitHub never reports, still join the same way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// A conclusion that this version does not know; treated as a failure.
    Other,
    /// The run is not there any more.
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

/// What is known about one attempt of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    pub phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl RunFacts {
    pub fn new(phase: Phase) -> Self {
        Self { phase, started_at: None, ended_at: None, url: None }
    }

    fn join(&mut self, other: Self) {
        self.phase = self.phase.max(other.phase);
        self.started_at = earliest(self.started_at, other.started_at);
        self.ended_at = earliest(self.ended_at, other.ended_at);
        self.url = self.url.take().max(other.url);
    }
}

/// An attempt that a user asked for after the first, or what became of asking for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub at: Timestamp,
    /// The latest run known when it was asked; a later one is this attempt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RunKey>,
    /// GitHub said no, in words for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Ask {
    fn join(&mut self, other: Self) {
        self.at = self.at.min(other.at);
        self.after = self.after.max(other.after);
        self.refused = self.refused.take().max(other.refused);
    }
}

/// The whole answer of a build that has ended; polls read nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Final {
    /// The answer holds as long as nothing newer than this is known.
    pub attempt: u32,
    /// The latest run, and how it ended: a better fact about that end reopens the answer.
    pub latest: Option<(RunKey, Phase)>,
    pub answer: BuildView,
    /// For administrators only, so it is kept outside of the answer.
    pub run_url: Option<String>,
}

/// What a package event said that the build's unique tag points to. A hint: the registry's own word is
/// better, and whether the package is the build's is for the reader to check, who has the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pushed {
    pub at: Timestamp,
    /// `{owner}/{package}`, in lower case.
    pub package: String,
    pub digest: Digest,
}

/// What is known about a build's runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDoc {
    /// The build that this is about. Where the document stands depends on the numbers in the id
    /// only, and another platform that shares the builder repository counts from 1 as well.
    pub of: BuildId,
    /// Attempts by NoKube's number; the first one stands here only when GitHub refused it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asks: BTreeMap<u32, Ask>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<RunKey, RunFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<Pushed>,
    /// When something new was last learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Box<Final>>,
}

impl RunDoc {
    /// A document that knows nothing yet.
    pub fn new(of: BuildId) -> Self {
        Self {
            of,
            asks: BTreeMap::new(),
            runs: BTreeMap::new(),
            pushed: None,
            heard_at: None,
            done: None,
        }
    }

    /// What is stored where the document of `of` belongs, if it is about that build; else nothing yet.
    pub fn about(of: BuildId, stored: Option<Self>) -> Self {
        stored.filter(|doc| doc.of == of).unwrap_or_else(|| Self::new(of))
    }

    /// A document that knows one thing about one run.
    pub fn of_run(of: BuildId, key: RunKey, facts: RunFacts) -> Self {
        Self { runs: BTreeMap::from([(key, facts)]), ..Self::new(of) }
    }

    /// A document that knows of an attempt that was asked for.
    pub fn of_ask(of: BuildId, attempt: u32, ask: Ask) -> Self {
        Self { asks: BTreeMap::from([(attempt, ask)]), ..Self::new(of) }
    }

    /// A document that knows that GitHub refused attempt `attempt`.
    pub fn of_refusal(of: BuildId, attempt: u32, at: Timestamp, reason: String) -> Self {
        Self::of_ask(of, attempt, Ask { at, after: None, refused: Some(reason) })
    }

    /// This document, learned at `at`.
    pub fn heard(self, at: Timestamp) -> Self {
        Self { heard_at: Some(at), ..self }
    }

    /// Learns what `other` knows; says whether that was anything new. Of another build nothing is
    /// learned.
    ///
    /// `heard_at` alone is nothing new, so that a repeated event causes no write.
    pub fn learn(&mut self, other: Self) -> bool {
        if self.of != other.of {
            return false;
        }
        let heard = other.heard_at;
        let before = self.clone();
        self.join(Self { heard_at: None, ..other });
        let new = *self != before;
        if new {
            self.heard_at = self.heard_at.max(heard);
        }
        new
    }

    /// Joins two documents about the same build.
    pub fn join(&mut self, other: Self) {
        for (number, ask) in other.asks {
            match self.asks.get_mut(&number) {
                Some(known) => known.join(ask),
                None => {
                    self.asks.insert(number, ask);
                }
            }
        }
        for (key, facts) in other.runs {
            match self.runs.get_mut(&key) {
                Some(known) => known.join(facts),
                None => {
                    self.runs.insert(key, facts);
                }
            }
        }
        self.pushed = self.pushed.take().max(other.pushed);
        self.heard_at = self.heard_at.max(other.heard_at);
        self.join_done(other.done);
    }

    /// Of two final answers the one about the later attempt counts; of two about the same one that
    /// was completed with a digest, and else the greater as text, so that the order is total.
    fn join_done(&mut self, other: Option<Box<Final>>) {
        let rank = |done: &Final| {
            let text = serde_json::to_string(&done.answer).unwrap_or_default();
            let digest = done.answer.image_digest.is_some();
            (done.attempt, done.latest, digest, text, done.run_url.clone())
        };
        self.done = match (self.done.take(), other) {
            (Some(mine), Some(other)) => {
                Some(if mine == other || rank(&mine) >= rank(&other) { mine } else { other })
            }
            (mine, other) => mine.or(other),
        };
    }

    /// The latest run.
    pub fn latest(&self) -> Option<(RunKey, &RunFacts)> {
        self.runs.last_key_value().map(|(key, facts)| (*key, facts))
    }

    /// NoKube's number of the present attempt: what was asked for, or what was started in GitHub.
    ///
    /// GitHub numbers the attempts of a run from 1, so the greatest one says how many there were,
    /// whether or not each was heard of. An attempt that GitHub refused has no run.
    pub fn attempt(&self) -> u32 {
        let asked = self.asks.last_key_value().map_or(1, |(number, _)| *number);
        let latest: BTreeMap<_, _> =
            self.runs.keys().map(|key| (key.run_id, key.attempt)).collect();
        let run = latest.into_values().fold(0, u32::saturating_add);
        let refused = self.asks.values().filter(|ask| ask.refused.is_some()).count();
        asked.max(run.saturating_add(u32::try_from(refused).unwrap_or(u32::MAX)))
    }

    /// The ask that no run has answered yet, if the present attempt is one.
    pub fn unanswered(&self) -> Option<&Ask> {
        let (_, ask) = self.asks.last_key_value()?;
        let answered = self.latest().is_some_and(|(key, _)| Some(key) > ask.after);
        (!answered).then_some(ask)
    }

    /// The final answer, as long as nothing newer is known.
    pub fn done(&self) -> Option<&Final> {
        let latest = self.latest().map(|(key, facts)| (key, facts.phase));
        self.done.as_deref().filter(|f| f.attempt == self.attempt() && f.latest == latest)
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
