//! The status of a build for every order, repetition and loss of GitHub's reports.
//!
//! A webhook may arrive late, twice or never. The merged record and the view must always be those of
//! the correct order.

use crate::fixtures::{CONCLUSIONS, GRACE, at, digest, id, job, key, no_jobs, run, state};
use nokube_domain::builds::{
    AttemptRequest, BuildState, BuildView, Conclusion, FinalView, ImagePushed, JobsRecord, Phase,
    RunKey, RunRecord, Status, evaluate_status, view,
};

use Conclusion::{Cancelled, Failure, Success};
use Phase::{Ended, Queued, Running};

/// One report about a build.
#[derive(Clone, Debug)]
enum Report {
    Run(RunRecord),
    Jobs(JobsRecord),
}

/// The state after merging `reports` in this order.
fn merged(reports: &[&Report]) -> BuildState {
    let mut state = state(RunRecord::new(id()), no_jobs());
    for report in reports {
        match (*report).clone() {
            Report::Run(run) => state.run.merge(run),
            Report::Jobs(jobs) => state.jobs.merge(jobs),
        };
    }
    state
}

/// The view a day later, when the registry has reported the digest.
fn late_view(state: &BuildState) -> BuildView {
    view(state, Some(digest('d')), GRACE, at(86_400))
}

fn view_after(reports: &[Report]) -> BuildView {
    late_view(&merged(&reports.iter().collect::<Vec<_>>()))
}

/// Calls `check` with every permutation of `items`. With more than `max_len` items, only with the given
/// order and its reverse.
fn permute<T: Copy>(items: &[T], max_len: usize, check: &mut impl FnMut(&[T])) {
    fn permute_from<T: Copy>(items: &mut [T], from: usize, check: &mut impl FnMut(&[T])) {
        if from == items.len() {
            return check(items);
        }
        for next in from..items.len() {
            items.swap(from, next);
            permute_from(items, from + 1, check);
            items.swap(from, next);
        }
    }
    let mut items = items.to_vec();
    if items.len() <= max_len {
        return permute_from(&mut items, 0, check);
    }
    check(&items);
    items.reverse();
    check(&items);
}

/// Checks that the result is the same for every order of `reports`, which are in the correct order, and
/// with one or all of them repeated. Checks that the view is also the same if any reports are lost,
/// except those with an index in `required`.
fn assert_order_independent(reports: &[Report], required: &[usize]) {
    let correct_order: Vec<&Report> = reports.iter().collect();
    let expected = merged(&correct_order);
    let expected_view = late_view(&expected);
    let mut assert_same = |order: &[&Report]| {
        let state = merged(order);
        assert_eq!(state.run, expected.run, "{order:#?}");
        assert_eq!(state.jobs, expected.jobs, "{order:#?}");
        assert_eq!(late_view(&state), expected_view, "{order:#?}");
    };
    permute(&correct_order, 7, &mut assert_same);
    for repeated in &correct_order {
        for place in 0..=reports.len() {
            let mut order = correct_order.clone();
            order.insert(place, repeated);
            permute(&order, if place == 0 { 6 } else { 0 }, &mut assert_same);
        }
    }
    let twice = [correct_order.clone(), correct_order].concat();
    permute(&twice, 8, &mut assert_same);

    for lost in 0..1_u32 << reports.len() {
        let arrives = |index: &usize| required.contains(index) || lost & (1 << index) == 0;
        let rest: Vec<&Report> = (0..reports.len()).filter(arrives).map(|i| &reports[i]).collect();
        permute(&rest, 5, &mut |rest| {
            assert_eq!(late_view(&merged(rest)), expected_view, "{rest:#?}");
        });
    }
}

fn image_pushed(when: i64, digit: char) -> Report {
    let package = "amzhm/testuser-myapp-frontend".to_owned();
    let pushed = ImagePushed { at: at(when), package, digest: digest(digit) };
    Report::Run(RunRecord { image_pushed: Some(pushed), ..RunRecord::new(id()) })
}

/// The reports of one attempt that starts at `start`. The last two report its end.
fn attempt(key: RunKey, start: i64, conclusion: Conclusion) -> Vec<Report> {
    let steps = [Ended(Success), Ended(conclusion)];
    vec![
        Report::Run(run(key, Queued, start, start)),
        Report::Run(run(key, Running, start, start + 5)),
        Report::Jobs(job(key, Running, start + 4, 0, &[Ended(Success), Running])),
        Report::Jobs(job(key, Ended(conclusion), start + 4, start + 60, &steps)),
        Report::Run(run(key, Ended(conclusion), start, start + 61)),
    ]
}

fn retry_requested(when: i64, attempt: u32, after: Option<RunKey>) -> Report {
    let request = AttemptRequest::new(at(when), after);
    Report::Run(RunRecord::with_attempt_request(id(), attempt, request))
}

fn rejected(when: i64, attempt: u32) -> Report {
    Report::Run(RunRecord::with_rejection(id(), attempt, at(when), "GitHub said no.".into()))
}

#[test]
fn a_build_ends_like_its_run_even_if_reports_are_late_repeated_or_lost() {
    for conclusion in CONCLUSIONS {
        let mut reports = attempt(key(1, 1), 2, conclusion);
        assert_order_independent(&reports, &[3, 4]);
        assert_order_independent(&reports[3..], &[0, 1]);
        reports.insert(2, Report::Jobs(job(key(1, 1), Queued, 0, 0, &[])));
        reports.insert(4, image_pushed(60, 'd'));
        assert_order_independent(&reports, &[5, 6]);
        let expected = match conclusion {
            Success => Status::Success,
            Cancelled => Status::Cancelled,
            _ => Status::Failed,
        };
        let state = merged(&reports.iter().collect::<Vec<_>>());
        let view = late_view(&state);
        assert_eq!(view.status, expected, "{conclusion:?}");
        assert_eq!(view.status, evaluate_status(&state, GRACE, at(86_400)).status);
        assert_eq!(view.completed_at, Some(at(63)));
        assert_eq!(view.duration, Some(57), "from the start of the job to the end of the run");
        assert_eq!(view.image_digest.is_some(), conclusion == Success);
        assert_eq!(view.error_message.is_some(), expected == Status::Failed);
    }
}

#[test]
fn a_successful_retry_hides_the_earlier_failure() {
    let (first, second) = (key(1, 1), key(1, 2));
    let mut reports = vec![
        Report::Run(run(first, Ended(Failure), 2, 60)),
        Report::Jobs(job(first, Ended(Failure), 3, 59, &[Ended(Failure)])),
        retry_requested(100, 2, Some(first)),
    ];
    reports.extend(attempt(second, 105, Success).split_off(1));
    assert_order_independent(&reports, &[5, 6]);
    let view = view_after(&reports);
    assert_eq!((view.status, view.attempt), (Status::Success, 2));
    assert_eq!(view.steps.len(), 2, "only the steps of the current attempt");
}

#[test]
fn an_attempt_that_was_started_at_github_counts_too() {
    let mut reports = attempt(key(1, 1), 2, Failure).split_off(3);
    reports.extend(attempt(key(1, 2), 200, Cancelled));
    assert_order_independent(&reports, &[5, 6]);
    let view = view_after(&reports);
    assert_eq!((view.status, view.attempt), (Status::Cancelled, 2));
}

#[test]
fn a_retry_that_github_rejects_fails_with_githubs_message() {
    let mut reports = attempt(key(1, 1), 2, Failure);
    reports.extend([retry_requested(100, 2, Some(key(1, 1))), rejected(101, 2)]);
    assert_order_independent(&reports, &[5, 6]);
    let view = view_after(&reports);
    assert_eq!((view.status, view.attempt), (Status::Failed, 2));
    assert_eq!(view.error_code.as_deref(), Some("refused"));
    assert_eq!(view.error_message.as_deref(), Some("GitHub said no."));
}

#[test]
fn rejected_requested_and_github_started_attempts_are_numbered_together() {
    let mut reports = vec![rejected(1, 1), retry_requested(50, 2, None)];
    reports.extend(attempt(key(9, 1), 52, Failure).split_off(3));
    assert_order_independent(&reports, &[0, 1, 2, 3]);
    assert_eq!(view_after(&reports).attempt, 2);
    reports.extend(attempt(key(9, 2), 300, Success).split_off(3));
    assert_order_independent(&reports, &[0, 1, 4, 5]);
    let view = view_after(&reports);
    assert_eq!((view.status, view.attempt), (Status::Success, 3));
}

#[test]
fn a_late_report_of_the_first_run_does_not_displace_the_second() {
    let mut reports = vec![retry_requested(3000, 2, None)];
    reports.extend(attempt(key(5, 1), 2950, Cancelled).split_off(3));
    reports.extend(attempt(key(6, 1), 3001, Success).split_off(3));
    assert_order_independent(&reports, &[0, 3, 4]);
    let view = view_after(&reports);
    assert_eq!((view.status, view.attempt), (Status::Success, 2));
}

#[test]
fn after_the_end_no_report_about_the_same_attempt_changes_the_status() {
    let run_key = key(1, 1);
    for conclusion in CONCLUSIONS {
        let status = |state: &BuildState| evaluate_status(state, GRACE, at(86_400)).status;
        let mut late = attempt(run_key, 2, conclusion);
        late.push(image_pushed(70, 'e'));
        // A run that GitHub no longer shows counts as deleted, but its reported conclusion wins.
        late.push(Report::Run(run(run_key, Ended(Conclusion::Deleted), 2, 500)));
        for step in CONCLUSIONS {
            late.push(Report::Jobs(job(run_key, Ended(step), 6, 60, &[Ended(step)])));
        }
        let ended = Report::Run(run(run_key, Ended(conclusion), 2, 63));
        let expected = status(&merged(&[&ended]));
        for (index, _) in late.iter().enumerate() {
            let mut order = vec![&ended];
            order.extend(late[index..].iter().chain(&late[..index]));
            for len in 1..=order.len() {
                let status = status(&merged(&order[..len]));
                assert_eq!(status, expected, "{conclusion:?} {index} {len}");
            }
        }
    }
}

#[test]
fn a_stored_final_view_is_valid_until_something_newer_is_reported() {
    let final_view = |reports: &[Report], run_key: RunKey| {
        let state = merged(&reports.iter().collect::<Vec<_>>());
        let latest = state.run.runs.get(&run_key).map(|run| (run_key, run.phase));
        let view = late_view(&state);
        let (attempt, unknown_fields) = (state.run.attempt(), Default::default());
        let last = FinalView { attempt, latest, view, run_url: None, unknown_fields };
        Report::Run(RunRecord { final_view: Some(Box::new(last)), ..RunRecord::new(id()) })
    };
    let (first, second) = (attempt(key(1, 1), 2, Failure), attempt(key(1, 2), 99, Success));
    let both = [first.clone(), second.clone()].concat();
    let (first_final, second_final) = (final_view(&first, key(1, 1)), final_view(&both, key(1, 2)));
    let valid = |reports: &[&Report]| merged(reports).run.final_view().map(|last| last.view.status);

    assert_eq!(valid(&[&first_final, &first[4]]), Some(Status::Failed));
    assert_eq!(valid(&[&first[4], &first_final, &second[0]]), None, "another attempt is running");
    let request = retry_requested(90, 2, Some(key(1, 1)));
    assert_eq!(valid(&[&first[4], &first_final, &request]), None, "a retry was requested");

    let never_started = final_view(&[first[4].clone(), request.clone()], key(1, 1));
    assert_eq!(valid(&[&first[4], &request, &never_started]), Some(Status::Failed));
    let after_all = valid(&[&first[4], &request, &never_started, &second[0]]);
    assert_eq!(after_all, None, "the run of that attempt was reported after all");

    let reports =
        [first[4].clone(), first_final, second[0].clone(), second[4].clone(), second_final];
    permute(&reports.each_ref(), 7, &mut |order| {
        assert_eq!(valid(order), Some(Status::Success));
    });
}
