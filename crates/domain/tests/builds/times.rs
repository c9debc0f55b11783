//! Implausible times do not become durations of thousands of years, and the greatest numbers do not overflow.

use crate::fixtures::{GRACE, at, id, job, key, run, state};
use nokube_domain::{
    Timestamp,
    builds::{Conclusion, EventSource, Phase, RunRecord, view},
};

#[test]
fn times_that_github_did_not_set_are_left_out() {
    let never: Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
    let ended = Phase::Ended(Conclusion::Success);
    let mut record = run(key(1, 1), ended, 2, 100).with_updated_at(at(100));
    let mut jobs = job(key(1, 1), ended, 5, 99, &[ended]).with_updated_at(at(100));
    for facts in record.runs.values_mut() {
        (facts.started_at, facts.ended_at) = (Some(never), Some(never));
    }
    for job in jobs.jobs.values_mut() {
        job.started_at = Some(never);
        for step in job.steps.values_mut() {
            (step.started_at, step.ended_at) = (Some(at(50)), Some(never));
        }
    }
    let build = view(&state(record, jobs), None, GRACE, at(200));
    assert_eq!((build.started_at, build.duration), (None, None));
    assert_eq!(build.completed_at, Some(at(100)), "when it was heard of");
    assert_eq!(build.steps[0].completed_at, None);
}

#[test]
fn nothing_ends_before_it_starts() {
    let skipped = Phase::Ended(Conclusion::Skipped);
    let mut jobs = job(key(1, 1), skipped, 50, 40, &[skipped]);
    for step in jobs.jobs.values_mut().flat_map(|job| job.steps.values_mut()) {
        step.ended_at = Some(at(10));
    }
    let build = view(&state(run(key(1, 1), skipped, 60, 40), jobs), None, GRACE, at(200));
    assert_eq!(build.duration, Some(0));
    assert!(build.completed_at >= build.started_at);
    assert!(build.steps[0].completed_at >= build.steps[0].started_at);
}

#[test]
fn the_greatest_attempt_and_run_are_counted_without_overflow() {
    let last = key(i64::MAX as u64, u32::MAX);
    let mut record = run(last, Phase::Running, 2, 3);
    record.merge(run(key(u64::MAX, u32::MAX), Phase::Running, 2, 3));
    record.merge(RunRecord::with_rejection(id(), u32::MAX, at(1), "no".into()));
    assert_eq!(record.attempt(), u32::MAX);
}

#[test]
fn an_event_belongs_to_the_builder_by_number_or_without_one_by_name() {
    let source = |repository, has_builder_name| EventSource { repository, has_builder_name };
    let empty = RunRecord::new(id());
    let known = RunRecord::new(id()).with_builder_repository(Some(42));
    let started = run(key(7, 1), Phase::Running, 2, 3);
    let table = [
        ("no number is known: the name", &empty, source(Some(42), true), true),
        ("another name", &empty, source(Some(42), false), false),
        ("renamed since", &known, source(Some(42), false), true),
        ("somebody else got the old name", &known, source(Some(43), true), false),
        ("an event without a number", &known, source(None, true), true),
        ("the same with another name", &known, source(None, false), false),
        ("the run is known from its dispatch", &started, source(Some(42), false), true),
    ];
    for (case, record, source, expected) in table {
        assert_eq!(record.is_of_builder(source, 7), expected, "{case}");
    }
    assert!(!started.is_of_builder(source(Some(42), false), 8), "another run");
}
