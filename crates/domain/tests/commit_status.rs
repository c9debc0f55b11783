//! Which commit status is due, and when it is sent.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests.

use nokube_domain::{
    Timestamp,
    pushes::{CommitState, CommitStatusRecord, CommitStatuses, DueStatus, PushRecord},
    reports::{NextStep, ReportProblem, ReportRecord},
};
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn due(commit: char, push: u32, state: CommitState) -> DueStatus {
    DueStatus {
        commit: commit.to_string().repeat(40).parse().unwrap(),
        push,
        is_newest: true,
        state,
        description: "x".into(),
        build: None,
    }
}

fn reported(record: CommitStatusRecord, due: &DueStatus, second: i64) -> CommitStatusRecord {
    record.sending(due, 1, at(second)).sent(due, 1, None).unwrap()
}

const SEND: NextStep = NextStep::Send { others_send: false };

#[test]
fn only_a_state_that_github_does_not_have_is_sent() {
    let pending = due('a', 1, CommitState::Pending);
    let record = CommitStatusRecord::default();
    assert_eq!(record.next_step(&pending, at(0)), SEND);
    let record = reported(record, &pending, 0);
    assert_eq!(record.next_step(&pending, at(1)), NextStep::Nothing);
    let failure = due('a', 1, CommitState::Failure);
    assert_eq!(record.next_step(&failure, at(1)), SEND);
    // A retry.
    let record = reported(record, &failure, 1);
    assert_eq!(record.next_step(&pending, at(2)), SEND);
    let json = serde_json::to_value(&record).unwrap();
    assert_eq!(serde_json::from_value::<CommitStatusRecord>(json).unwrap(), record);
}

#[test]
fn a_push_that_is_not_the_newest_only_ends_what_was_reported() {
    let old = |state| DueStatus { is_newest: false, ..due('a', 1, state) };
    let record = CommitStatusRecord::default();
    assert_eq!(record.next_step(&old(CommitState::Error), at(0)), NextStep::Nothing);
    let record = reported(record, &due('a', 1, CommitState::Pending), 0);
    let record = reported(record, &due('b', 2, CommitState::Pending), 1);
    assert_eq!(record.next_step(&old(CommitState::Pending), at(2)), NextStep::Nothing);
    assert_eq!(record.next_step(&old(CommitState::Error), at(2)), SEND);
    // A force push back to the commit: its earlier build says nothing any more.
    let record = reported(record, &due('a', 3, CommitState::Pending), 3);
    assert_eq!(record.next_step(&old(CommitState::Error), at(4)), NextStep::Nothing);
}

#[test]
fn of_two_senders_at_once_neither_believes_that_its_state_arrived_last() {
    let (pending, success) = (due('a', 1, CommitState::Pending), due('a', 1, CommitState::Success));
    let record = CommitStatusRecord::default().sending(&pending, 1, at(0));
    assert_eq!(record.next_step(&pending, at(1)), NextStep::Wait, "another one sends the same");
    let others = NextStep::Send { others_send: true };
    assert_eq!(record.next_step(&success, at(1)), others);
    let record = record.sending(&success, 2, at(1));
    assert!(record.is_sent_by(&success, 2) && !record.is_sent_by(&pending, 1));
    assert!(record.clone().sent(&pending, 1, None).is_none());
    assert!(record.sent(&success, 2, None).is_some());
    // The first one was interrupted, and nobody knows what GitHub has.
    let record = CommitStatusRecord::default().sending(&pending, 1, at(0));
    assert_eq!(record.next_step(&pending, at(61)), SEND);
}

#[test]
fn a_commit_gets_far_fewer_statuses_than_github_accepts() {
    let states = [CommitState::Pending, CommitState::Failure];
    let mut record = CommitStatusRecord::default();
    let mut sent = 0;
    for n in 0..1000 {
        let due = due('a', 1, states[n % 2]);
        if record.next_step(&due, at(0)) == SEND {
            record = reported(record, &due, 0);
            sent += 1;
        }
    }
    assert_eq!(sent, 50);
    for n in 0..50_u32 {
        let commit = char::from_digit(n % 10, 10).unwrap();
        record = reported(record, &due(commit, n, CommitState::Pending), 0);
    }
    let stored = serde_json::to_value(&record).unwrap();
    assert_eq!(stored["reported"].as_array().unwrap().len(), 10);
}

#[test]
fn the_page_shows_why_nothing_is_reported() {
    let shown = |record: &CommitStatusRecord| CommitStatusRecord::shown(Some(record));
    assert_eq!(CommitStatusRecord::shown(None), CommitStatuses::Unknown);
    let pending = due('a', 1, CommitState::Pending);
    let record = CommitStatusRecord::default().sending(&pending, 1, at(0));
    assert_eq!(shown(&record), CommitStatuses::Unknown);
    let waiting = record.clone().with_problem(ReportProblem::WaitingForApproval, at(0));
    assert_eq!(shown(&waiting), CommitStatuses::WaitingForApproval);
    assert_eq!(waiting.next_step(&pending, at(599)), NextStep::Nothing);
    assert_eq!(waiting.next_step(&pending, at(600)), SEND);
    let no_right = record.with_problem(ReportProblem::NoPushPermission, at(0));
    assert_eq!(shown(&no_right), CommitStatuses::NoPushPermission);
    assert_eq!(shown(&reported(no_right, &pending, 700)), CommitStatuses::Active);
}

#[test]
fn a_push_that_does_not_concern_a_service_is_a_success_and_a_skipped_one_is_nothing() {
    let push = |outcome: &str| {
        let head = json!({ "sha": "a".repeat(40), "subject": "x" });
        let record: Value = json!({
            "number": 3, "at": at(0), "repository_id": 42, "since": 1, "branch": "main",
            "base": 2, "outcome": outcome, "head": head,
        });
        DueStatus::of_push(&serde_json::from_value::<PushRecord>(record).unwrap())
    };
    let due = push("not_affected").unwrap();
    assert_eq!((due.state, due.push), (CommitState::Success, 3));
    for outcome in ["affected", "skipped", "unchanged", "linked", "no_access"] {
        assert_eq!(push(outcome), None, "{outcome}");
    }
}
