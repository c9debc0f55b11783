//! The stored record of a build's workflow runs.
//!
//! Webhooks arrive in any order, repeatedly or never, and the storage has no transactions. Therefore
//! every report is merged into the record. Merging is commutative, associative and idempotent: a later
//! phase wins over an earlier one, and a conclusion is never removed. A race between two writers can
//! lose a report. It cannot lose a conclusion, because the next read of an unfinished build polls
//! GitHub again.

use super::{BuildView, Phase, RunKey, RunState, merge::merge_entries};
use crate::{BuildId, Timestamp, UnknownFields, image::Digest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request for another attempt, or GitHub's rejection of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRequest {
    #[serde(rename = "at")]
    pub requested_at: Timestamp,
    /// The latest known run at the time of the request. A later run belongs to this attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RunKey>,
    /// Why GitHub rejected the request, as a message for the user.
    #[serde(default, rename = "refused", skip_serializing_if = "Option::is_none")]
    pub rejection: Option<String>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl AttemptRequest {
    /// A request that GitHub has not rejected. `after` is the latest known run.
    pub fn new(requested_at: Timestamp, after: Option<RunKey>) -> Self {
        Self { requested_at, after, rejection: None, unknown_fields: UnknownFields::default() }
    }

    fn merge(&mut self, other: Self) {
        self.requested_at = self.requested_at.min(other.requested_at);
        self.after = self.after.max(other.after);
        self.rejection = self.rejection.take().max(other.rejection);
        self.unknown_fields.merge(other.unknown_fields);
    }
}

/// The complete view of a build that has ended. Reads of such a build need no other record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalView {
    /// The view is valid only while this is the current attempt.
    pub attempt: u32,
    /// The latest run and its phase. The view is no longer valid when either changes.
    pub latest: Option<(RunKey, Phase)>,
    #[serde(rename = "answer")]
    pub view: BuildView,
    /// For administrators only, therefore not part of the view.
    pub run_url: Option<String>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// The image that a package event reported for the build's unique tag.
///
/// This is only a hint: the registry is authoritative, and the event may be about another package.
/// [`super::BuildState::pushed_digest`] compares it with the build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImagePushed {
    pub at: Timestamp,
    /// `{owner}/{package}`, in lower case.
    pub package: String,
    pub digest: Digest,
}

/// The workflow runs of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The build. The storage key contains only the numbers of the id, and another platform that
    /// shares the builder repository also counts from 1; so readers must compare the whole id.
    #[serde(rename = "of")]
    pub build_id: BuildId,
    /// By NoKube's attempt number. Attempt 1 is present only if GitHub rejected it.
    #[serde(default, rename = "asks", skip_serializing_if = "BTreeMap::is_empty")]
    pub attempt_requests: BTreeMap<u32, AttemptRequest>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<RunKey, RunState>,
    #[serde(default, rename = "pushed", skip_serializing_if = "Option::is_none")]
    pub image_pushed: Option<ImagePushed>,
    /// When a merge last changed the record.
    #[serde(default, rename = "heard_at", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(default, rename = "done", skip_serializing_if = "Option::is_none")]
    pub final_view: Option<Box<FinalView>>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl RunRecord {
    /// An empty record.
    pub fn new(build_id: BuildId) -> Self {
        Self {
            build_id,
            attempt_requests: BTreeMap::new(),
            runs: BTreeMap::new(),
            image_pushed: None,
            updated_at: None,
            final_view: None,
            unknown_fields: UnknownFields::default(),
        }
    }

    /// The stored record, if it belongs to this build; else an empty one.
    pub fn stored_or_new(build_id: BuildId, stored: Option<Self>) -> Self {
        stored.filter(|record| record.build_id == build_id).unwrap_or_else(|| Self::new(build_id))
    }

    /// A record with one run.
    pub fn with_run(build_id: BuildId, key: RunKey, run: RunState) -> Self {
        Self { runs: BTreeMap::from([(key, run)]), ..Self::new(build_id) }
    }

    /// A record with one attempt request.
    pub fn with_attempt_request(build_id: BuildId, attempt: u32, request: AttemptRequest) -> Self {
        Self { attempt_requests: BTreeMap::from([(attempt, request)]), ..Self::new(build_id) }
    }

    /// A record with an attempt that GitHub rejected. `reason` is a message for the user.
    pub fn with_rejection(
        build_id: BuildId,
        attempt: u32,
        requested_at: Timestamp,
        reason: String,
    ) -> Self {
        let request =
            AttemptRequest { rejection: Some(reason), ..AttemptRequest::new(requested_at, None) };
        Self::with_attempt_request(build_id, attempt, request)
    }

    #[must_use]
    pub fn with_updated_at(self, at: Timestamp) -> Self {
        Self { updated_at: Some(at), ..self }
    }

    /// Merges `other` into this record and returns whether that changed it. A record of another build
    /// is ignored.
    ///
    /// A new `updated_at` alone is no change, so a repeated event causes no write.
    pub fn merge(&mut self, other: Self) -> bool {
        if self.build_id != other.build_id {
            return false;
        }
        let updated_at = other.updated_at;
        let before = self.clone();
        self.merge_contents(Self { updated_at: None, ..other });
        let is_changed = *self != before;
        if is_changed {
            self.updated_at = self.updated_at.max(updated_at);
        }
        is_changed
    }

    /// Merges two records of the same build.
    pub fn merge_contents(&mut self, other: Self) {
        let (requests, runs) = (other.attempt_requests, other.runs);
        merge_entries(&mut self.attempt_requests, requests, AttemptRequest::merge);
        merge_entries(&mut self.runs, runs, RunState::merge);
        self.image_pushed = self.image_pushed.take().max(other.image_pushed);
        self.updated_at = self.updated_at.max(other.updated_at);
        self.merge_final_view(other.final_view);
        self.unknown_fields.merge(other.unknown_fields);
    }

    /// The view of the later attempt wins. For the same attempt, the one with an image digest wins,
    /// then the greater one as text, so that the order is total.
    fn merge_final_view(&mut self, other: Option<Box<FinalView>>) {
        let rank = |last: &FinalView| {
            let text = serde_json::to_string(last).unwrap_or_default();
            let has_digest = last.view.image_digest.is_some();
            (last.attempt, last.latest, has_digest, text)
        };
        self.final_view = match (self.final_view.take(), other) {
            (Some(mine), Some(other)) => {
                Some(if mine == other || rank(&mine) >= rank(&other) { mine } else { other })
            }
            (mine, other) => mine.or(other),
        };
    }

    pub fn latest_run(&self) -> Option<(RunKey, &RunState)> {
        self.runs.last_key_value().map(|(key, run)| (*key, run))
    }

    /// NoKube's number of the current attempt, whether it was requested here or started at GitHub.
    ///
    /// GitHub numbers the attempts of a run from 1. So the sum of the greatest attempt of each run is
    /// the number of attempts, even if some of them were never reported. Rejected attempts have no run
    /// and are added.
    pub fn attempt(&self) -> u32 {
        let requested = self.attempt_requests.last_key_value().map_or(1, |(attempt, _)| *attempt);
        let attempts_of_runs: BTreeMap<_, _> =
            self.runs.keys().map(|key| (key.run_id, key.attempt)).collect();
        let started = attempts_of_runs.into_values().fold(0, u32::saturating_add);
        let rejected = self.attempt_requests.values().filter(|r| r.rejection.is_some()).count();
        requested.max(started.saturating_add(u32::try_from(rejected).unwrap_or(u32::MAX)))
    }

    /// The request for the current attempt, as long as no run has started for it.
    pub fn pending_request(&self) -> Option<&AttemptRequest> {
        let (_, request) = self.attempt_requests.last_key_value()?;
        let has_run = self.latest_run().is_some_and(|(key, _)| Some(key) > request.after);
        (!has_run).then_some(request)
    }

    /// The final view, if it is still valid.
    pub fn final_view(&self) -> Option<&FinalView> {
        let latest = self.latest_run().map(|(key, run)| (key, run.phase));
        self.final_view
            .as_deref()
            .filter(|last| last.attempt == self.attempt() && last.latest == latest)
    }
}
