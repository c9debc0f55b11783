//! An attempt that GitHub did not accept because of its rate limits waits, and one reader resumes it.

use crate::fixtures::{GRACE, NO_FINDINGS, TIMEOUTS, at, id, key, no_jobs, run, state};
use nokube_domain::builds::{
    AttemptRequest, BuildState, CancelRequest, ErrorCode, LONGEST_WAIT, Phase, Plan, Resume,
    ResumeAction, RunRecord, Status, evaluate_status, plan, view,
};

/// Limited at 1 until 61.
fn limited() -> BuildState {
    state(RunRecord::with_limit(id(), 1, at(1), at(61)), no_jobs())
}

fn with_request(mut state: BuildState, change: impl FnOnce(&mut AttemptRequest)) -> BuildState {
    let mut request = AttemptRequest::new(at(61), None);
    change(&mut request);
    state.run.merge(RunRecord::with_attempt_request(id(), 1, request));
    state
}

fn resumed(when: i64) -> BuildState {
    with_request(limited(), |request| request.resumed_at = Some(at(when)))
}

fn resume(action: ResumeAction) -> Option<Resume> {
    Some(Resume { attempt: 1, limited_until: at(61), action })
}

#[test]
fn a_limited_build_is_pending_and_says_until_when() {
    let build = view(&limited(), None, GRACE, at(10));
    assert_eq!((build.status, build.error_message), (Status::Pending, None));
    assert_eq!(build.limited_until, Some(at(61)));
    let detail = build.status_detail.unwrap();
    assert_eq!(
        detail,
        format!("GitHub limits the platform's requests. The build continues at {}.", at(61))
    );
    assert_eq!(build.attempt, 1);
    let later = view(&resumed(70), None, GRACE, at(70));
    assert_eq!((later.limited_until, later.status_detail), (None, None));
}

#[test]
fn nothing_is_sent_before_the_limit_ends_and_then_the_request_is_sent_again() {
    assert_eq!(plan(&limited(), TIMEOUTS, at(60)), Plan::default());
    let due = Plan { resume: resume(ResumeAction::Dispatch), ..Plan::default() };
    assert_eq!(plan(&limited(), TIMEOUTS, at(61)), due);
    // The next read may be much later.
    assert_eq!(plan(&limited(), TIMEOUTS, at(61 + 2 * GRACE)), due);
    let status = evaluate_status(&limited(), GRACE, at(61 + 2 * GRACE)).status;
    assert_eq!(
        status,
        Status::Pending,
        "GitHub did not accept it, so the grace period has not begun"
    );
}

#[test]
fn a_build_that_has_waited_for_too_long_fails_even_if_a_limit_was_just_reported() {
    let longest = 1 + LONGEST_WAIT;
    let again = with_request(resumed(61), |request| request.limited_until = Some(at(longest)));
    for waiting in [limited(), again] {
        let before = evaluate_status(&waiting, GRACE, at(longest - 1));
        assert_eq!(before.status, Status::Pending);
        let evaluated = evaluate_status(&waiting, GRACE, at(longest));
        assert_eq!(evaluated.error_code, Some(ErrorCode::NeverStarted));
        assert_eq!(plan(&waiting, TIMEOUTS, at(longest)).resume, None);
        let build = view(&waiting, None, GRACE, at(longest));
        assert_eq!((build.completed_at, build.limited_until), (Some(at(longest)), None));
    }
}

/// A 404 for a new run may be temporary, so its age counts, not the build's.
#[test]
fn an_attempt_was_requested_when_it_was_last_sent_also_once_its_run_is_known() {
    let mut started = resumed(5_000);
    started.run.merge(run(key(1, 1), Phase::Queued, 5_001, 5_001));
    assert_eq!(started.attempt_requested_at(), at(5_000));

    let failed = Phase::Ended(nokube_domain::builds::Conclusion::Failure);
    let mut retried = state(run(key(9, 1), failed, 2, 3), no_jobs());
    assert_eq!(retried.attempt_requested_at(), at(0));
    let request = AttemptRequest::new(at(9_000), Some(key(9, 1)));
    retried.run.merge(RunRecord::with_attempt_request(id(), 2, request));
    retried.run.merge(run(key(9, 2), Phase::Queued, 9_001, 9_001));
    assert_eq!(retried.attempt_requested_at(), at(9_000));
    retried.run.merge(run(key(9, 3), Phase::Queued, 9_500, 9_500));
    assert_eq!(retried.attempt_requested_at(), at(9_500), "started at GitHub");
}

#[test]
fn a_resumed_attempt_is_not_resumed_again_and_its_run_is_searched_for() {
    let searched = plan(&resumed(200), TIMEOUTS, at(210));
    assert_eq!(searched.resume, None);
    // A reader may have resumed it as soon as the limit ended.
    assert_eq!(searched.find_run, Some((at(61 - 120), at(200 + GRACE + 120))));
    assert_eq!(plan(&resumed(200), TIMEOUTS, at(209)), Plan::default());
    let pending = evaluate_status(&resumed(200), GRACE, at(200 + GRACE - 1));
    assert_eq!(pending.status, Status::Pending);
    let failed = evaluate_status(&resumed(200), GRACE, at(200 + GRACE));
    assert_eq!(failed.error_code, Some(ErrorCode::NeverStarted), "e.g. after a crash");
}

#[test]
fn a_second_limit_is_resumed_separately() {
    let again = with_request(resumed(61), |request| request.limited_until = Some(at(121)));
    assert_eq!(plan(&again, TIMEOUTS, at(120)).resume, None);
    let due = plan(&again, TIMEOUTS, at(121)).resume.unwrap();
    assert_eq!(due.limited_until, at(121));
    assert_eq!(view(&again, None, GRACE, at(100)).limited_until, Some(at(121)));
}

#[test]
fn a_run_ends_the_waiting() {
    let mut started = resumed(61);
    started.run.merge(run(key(1, 1), Phase::Running, 62, 62));
    let build = view(&started, None, GRACE, at(70));
    assert_eq!((build.status, build.attempt), (Status::Building, 1));
    assert_eq!(build.limited_until, None);
    assert_eq!(plan(&started, TIMEOUTS, at(63)).resume, None);
}

#[test]
fn a_cancelled_build_is_never_sent() {
    let cancel_request = Some(CancelRequest::new(1, at(5)));
    let cancelled = BuildState { cancel_request, ..limited() };
    assert_eq!(plan(&cancelled, TIMEOUTS, at(6)).resume, resume(ResumeAction::Withdraw));
    let withdrawn = with_request(cancelled, |request| {
        request.resumed_at = Some(at(61));
        request.withdrawn_at = Some(at(6));
    });
    let build = view(&withdrawn, None, GRACE, at(7));
    assert_eq!((build.status, build.completed_at), (Status::Cancelled, Some(at(6))));
    assert_eq!((build.error_code, build.limited_until), (None, None));
    assert!(withdrawn.may_store_final_view(NO_FINDINGS, TIMEOUTS, at(7)));
    assert!(plan(&withdrawn, TIMEOUTS, at(100)).is_empty());
}

#[test]
fn a_rejection_after_the_limit_counts() {
    let mut rejected = resumed(61);
    rejected.run.merge(RunRecord::with_rejection(id(), 1, at(62), "no".into()));
    let evaluated = evaluate_status(&rejected, GRACE, at(63));
    assert_eq!(evaluated.error_code, Some(ErrorCode::Refused));
    assert!(plan(&rejected, TIMEOUTS, at(100)).is_empty());
}

#[test]
fn a_limited_rerun_is_sent_again_as_one() {
    let failed = Phase::Ended(nokube_domain::builds::Conclusion::Failure);
    let mut retried = state(run(key(9, 1), failed, 2, 3), no_jobs());
    let request = AttemptRequest::new(at(10), Some(key(9, 1)));
    retried.run.merge(RunRecord::with_attempt_request(id(), 2, request));
    retried.run.merge(RunRecord::with_limit(id(), 2, at(11), at(61)));
    assert_eq!(view(&retried, None, GRACE, at(20)).limited_until, Some(at(61)));
    let due = plan(&retried, TIMEOUTS, at(61)).resume.unwrap();
    assert_eq!((due.attempt, due.action), (2, ResumeAction::Rerun(key(9, 1))));
}
