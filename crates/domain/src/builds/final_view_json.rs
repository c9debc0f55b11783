//! The final view of a build as it is stored. Most reads are of builds that have ended: they send this text instead of
//! parsing the view and serializing it again.

use super::{AttemptRequest, Phase, RunKey, run_record::attempt_number};
use crate::BuildId;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The parts of a stored [`super::RunRecord`] that decide whether its final view is valid.
#[derive(Deserialize)]
struct StoredRun<'a> {
    #[serde(rename = "of")]
    build_id: BuildId,
    #[serde(default, rename = "asks")]
    attempt_requests: BTreeMap<u32, AttemptRequest>,
    #[serde(default)]
    runs: BTreeMap<RunKey, StoredPhase>,
    #[serde(borrow, rename = "done")]
    final_view: StoredFinalView<'a>,
}

#[derive(Deserialize)]
struct StoredPhase {
    phase: Phase,
}

#[derive(Deserialize)]
struct StoredFinalView<'a> {
    attempt: u32,
    latest: Option<(RunKey, Phase)>,
    #[serde(borrow, rename = "answer")]
    view: &'a RawValue,
}

/// The fields that a view of this release always has ([`super::BuildView`]).
#[derive(Deserialize)]
#[expect(dead_code, reason = "only their presence is checked")]
struct AllFields {
    build_id: IgnoredAny,
    project_id: IgnoredAny,
    service_name: IgnoredAny,
    status: IgnoredAny,
    image_full_name: IgnoredAny,
    image_digest: IgnoredAny,
    repository: IgnoredAny,
    branch: IgnoredAny,
    commit_sha: IgnoredAny,
    created_at: IgnoredAny,
    started_at: IgnoredAny,
    completed_at: IgnoredAny,
    duration: IgnoredAny,
    attempt: IgnoredAny,
    cancel_requested_at: IgnoredAny,
    error_code: IgnoredAny,
    error_message: IgnoredAny,
    trigger: IgnoredAny,
    commit: IgnoredAny,
    waiting_for_capacity: IgnoredAny,
    superseded: IgnoredAny,
    steps: Vec<AllStepFields>,
}

/// As [`AllFields`], of a step ([`super::StepView`]).
#[derive(Deserialize)]
#[expect(dead_code, reason = "only their presence is checked")]
struct AllStepFields {
    number: IgnoredAny,
    name: IgnoredAny,
    status: IgnoredAny,
    started_at: IgnoredAny,
    completed_at: IgnoredAny,
}

/// The final view of a build in its stored run record, as JSON. `None` if there is none, if it is no longer valid, if
/// the record is of another build, or if an older release stored the view without fields that it has now. The caller
/// then parses the whole [`super::RunRecord`].
pub fn final_view_json(id: BuildId, stored_run: &[u8]) -> Option<&str> {
    let run: StoredRun<'_> = serde_json::from_slice(stored_run).ok()?;
    let last = run.final_view;
    let attempt = attempt_number(&run.attempt_requests, run.runs.keys().copied());
    let latest = run.runs.last_key_value().map(|(key, run)| (*key, run.phase));
    let view = last.view.get();
    let is_valid = run.build_id == id
        && (last.attempt, last.latest) == (attempt, latest)
        && serde_json::from_str::<AllFields>(view).is_ok();
    is_valid.then_some(view)
}
