//! A build waits until the project's owner may have one more, and says so.

use crate::fixtures::{GRACE, NO_FINDINGS, TIMEOUTS, at, id, key, no_jobs, run, state};
use nokube_domain::builds::{
    AttemptRequest, BuildRecord, BuildState, BuildView, CancelRequest, Conclusion, ErrorCode,
    LONGEST_CAPACITY_WAIT, LONGEST_WAIT, Phase, Plan, PushTrigger, RunRecord, Status, Trigger,
    WaitingAction, evaluate_status, plan, view,
};
use serde_json::json;

/// Requested at 1.
fn waiting() -> BuildState {
    let request = AttemptRequest::waiting_for_capacity(at(1));
    state(RunRecord::with_attempt_request(id(), 1, request), no_jobs())
}

fn with_request(mut state: BuildState, change: impl FnOnce(&mut AttemptRequest)) -> BuildState {
    let mut request = AttemptRequest::new(at(500), None);
    change(&mut request);
    state.run.merge(RunRecord::with_attempt_request(id(), 1, request));
    state
}

fn dispatched(when: i64) -> BuildState {
    with_request(waiting(), |request| request.dispatched_at = Some(at(when)))
}

#[test]
fn a_waiting_build_is_pending_for_a_day_whatever_the_grace_period_is() {
    let build = view(&waiting(), None, GRACE, at(GRACE + 1_000));
    assert_eq!((build.status, build.waiting_for_capacity), (Status::Pending, true));
    assert!(build.status_detail.unwrap().contains("starts when one of them has ended"));
    assert_eq!((build.attempt, build.error_code), (1, None));

    let end = 1 + LONGEST_CAPACITY_WAIT;
    let before = evaluate_status(&waiting(), GRACE, at(end - 1));
    assert_eq!(before.status, Status::Pending);
    let evaluated = evaluate_status(&waiting(), GRACE, at(end));
    assert_eq!(evaluated.error_code, Some(ErrorCode::NoCapacity));
    assert!(evaluated.error_message.unwrap().contains("waited for a day"));
    let build = view(&waiting(), None, GRACE, at(end + 9));
    assert_eq!((build.waiting_for_capacity, build.status_detail), (false, None));
    assert_eq!(build.completed_at, Some(at(end)));
    assert_eq!(plan(&waiting(), TIMEOUTS, at(end)), Plan::default(), "nothing is left to do");
    assert!(waiting().may_store_final_view(NO_FINDINGS, TIMEOUTS, at(end)));
}

#[test]
fn a_read_looks_for_capacity_and_not_for_a_run() {
    let due = Plan { waiting: Some(WaitingAction::Dispatch), ..Plan::default() };
    for now in [1, 100, GRACE + 100] {
        assert_eq!(plan(&waiting(), TIMEOUTS, at(now)), due);
    }
    let read = BuildState { last_polled_at: Some(at(95)), ..waiting() };
    assert_eq!(plan(&read, TIMEOUTS, at(100)), Plan::default(), "not for every reader");
    assert_eq!(read.waiting_action(GRACE, at(100)), Some(WaitingAction::Dispatch));
}

#[test]
fn the_grace_period_begins_when_the_build_is_dispatched() {
    let build = view(&dispatched(5_000), None, GRACE, at(5_001));
    assert_eq!((build.status, build.waiting_for_capacity), (Status::Pending, false));
    let search = plan(&dispatched(5_000), TIMEOUTS, at(5_100));
    assert_eq!(search.waiting, None);
    assert_eq!(search.find_run, Some((at(5_000 - 120), at(5_000 + GRACE + 120))));
    let pending = evaluate_status(&dispatched(5_000), GRACE, at(5_000 + GRACE - 1));
    assert_eq!(pending.status, Status::Pending);
    let failed = evaluate_status(&dispatched(5_000), GRACE, at(5_000 + GRACE));
    assert_eq!(failed.error_code, Some(ErrorCode::NeverStarted));

    let mut running = dispatched(5_000);
    running.run.merge(run(key(1, 1), Phase::Running, 5_002, 5_003));
    let build = view(&running, None, GRACE, at(5_010));
    assert_eq!((build.status, build.attempt), (Status::Building, 1));
}

#[test]
fn after_its_dispatch_a_build_waits_for_githubs_limit_as_any_other() {
    let limited = with_request(dispatched(50_000), |request| {
        request.limited_until = Some(at(50_060));
    });
    let build = view(&limited, None, GRACE, at(50_001));
    assert_eq!((build.waiting_for_capacity, build.limited_until), (false, Some(at(50_060))));
    assert!(plan(&limited, TIMEOUTS, at(50_060)).resume.is_some());
    let last = evaluate_status(&limited, GRACE, at(50_000 + LONGEST_WAIT - 1));
    assert_eq!(last.status, Status::Pending, "the time that it waited for capacity does not count");
    let late = evaluate_status(&limited, GRACE, at(50_000 + LONGEST_WAIT));
    assert_eq!(late.error_code, Some(ErrorCode::NeverStarted));
}

/// The mark of the dispatch may be lost in a race. GitHub's response shows it too.
#[test]
fn a_limit_or_a_run_shows_that_a_build_was_dispatched() {
    let limited = with_request(waiting(), |request| request.limited_until = Some(at(60)));
    assert!(!limited.run.waits_for_capacity());
    let mut running = waiting();
    running.run.merge(run(key(1, 1), Phase::Queued, 2, 3));
    assert!(!running.run.waits_for_capacity());
}

#[test]
fn a_cancelled_build_is_withdrawn_and_a_superseded_one_says_so() {
    let cancelled = |request| BuildState { cancel_request: Some(request), ..waiting() };
    let by_person = cancelled(CancelRequest::new(1, at(5)));
    let by_push = cancelled(CancelRequest { superseded: true, ..CancelRequest::new(1, at(5)) });
    for (state, superseded) in [(by_person, false), (by_push, true)] {
        let planned = plan(&state, TIMEOUTS, at(6));
        assert_eq!(planned.waiting, Some(WaitingAction::Withdraw));
        let withdrawn = with_request(state, |request| request.withdrawn_at = Some(at(7)));
        let build = view(&withdrawn, None, GRACE, at(8));
        assert_eq!((build.status, build.superseded), (Status::Cancelled, superseded));
        assert_eq!((build.completed_at, build.waiting_for_capacity), (Some(at(7)), false));
        assert!(withdrawn.may_store_final_view(NO_FINDINGS, TIMEOUTS, at(8)));
        assert_eq!(withdrawn.waiting_action(GRACE, at(8)), None);
    }
}

#[test]
fn a_superseded_build_that_ends_first_keeps_its_status_and_another_attempt_is_not_superseded() {
    let request = CancelRequest { superseded: true, ..CancelRequest::new(1, at(5)) };
    let ended = run(key(1, 1), Phase::Ended(Conclusion::Success), 2, 60);
    let mut state = BuildState { cancel_request: Some(request), ..state(ended, no_jobs()) };
    let build = view(&state, None, GRACE, at(70));
    assert_eq!((build.status, build.superseded), (Status::Success, true));
    state.run.merge(RunRecord::with_attempt_request(
        id(),
        2,
        AttemptRequest::new(at(80), Some(key(1, 1))),
    ));
    assert!(!view(&state, None, GRACE, at(90)).superseded, "a person wants it");
}

#[test]
fn a_build_of_a_push_shows_its_commit_and_builds_of_earlier_releases_have_none() {
    let commit = json!({ "sha": "a".repeat(40), "subject": "Fix it", "author": "bob" });
    let (sender, pull_request) = (Some("bob".into()), None);
    let trigger = PushTrigger { base: 3, number: 4, sender, pull_request, is_fork: false };
    let record = BuildRecord {
        commit_summary: serde_json::from_value(commit.clone()).unwrap(),
        trigger: Some(trigger),
        ..crate::fixtures::record()
    };
    let stored = json!(record);
    assert_eq!(serde_json::from_value::<BuildRecord>(stored.clone()).unwrap(), record);
    let state = BuildState::new(record, RunRecord::new(id()));
    let build = json!(view(&state, None, GRACE, at(2)));
    assert_eq!((&build["trigger"], &build["commit"]), (&json!("push"), &commit));

    let mut older = stored;
    for field in ["commit_summary", "trigger"] {
        older.as_object_mut().unwrap().remove(field);
    }
    let older: BuildRecord = serde_json::from_value(older).unwrap();
    assert_eq!((older.trigger(), older.commit_summary), (Trigger::Manual, None));
    let mut older = build;
    for field in ["trigger", "commit", "waiting_for_capacity", "superseded"] {
        older.as_object_mut().unwrap().remove(field);
    }
    let view: BuildView = serde_json::from_value(older).unwrap();
    assert_eq!((view.trigger, view.commit), (Trigger::Manual, None));
    assert_eq!((view.waiting_for_capacity, view.superseded), (false, false));
}

#[test]
fn a_build_of_a_pull_request_says_which_and_no_other_build_has_the_field() {
    let of = |pull_request| BuildRecord {
        trigger: Some(PushTrigger {
            base: 3,
            number: 4,
            sender: None,
            pull_request,
            is_fork: false,
        }),
        ..crate::fixtures::record()
    };
    let shown =
        |record| json!(view(&BuildState::new(record, RunRecord::new(id())), None, GRACE, at(2)));
    let build = shown(of(Some(12)));
    assert_eq!((&build["trigger"], &build["pull_request"]), (&json!("pull_request"), &json!(12)));
    assert_eq!(of(Some(12)).pull_request(), Some(12));
    let stored: BuildView = serde_json::from_value(build.clone()).unwrap();
    assert_eq!(json!(stored), build);
    for other in [of(None), crate::fixtures::record()] {
        assert_eq!(shown(other).get("pull_request"), None);
    }
}
