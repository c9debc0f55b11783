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
    /// GitHub limits the platform's requests until then, and did not accept this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_until: Option<Timestamp>,
    /// When a read last resumed it after a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Timestamp>,
    /// When it was cancelled before GitHub accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// It was requested when the project's owner had as many unfinished builds as the platform allows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits_for_capacity: bool,
    /// When it was dispatched after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_at: Option<Timestamp>,
    /// Which of those who took a place for it then has dispatched it: a random number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_by: Option<u64>,
    /// It was withdrawn because a later push has another commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl AttemptRequest {
    /// A request that GitHub has not rejected. `after` is the latest known run.
    pub fn new(requested_at: Timestamp, after: Option<RunKey>) -> Self {
        Self {
            requested_at,
            after,
            rejection: None,
            limited_until: None,
            resumed_at: None,
            withdrawn_at: None,
            waits_for_capacity: false,
            dispatched_at: None,
            dispatched_by: None,
            superseded: false,
            unknown_fields: UnknownFields::default(),
        }
    }

    /// A request that is not sent until the project's owner may have one more unfinished build.
    pub fn waiting_for_capacity(requested_at: Timestamp) -> Self {
        Self { waits_for_capacity: true, ..Self::new(requested_at, None) }
    }

    /// Until when GitHub limits requests, if this one waits for that: nobody has sent it again since.
    pub fn waits_until(&self) -> Option<Timestamp> {
        self.limited_until.filter(|until| self.is_open() && self.resumed_at < Some(*until))
    }

    /// Whether it waits for other builds to end: nobody has sent it to GitHub.
    pub fn is_waiting_for_capacity(&self) -> bool {
        // Only GitHub's response to a dispatch says that there is a limit.
        let is_sent = self.dispatched_at.is_some() || self.limited_until.is_some();
        self.waits_for_capacity && !is_sent && self.is_open()
    }

    fn is_open(&self) -> bool {
        self.rejection.is_none() && self.withdrawn_at.is_none()
    }

    /// When it was last sent to GitHub, or is to be sent.
    pub fn sent_at(&self) -> Timestamp {
        self.limited_until
            .max(self.resumed_at)
            .max(self.dispatched_at)
            .map_or(self.requested_at, |at| at.max(self.requested_at))
    }

    fn merge(&mut self, other: Self) {
        self.requested_at = self.requested_at.min(other.requested_at);
        self.after = self.after.max(other.after);
        self.rejection = self.rejection.take().max(other.rejection);
        self.limited_until = self.limited_until.max(other.limited_until);
        self.resumed_at = self.resumed_at.max(other.resumed_at);
        self.withdrawn_at = self.withdrawn_at.max(other.withdrawn_at);
        self.waits_for_capacity |= other.waits_for_capacity;
        self.dispatched_at = self.dispatched_at.max(other.dispatched_at);
        self.dispatched_by = self.dispatched_by.max(other.dispatched_by);
        self.superseded |= other.superseded;
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
    #[serde(rename = "answer", serialize_with = "BuildView::serialize_stored")]
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

/// The repository that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSource {
    /// Its number at GitHub.
    pub repository: Option<u64>,
    /// Whether its name is that of the builder repository in the settings.
    pub has_builder_name: bool,
}

/// The workflow runs of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The build. The storage key contains only the numbers of the id, and another platform that
    /// shares the builder repository also counts from 1; so readers must compare the whole id.
    #[serde(rename = "of")]
    pub build_id: BuildId,
    /// By NoKube's attempt number. Attempt 1 is present only if GitHub rejected or limited it, or if it waited for
    /// capacity.
    #[serde(default, rename = "asks", skip_serializing_if = "BTreeMap::is_empty")]
    pub attempt_requests: BTreeMap<u32, AttemptRequest>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<RunKey, RunState>,
    /// The number of the work item that is removed when the build has ended; the one of the last attempt.
    #[serde(default, rename = "work", skip_serializing_if = "Option::is_none")]
    pub work_item: Option<u32>,
    /// GitHub's number of the builder repository, which a rename does not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builder_repository: Option<u64>,
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
            work_item: None,
            builder_repository: None,
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

    /// A record with an attempt that GitHub did not accept, because it limits requests until `until`.
    pub fn with_limit(
        build_id: BuildId,
        attempt: u32,
        requested_at: Timestamp,
        until: Timestamp,
    ) -> Self {
        let request = AttemptRequest {
            limited_until: Some(until),
            ..AttemptRequest::new(requested_at, None)
        };
        Self::with_attempt_request(build_id, attempt, request)
    }

    #[must_use]
    pub fn with_builder_repository(self, id: Option<u64>) -> Self {
        Self { builder_repository: id, ..self }
    }

    #[must_use]
    pub fn with_work_item(self, number: u32) -> Self {
        Self { work_item: Some(number), ..self }
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
        self.work_item = self.work_item.max(other.work_item);
        // Only a repository that was created anew under the name has another number, a greater one.
        self.builder_repository = self.builder_repository.max(other.builder_repository);
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
    pub fn attempt(&self) -> u32 {
        attempt_number(&self.attempt_requests, self.runs.keys().copied())
    }

    /// Whether an event about the run `run_id` is the builder's.
    ///
    /// GitHub's numbers count, because names change: a renamed repository has another name, and another repository
    /// can get its old one. The name decides only while no number is known.
    pub fn is_of_builder(&self, source: EventSource, run_id: u64) -> bool {
        let is_known_run = self.runs.keys().any(|key| key.run_id == run_id);
        let is_builder = match (self.builder_repository, source.repository) {
            (Some(builder), Some(repository)) => builder == repository,
            _ => source.has_builder_name,
        };
        is_builder || is_known_run
    }

    /// The request for the current attempt, as long as no run has started for it.
    pub fn pending_request(&self) -> Option<&AttemptRequest> {
        let (_, request) = self.attempt_requests.last_key_value()?;
        let has_run = self.latest_run().is_some_and(|(key, _)| Some(key) > request.after);
        (!has_run).then_some(request)
    }

    /// Whether the current attempt waits for other builds to end.
    pub fn waits_for_capacity(&self) -> bool {
        self.pending_request().is_some_and(AttemptRequest::is_waiting_for_capacity)
    }

    /// The final view, if it is still valid.
    pub fn final_view(&self) -> Option<&FinalView> {
        let latest = self.latest_run().map(|(key, run)| (key, run.phase));
        self.final_view
            .as_deref()
            .filter(|last| last.attempt == self.attempt() && last.latest == latest)
    }
}

/// The number of the current attempt.
///
/// GitHub numbers the attempts of a run from 1. So the sum of the greatest attempt of each run is
/// the number of attempts, even if some of them were never reported. Rejected attempts have no run
/// and are added.
pub(super) fn attempt_number(
    requests: &BTreeMap<u32, AttemptRequest>,
    runs: impl Iterator<Item = RunKey>,
) -> u32 {
    let requested = requests.last_key_value().map_or(1, |(attempt, _)| *attempt);
    let attempts_of_runs: BTreeMap<_, _> = runs.map(|key| (key.run_id, key.attempt)).collect();
    let started = attempts_of_runs.into_values().fold(0, u32::saturating_add);
    let has_no_run = |r: &&AttemptRequest| r.rejection.is_some() || r.withdrawn_at.is_some();
    let rejected = requests.values().filter(has_no_run).count();
    requested.max(started.saturating_add(u32::try_from(rejected).unwrap_or(u32::MAX)))
}
