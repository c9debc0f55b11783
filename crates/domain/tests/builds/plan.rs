//! What a read of a build asks GitHub and the registry.

use crate::fixtures::{
    GRACE, NO_FINDINGS, TIMEOUTS, at, digest, id, job, key, no_jobs, run, state,
};
use nokube_domain::builds::{
    AttemptRequest, BuildState, CancelMode, CancelRequest, Conclusion, ErrorCode, ImagePushed,
    Phase, Plan, PollFindings, RunRecord, Status, evaluate_status, plan,
};

use Conclusion::{Cancelled, Failure, StartupFailure, Success};
use Phase::{Ended, Queued, Running};

/// A build that was requested at 0, without any report from GitHub.
fn unreported() -> BuildState {
    state(RunRecord::new(id()), no_jobs())
}

/// A build whose run 1/1 has been in `phase` since 100, reported then.
fn in_phase(phase: Phase) -> BuildState {
    state(run(key(1, 1), phase, 2, 100).with_updated_at(at(100)), no_jobs())
}

/// The same with a report of its job, which is in the same phase.
fn with_job(phase: Phase) -> BuildState {
    let job = job(key(1, 1), phase, 5, 99, &[phase]).with_updated_at(at(100));
    BuildState { jobs: job, ..in_phase(phase) }
}

/// `state` after a request for another attempt.
fn with_retry(mut state: BuildState, when: i64, attempt: u32) -> BuildState {
    let after = state.run.latest_run().map(|(key, _)| key);
    let request = AttemptRequest::new(at(when), after);
    let record = RunRecord::with_attempt_request(id(), attempt, request);
    state.run.merge(record.with_updated_at(at(when)));
    state
}

fn with_cancel_request(state: BuildState, attempt: u32, when: i64) -> BuildState {
    let request = CancelRequest::new(attempt, at(when));
    BuildState { cancel_request: Some(request), ..state }
}

#[test]
fn the_plan_depends_on_the_state_and_the_time() {
    let nothing = Plan::default;
    let window = Some((at(-120), at(GRACE + 120)));
    let find = Plan { find_run: window, ..nothing() };
    let read = |run| Plan { read_run: Some(run), read_jobs: Some(run), ..nothing() };
    let jobs = Plan { read_jobs: Some(key(1, 1)), ..nothing() };
    let digest = Plan { read_digest: true, ..nothing() };
    let deleted = in_phase(Ended(Conclusion::Deleted));
    let rejected = RunRecord::with_rejection(id(), 1, at(1), "no".into());
    let table = [
        ("just dispatched", unreported(), 9, nothing()),
        ("nothing reported: search for the run", unreported(), 10, find.clone()),
        ("still nothing", unreported(), GRACE - 1, find.clone()),
        ("never started: search once more", unreported(), GRACE, find),
        ("rejected: there will be no run", state(rejected, no_jobs()), 5000, nothing()),
        ("reported a moment ago", in_phase(Queued), 109, nothing()),
        ("queued, no recent report", in_phase(Queued), 110, read(key(1, 1))),
        ("running, no recent report", with_job(Running), 110, read(key(1, 1))),
        ("failed, end of the job missing", in_phase(Ended(Failure)), 101, jobs.clone()),
        ("the same, long after the end", in_phase(Ended(Failure)), 9999, jobs.clone()),
        ("never had a job", in_phase(Ended(StartupFailure)), 101, jobs.clone()),
        ("deleted", deleted, 101, jobs.clone()),
        ("failed and complete", with_job(Ended(Failure)), 101, nothing()),
        ("cancelled and complete", with_job(Ended(Cancelled)), 101, nothing()),
        ("succeeded: digest missing", with_job(Ended(Success)), 101, digest.clone()),
        (
            "succeeded: digest and jobs missing",
            in_phase(Ended(Success)),
            101,
            Plan { read_digest: true, ..jobs },
        ),
    ];
    for (case, state, now, expected) in table {
        assert_eq!(plan(&state, TIMEOUTS, at(now)), expected, "{case}");
    }
}

#[test]
fn a_build_without_a_run_fails_after_the_grace_period_and_one_more_search() {
    let state = unreported();
    let status = |now| evaluate_status(&state, GRACE, at(now)).status;
    assert_eq!((status(0), status(GRACE - 1)), (Status::Pending, Status::Pending));
    assert!(!state.may_store_final_view(NO_FINDINGS, TIMEOUTS, at(GRACE - 1)));

    let late = evaluate_status(&state, GRACE, at(GRACE));
    assert_eq!((late.status, late.error_code), (Status::Failed, Some(ErrorCode::NeverStarted)));
    assert!(!plan(&state, TIMEOUTS, at(GRACE)).is_empty(), "GitHub must be searched first");
    assert!(
        !state.may_store_final_view(NO_FINDINGS, TIMEOUTS, at(GRACE)),
        "GitHub has not answered"
    );
    let searched = PollFindings { run_searched: true, ..NO_FINDINGS };
    assert!(
        state.may_store_final_view(searched, TIMEOUTS, at(GRACE)),
        "GitHub has answered that there is no run"
    );

    // A run that GitHub reports after the grace period still counts.
    let mut state = state.clone();
    state.run.merge(run(key(1, 1), Running, 2900, 2900));
    assert_eq!(evaluate_status(&state, GRACE, at(3000)).status, Status::Building);
}

#[test]
fn a_cancel_request_waits_for_the_run_and_is_forced_after_a_timeout() {
    let without_run = with_cancel_request(unreported(), 1, 4);
    assert_eq!(plan(&without_run, TIMEOUTS, at(20)).cancel, None, "there is no run to cancel yet");
    let cases = [
        (Queued, 9, None),
        (Queued, 14, Some((key(1, 1), CancelMode::Normal))),
        (Running, 33, Some((key(1, 1), CancelMode::Normal))),
        (Running, 34, Some((key(1, 1), CancelMode::Forced))),
        (Ended(Success), 40, None),
        (Ended(Cancelled), 40, None),
    ];
    for (phase, now, expected) in cases {
        let state = with_cancel_request(in_phase(phase), 1, 4);
        assert_eq!(plan(&state, TIMEOUTS, at(now)).cancel, expected, "{phase:?} at {now}");
    }
}

#[test]
fn a_cancel_request_applies_to_one_attempt_only() {
    let cancelled = with_cancel_request(with_job(Ended(Cancelled)), 1, 50);
    assert!(cancelled.current_cancel_request().is_some());

    let mut retried_here = with_retry(cancelled.clone(), 200, 2);
    assert!(retried_here.current_cancel_request().is_none());
    retried_here.run.merge(run(key(1, 2), Running, 201, 202));
    assert_eq!(plan(&retried_here, TIMEOUTS, at(300)).cancel, None);

    let mut retried_at_github = cancelled;
    retried_at_github.run.merge(run(key(1, 2), Running, 201, 202));
    assert_eq!(plan(&retried_at_github, TIMEOUTS, at(300)).cancel, None);

    // The first attempt was rejected, so the first run is attempt 2 and its rerun is attempt 3.
    let mut rejected = unreported();
    rejected.run.merge(RunRecord::with_rejection(id(), 1, at(1), "no".into()));
    let mut rejected = with_cancel_request(with_retry(rejected, 10, 2), 2, 20);
    rejected.run.merge(run(key(8, 1), Ended(Cancelled), 12, 25));
    assert!(rejected.current_cancel_request().is_some());
    rejected.run.merge(run(key(8, 2), Running, 40, 41));
    assert_eq!(plan(&rejected, TIMEOUTS, at(300)).cancel, None);
}

#[test]
fn a_missing_rerun_is_looked_up_by_its_run_and_fails_after_the_grace_period() {
    let state = with_retry(with_job(Ended(Failure)), 200, 2);
    assert_eq!(evaluate_status(&state, GRACE, at(200)).status, Status::Pending);
    assert_eq!(state.current_run(), None, "the run of attempt 1 is not that of attempt 2");
    assert!(plan(&state, TIMEOUTS, at(209)).is_empty());
    let reads_the_run = Plan { read_run: Some(key(1, 1)), ..Plan::default() };
    for now in [210, 199 + GRACE, 200 + GRACE, 9999] {
        assert_eq!(plan(&state, TIMEOUTS, at(now)), reads_the_run, "at {now}");
    }
    let late = evaluate_status(&state, GRACE, at(200 + GRACE));
    assert_eq!(late.error_code, Some(ErrorCode::NeverStarted));
    assert_eq!(state.run.attempt(), 2);
}

#[test]
fn a_second_dispatch_has_its_own_search_window_and_grace_period() {
    let state = with_retry(unreported(), 3000, 2);
    let window = plan(&state, TIMEOUTS, at(3010)).find_run;
    assert_eq!(window, Some((at(2880), at(3000 + GRACE + 120))));
    assert_eq!(evaluate_status(&state, GRACE, at(3010)).status, Status::Pending);
}

#[test]
fn the_final_view_is_stored_once_nothing_more_can_be_learned() {
    let all = PollFindings { digest_found: true, jobs_listed: true, run_searched: true };
    let lagging_jobs = BuildState { jobs: with_job(Running).jobs, ..in_phase(Ended(Failure)) };
    let table = [
        ("running", with_job(Running), all, 5000, false),
        ("failed, jobs missing", in_phase(Ended(Failure)), NO_FINDINGS, 159, false),
        ("failed, jobs listed", in_phase(Ended(Failure)), all, 101, true),
        ("failed, the list of jobs lags behind", lagging_jobs.clone(), all, 159, false),
        ("the same after the timeout", lagging_jobs, all, 160, true),
        ("failed, jobs known", with_job(Ended(Failure)), NO_FINDINGS, 101, true),
        ("succeeded, digest missing", with_job(Ended(Success)), NO_FINDINGS, 159, false),
        ("succeeded, digest found", with_job(Ended(Success)), all, 101, true),
        (
            "succeeded long ago, digest still missing",
            with_job(Ended(Success)),
            NO_FINDINGS,
            9999,
            false,
        ),
    ];
    for (case, state, findings, now, expected) in table {
        assert_eq!(state.may_store_final_view(findings, TIMEOUTS, at(now)), expected, "{case}");
    }
}

#[test]
fn a_complete_build_is_not_polled() {
    for conclusion in crate::fixtures::CONCLUSIONS {
        let state = with_job(Ended(conclusion));
        let is_success = conclusion == Success;
        let findings = PollFindings { digest_found: is_success, ..NO_FINDINGS };
        assert!(state.may_store_final_view(findings, TIMEOUTS, at(101)));
        let plan = plan(&state, TIMEOUTS, at(101));
        // A success also needs its digest, which is not in the records.
        assert_eq!(plan, Plan { read_digest: is_success, ..Plan::default() }, "{conclusion:?}");
    }
}

#[test]
fn polls_are_rate_limited_for_all_readers_together() {
    let polled =
        |state: BuildState, when: i64| BuildState { last_polled_at: Some(at(when)), ..state };
    let success = || with_job(Ended(Success));
    let table = [
        ("polled a moment ago", polled(with_job(Running), 150), 159, false),
        ("polled a while ago", polled(with_job(Running), 150), 160, true),
        ("ended since the last poll: poll without waiting", polled(success(), 99), 101, true),
        ("digest polled a moment ago", polled(success(), 101), 110, false),
        ("digest polled a while ago", polled(success(), 101), 111, true),
        ("digest missing long after the end", polled(success(), 1000), 1299, false),
        ("the same after the longer interval", polled(success(), 1000), 1300, true),
    ];
    for (case, state, now, expected) in table {
        assert_eq!(!plan(&state, TIMEOUTS, at(now)).is_empty(), expected, "{case}");
    }
}

#[test]
fn a_pushed_digest_counts_only_for_the_builds_package_and_the_current_run() {
    let pushed = |package: &str, when| {
        let image_pushed =
            Some(ImagePushed { at: at(when), package: package.to_owned(), digest: digest('d') });
        let state = with_job(Ended(Success));
        BuildState { run: RunRecord { image_pushed, ..state.run.clone() }, ..state }
    };
    let own_package = "amzhm/testuser-myapp-frontend";
    assert_eq!(pushed(own_package, 50).pushed_digest(), Some(digest('d')));
    assert_eq!(pushed("mallory/x", 50).pushed_digest(), None);
    assert_eq!(pushed(own_package, 1).pushed_digest(), None, "pushed before the run started");
    let is_final =
        |now| pushed(own_package, 50).may_store_final_view(NO_FINDINGS, TIMEOUTS, at(now));
    assert!(is_final(9999), "the registry never reported the digest");
    assert!(!is_final(101), "the registry may still report it");
}
