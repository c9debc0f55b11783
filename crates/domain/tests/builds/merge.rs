//! Merging records is commutative, associative and idempotent, for arbitrary records of a build.

use crate::fixtures::{CONCLUSIONS, GRACE, at, digest, id, key, state, view_of};
use nokube_domain::{
    BuildId, ProjectId, Timestamp, UnknownFields,
    builds::{
        AttemptRequest, BuildRecord, CancelRequest, FinalView, ImagePushed, JobState, JobsRecord,
        Phase, RunKey, RunRecord, RunState, Status, StepState, view,
    },
};
use proptest::{collection::btree_map, option, prelude::*, sample::select};
use serde_json::json;

fn phase() -> impl Strategy<Value = Phase> {
    prop_oneof![
        Just(Phase::Queued),
        Just(Phase::Running),
        select(CONCLUSIONS.to_vec()).prop_map(Phase::Ended),
    ]
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_i64).prop_map(at)
}

fn run_key() -> impl Strategy<Value = RunKey> {
    (1..3_u64, 1..4_u32).prop_map(|(run, attempt)| key(run, attempt))
}

fn word() -> impl Strategy<Value = String> {
    select(vec!["", "a", "b"]).prop_map(Into::into)
}

/// What a newer release may have stored.
fn unknown_fields() -> impl Strategy<Value = UnknownFields> {
    let fields = [
        json!({}),
        json!({ "a": 1 }),
        json!({ "a": "text", "b": null }),
        json!({ "a": { "1": "x" } }),
        json!({ "a": { "1": "y", "2": [1] } }),
    ];
    select(fields.to_vec()).prop_map(|fields| serde_json::from_value(fields).unwrap())
}

fn attempt_request() -> impl Strategy<Value = AttemptRequest> {
    let limit = (option::of(time()), option::of(time()), option::of(time()));
    let capacity = (any::<bool>(), option::of(time()), option::of(1..3_u64), any::<bool>());
    let request = (time(), option::of(run_key()), option::of(word()));
    (request, limit, capacity, unknown_fields()).prop_map(
        |((requested_at, after, rejection), limit, capacity, unknown_fields)| {
            let (limited_until, resumed_at, withdrawn_at) = limit;
            let (waits_for_capacity, dispatched_at, dispatched_by, superseded) = capacity;
            AttemptRequest {
                requested_at,
                after,
                rejection,
                limited_until,
                resumed_at,
                withdrawn_at,
                waits_for_capacity,
                dispatched_at,
                dispatched_by,
                superseded,
                unknown_fields,
            }
        },
    )
}

fn run_state() -> impl Strategy<Value = RunState> {
    (phase(), option::of(time()), option::of(time()), option::of(word()), unknown_fields())
        .prop_map(|(phase, started_at, ended_at, url, unknown_fields)| RunState {
            phase,
            started_at,
            ended_at,
            url,
            unknown_fields,
        })
}

fn final_view() -> impl Strategy<Value = Box<FinalView>> {
    let content = (option::of(select(vec!['a', 'b'])), option::of(word()), unknown_fields());
    let latest = option::of((run_key(), phase()));
    (1..3_u32, latest, content, option::of(word()), unknown_fields()).prop_map(
        |(attempt, latest, (hex, error_message, unknown), run_url, unknown_fields)| {
            let mut view = view_of(&state(RunRecord::new(id()), crate::fixtures::no_jobs()));
            view.image_digest = hex.map(digest);
            view.error_message = error_message;
            view.unknown_fields = unknown;
            Box::new(FinalView { attempt, latest, view, run_url, unknown_fields })
        },
    )
}

fn run_record() -> impl Strategy<Value = RunRecord> {
    let image_pushed = (time(), word(), select(vec!['a', 'b']).prop_map(digest))
        .prop_map(|(at, package, digest)| ImagePushed { at, package, digest });
    (
        btree_map(1..4_u32, attempt_request(), 0..3),
        btree_map(run_key(), run_state(), 0..4),
        (option::of(1..3_u64), option::of(image_pushed), option::of(1..3_u32)),
        option::of(time()),
        option::of(final_view()),
        unknown_fields(),
    )
        .prop_map(|(attempt_requests, runs, other, updated_at, final_view, unknown_fields)| {
            let (builder_repository, image_pushed, work_item) = other;
            RunRecord {
                attempt_requests,
                runs,
                work_item,
                builder_repository,
                image_pushed,
                updated_at,
                final_view,
                unknown_fields,
                ..RunRecord::new(id())
            }
        })
}

fn step_state() -> impl Strategy<Value = StepState> {
    (word(), phase(), option::of(time()), option::of(time()), unknown_fields()).prop_map(
        |(name, phase, started_at, ended_at, unknown_fields)| StepState {
            name,
            phase,
            started_at,
            ended_at,
            unknown_fields,
        },
    )
}

fn job_state() -> impl Strategy<Value = JobState> {
    let steps = btree_map(1..4_u32, step_state(), 0..3);
    (run_key(), phase(), option::of(time()), option::of(time()), steps, unknown_fields()).prop_map(
        |(run, phase, started_at, ended_at, steps, unknown_fields)| JobState {
            run,
            phase,
            started_at,
            ended_at,
            steps,
            unknown_fields,
        },
    )
}

fn jobs_record() -> impl Strategy<Value = JobsRecord> {
    let jobs = btree_map(1..4_u64, job_state(), 0..3);
    (jobs, option::of(time()), option::of(word()), unknown_fields()).prop_map(
        |(jobs, updated_at, etag, unknown_fields)| JobsRecord {
            updated_at,
            etag,
            unknown_fields,
            ..JobsRecord::with_jobs(id(), jobs)
        },
    )
}

fn merged(a: &RunRecord, b: &RunRecord) -> RunRecord {
    let mut record = a.clone();
    record.merge_contents(b.clone());
    record
}

/// Without `updated_at` and `etag`, which depend on the order of the merges.
fn merged_jobs(a: &JobsRecord, b: &JobsRecord) -> JobsRecord {
    let mut record = a.clone();
    record.merge(b.clone());
    JobsRecord { updated_at: None, etag: None, ..record }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merging_run_records_is_independent_of_order_and_repetition(
        a in run_record(), b in run_record(), c in run_record(),
    ) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a.clone());
        let both = merged(&a, &b);
        prop_assert_eq!(merged(&both, &b), both.clone());
        prop_assert!(both.attempt() >= a.attempt().max(b.attempt()), "attempts only increase");
    }

    #[test]
    fn merging_jobs_records_is_independent_of_order_and_repetition(
        a in jobs_record(), b in jobs_record(), c in jobs_record(),
    ) {
        let without_metadata =
            |record: &JobsRecord| JobsRecord { updated_at: None, etag: None, ..record.clone() };
        prop_assert_eq!(merged_jobs(&a, &b), merged_jobs(&b, &a));
        prop_assert_eq!(
            merged_jobs(&merged_jobs(&a, &b), &c),
            merged_jobs(&a, &merged_jobs(&b, &c))
        );
        prop_assert_eq!(merged_jobs(&a, &a), without_metadata(&a));
    }

    /// A new `updated_at` alone is no change: a repeated event must cause no write.
    #[test]
    fn merging_a_run_record_returns_whether_it_changed(a in run_record(), b in run_record()) {
        let mut record = a.clone();
        let is_changed = record.merge(b.clone());
        let without_time = |record: &RunRecord| RunRecord { updated_at: None, ..record.clone() };
        prop_assert_eq!(is_changed, without_time(&record) != without_time(&a));
        prop_assert_eq!(without_time(&record), without_time(&merged(&a, &b)));
        let updated_at = if is_changed { a.updated_at.max(b.updated_at) } else { a.updated_at };
        prop_assert_eq!(record.updated_at, updated_at);
        prop_assert!(!record.merge(b.with_updated_at(at(99))), "the second merge changes nothing");
    }

    #[test]
    fn merging_a_jobs_record_returns_whether_it_changed(a in jobs_record(), b in jobs_record()) {
        let mut record = a.clone();
        let is_changed = record.merge(b.clone());
        let contents = |record: &JobsRecord| (record.jobs.clone(), record.unknown_fields.clone());
        prop_assert_eq!(is_changed, contents(&record) != contents(&a));
        prop_assert!(is_changed || record == a);
        prop_assert!(!record.merge(b.with_updated_at(at(99))), "the second merge changes nothing");
    }

    /// Another platform that shares the builder repository also has a build 7-3.
    #[test]
    fn records_of_another_build_are_ignored(
        a in run_record(), b in run_record(), c in jobs_record(), d in jobs_record(), nonce: u64,
    ) {
        let other = BuildId::new(ProjectId(7), 3, nonce);
        prop_assume!(other != id());
        let (mut run, mut jobs) = (a.clone(), c.clone());
        let is_changed = (
            run.merge(RunRecord { build_id: other, ..b }),
            jobs.merge(JobsRecord { build_id: other, ..d }),
        );
        prop_assert_eq!((is_changed, run, jobs), ((false, false), a, c));
    }

    #[test]
    fn run_and_jobs_records_survive_serialisation(run in run_record(), jobs in jobs_record()) {
        let text = serde_json::to_string(&run).unwrap();
        prop_assert_eq!(serde_json::from_str::<RunRecord>(&text).unwrap(), run);
        let text = serde_json::to_string(&jobs).unwrap();
        prop_assert_eq!(serde_json::from_str::<JobsRecord>(&text).unwrap(), jobs);
    }

    #[test]
    fn every_state_has_a_view_and_only_an_ended_build_has_an_end(
        run in run_record(), jobs in jobs_record(), now in 0..9000_i64,
    ) {
        let state = state(run, jobs);
        let view = view(&state, Some(digest('a')), GRACE, at(now));
        prop_assert!(view.status.is_final() || view.completed_at.is_none());
        prop_assert!(view.duration.unwrap_or(0) >= 0);
        let has_failed = view.status == Status::Failed;
        prop_assert_eq!(has_failed, view.error_code.is_some() && view.error_message.is_some());
    }
}

#[test]
fn a_build_record_survives_serialisation() {
    let record = crate::fixtures::record();
    let text = serde_json::to_string(&record).unwrap();
    let read: BuildRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(read, record);
    assert_eq!(read.image_full_name(), "ghcr.io/amzhm/testuser-myapp-frontend:latest");
    assert_eq!(read.image_repository(), "amzhm/testuser-myapp-frontend");
}

#[test]
fn a_cancel_request_survives_serialisation() {
    let superseded = CancelRequest { superseded: true, ..CancelRequest::new(2, at(1)) };
    for request in [CancelRequest::new(2, at(1)), superseded] {
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<CancelRequest>(&text).unwrap(), request);
    }
}
