//! From facts to status, over every order, repetition and loss of the facts.
//!
//! A webhook may come late, twice or never. Whatever happens on the way, the document that comes of
//! it and what a reader is told must be those of the right order.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{CONCLUSIONS, GRACE, at, digest, id, job, key, known, no_jobs, run};
use nokube_domain::build::{
    Ask, BuildView, Conclusion, Final, JobsDoc, Known, Phase, Pushed, RunDoc, RunKey, Status,
    verdict, view,
};

use Conclusion::{Cancelled, Failure, Success};
use Phase::{Ended, Queued, Running};

/// One thing that is told about a build.
#[derive(Clone, Debug)]
enum Fact {
    Run(RunDoc),
    Jobs(JobsDoc),
}

/// What is known after `facts` have come in this order.
fn learned(facts: &[&Fact]) -> Known {
    let mut known = known(RunDoc::new(id()), no_jobs());
    for fact in facts {
        match (*fact).clone() {
            Fact::Run(run) => known.run.learn(run),
            Fact::Jobs(jobs) => known.jobs.learn(jobs),
        };
    }
    known
}

/// What a reader is told a day later, when the registry has said what the tag points to.
fn told(known: &Known) -> BuildView {
    view(known, Some(digest('d')), GRACE, at(86_400))
}

/// Calls `each` with every order of `items`; of more than `most` only with this one and its reverse.
fn orders<T: Copy>(items: &[T], most: usize, each: &mut impl FnMut(&[T])) {
    fn swapped<T: Copy>(items: &mut [T], from: usize, each: &mut impl FnMut(&[T])) {
        if from == items.len() {
            return each(items);
        }
        for next in from..items.len() {
            items.swap(from, next);
            swapped(items, from + 1, each);
            items.swap(from, next);
        }
    }
    let mut items = items.to_vec();
    if items.len() <= most {
        return swapped(&mut items, 0, each);
    }
    each(&items);
    items.reverse();
    each(&items);
}

/// Holds `facts` (in the right order) against every order of them, with one of them or all of them
/// coming again anywhere, and against every loss that leaves the facts at `kept`, in any order.
fn holds(facts: &[Fact], kept: &[usize]) {
    let right_order: Vec<&Fact> = facts.iter().collect();
    let right = learned(&right_order);
    let answer = told(&right);
    let mut same = |order: &[&Fact]| {
        let known = learned(order);
        assert_eq!(known.run, right.run, "{order:#?}");
        assert_eq!(known.jobs, right.jobs, "{order:#?}");
        assert_eq!(told(&known), answer, "{order:#?}");
    };
    orders(&right_order, 7, &mut same);
    for again in &right_order {
        for place in 0..=facts.len() {
            let mut order = right_order.clone();
            order.insert(place, again);
            orders(&order, if place == 0 { 6 } else { 0 }, &mut same);
        }
    }
    let twice = [right_order.clone(), right_order].concat();
    orders(&twice, 8, &mut same);

    for loss in 0..1_u32 << facts.len() {
        let comes = |index: &usize| kept.contains(index) || loss & (1 << index) == 0;
        let rest: Vec<&Fact> = (0..facts.len()).filter(comes).map(|i| &facts[i]).collect();
        orders(&rest, 5, &mut |rest| assert_eq!(told(&learned(rest)), answer, "{rest:#?}"));
    }
}

fn pushed(when: i64, digit: char) -> Fact {
    let package = "amzhm/testuser-myapp-frontend".to_owned();
    let pushed = Pushed { at: at(when), package, digest: digest(digit) };
    Fact::Run(RunDoc { pushed: Some(pushed), ..RunDoc::new(id()) })
}

/// The events of one attempt that begins at `t` and ends as `end`; the last two are its end.
fn attempt(key: RunKey, t: i64, end: Conclusion) -> Vec<Fact> {
    let steps = [Ended(Success), Ended(end)];
    vec![
        Fact::Run(run(key, Queued, t, t)),
        Fact::Run(run(key, Running, t, t + 5)),
        Fact::Jobs(job(key, Running, t + 4, 0, &[Ended(Success), Running])),
        Fact::Jobs(job(key, Ended(end), t + 4, t + 60, &steps)),
        Fact::Run(run(key, Ended(end), t, t + 61)),
    ]
}

fn asked_again(when: i64, attempt: u32, after: Option<RunKey>) -> Fact {
    Fact::Run(RunDoc::of_ask(id(), attempt, Ask { at: at(when), after, refused: None }))
}

fn refused(when: i64, attempt: u32) -> Fact {
    Fact::Run(RunDoc::of_refusal(id(), attempt, at(when), "GitHub said no.".into()))
}

#[test]
fn a_build_ends_as_its_run_did_whatever_came_late_twice_or_never() {
    for end in CONCLUSIONS {
        let mut facts = attempt(key(1, 1), 2, end);
        holds(&facts, &[3, 4]);
        holds(&facts[3..], &[0, 1]);
        facts.insert(2, Fact::Jobs(job(key(1, 1), Queued, 0, 0, &[])));
        facts.insert(4, pushed(60, 'd'));
        holds(&facts, &[5, 6]);
        let expected = match end {
            Success => Status::Success,
            Cancelled => Status::Cancelled,
            _ => Status::Failed,
        };
        let known = learned(&facts.iter().collect::<Vec<_>>());
        let answer = told(&known);
        assert_eq!(answer.status, expected, "{end:?}");
        assert_eq!(answer.status, verdict(&known, GRACE, at(86_400)).status);
        assert_eq!(answer.completed_at, Some(at(63)));
        assert_eq!(answer.duration, Some(57), "from the job's start to the run's end");
        assert_eq!(answer.image_digest.is_some(), end == Success);
        assert_eq!(answer.error_message.is_some(), expected == Status::Failed);
    }
}

#[test]
fn a_retry_that_succeeds_hides_the_failure_before_it() {
    let (first, second) = (key(1, 1), key(1, 2));
    let mut facts = vec![
        Fact::Run(run(first, Ended(Failure), 2, 60)),
        Fact::Jobs(job(first, Ended(Failure), 3, 59, &[Ended(Failure)])),
        asked_again(100, 2, Some(first)),
    ];
    facts.extend(attempt(second, 105, Success).split_off(1));
    holds(&facts, &[5, 6]);
    let answer = told(&learned(&facts.iter().collect::<Vec<_>>()));
    assert_eq!((answer.status, answer.attempt), (Status::Success, 2));
    assert_eq!(answer.steps.len(), 2, "only the steps of the present attempt");
}

#[test]
fn an_attempt_that_somebody_started_in_github_counts_too() {
    let mut facts = attempt(key(1, 1), 2, Failure).split_off(3);
    facts.extend(attempt(key(1, 2), 200, Cancelled));
    holds(&facts, &[5, 6]);
    let answer = told(&learned(&facts.iter().collect::<Vec<_>>()));
    assert_eq!((answer.status, answer.attempt), (Status::Cancelled, 2));
}

#[test]
fn a_retry_that_github_refuses_has_failed_with_githubs_words() {
    let mut facts = attempt(key(1, 1), 2, Failure);
    facts.extend([asked_again(100, 2, Some(key(1, 1))), refused(101, 2)]);
    holds(&facts, &[5, 6]);
    let answer = told(&learned(&facts.iter().collect::<Vec<_>>()));
    assert_eq!((answer.status, answer.attempt), (Status::Failed, 2));
    assert_eq!(answer.error_code.as_deref(), Some("refused"));
    assert_eq!(answer.error_message.as_deref(), Some("GitHub said no."));
}

#[test]
fn a_refused_dispatch_is_made_good_by_the_next_and_a_run_in_github_is_the_third() {
    let mut facts = vec![refused(1, 1), asked_again(50, 2, None)];
    facts.extend(attempt(key(9, 1), 52, Failure).split_off(3));
    holds(&facts, &[0, 1, 2, 3]);
    assert_eq!(told(&learned(&facts.iter().collect::<Vec<_>>())).attempt, 2);
    facts.extend(attempt(key(9, 2), 300, Success).split_off(3));
    holds(&facts, &[0, 1, 4, 5]);
    let answer = told(&learned(&facts.iter().collect::<Vec<_>>()));
    assert_eq!((answer.status, answer.attempt), (Status::Success, 3));
}

#[test]
fn a_first_run_that_shows_up_late_does_not_displace_the_second() {
    let mut facts = vec![asked_again(3000, 2, None)];
    facts.extend(attempt(key(5, 1), 2950, Cancelled).split_off(3));
    facts.extend(attempt(key(6, 1), 3001, Success).split_off(3));
    holds(&facts, &[0, 3, 4]);
    let answer = told(&learned(&facts.iter().collect::<Vec<_>>()));
    assert_eq!((answer.status, answer.attempt), (Status::Success, 2));
}

#[test]
fn after_its_end_no_fact_of_the_same_attempt_changes_the_status() {
    let run_key = key(1, 1);
    for end in CONCLUSIONS {
        let status = |known: &Known| verdict(known, GRACE, at(86_400)).status;
        let mut late = attempt(run_key, 2, end);
        late.push(pushed(70, 'e'));
        // We take a run that GitHub does not show any more for deleted; its true end stands.
        late.push(Fact::Run(run(run_key, Ended(Conclusion::Deleted), 2, 500)));
        for step in CONCLUSIONS {
            late.push(Fact::Jobs(job(run_key, Ended(step), 6, 60, &[Ended(step)])));
        }
        let ended = Fact::Run(run(run_key, Ended(end), 2, 63));
        let expected = status(&learned(&[&ended]));
        for (index, _) in late.iter().enumerate() {
            let mut order = vec![&ended];
            order.extend(late[index..].iter().chain(&late[..index]));
            for upto in 1..=order.len() {
                assert_eq!(status(&learned(&order[..upto])), expected, "{end:?} {index} {upto}");
            }
        }
    }
}

#[test]
fn a_kept_answer_holds_until_something_newer_is_known() {
    let done = |facts: &[Fact], run_key: RunKey| {
        let known = learned(&facts.iter().collect::<Vec<_>>());
        let latest = known.run.runs.get(&run_key).map(|facts| (run_key, facts.phase));
        let answer = told(&known);
        let done = Final { attempt: known.run.attempt(), latest, answer, run_url: None };
        Fact::Run(RunDoc { done: Some(Box::new(done)), ..RunDoc::new(id()) })
    };
    let (first, second) = (attempt(key(1, 1), 2, Failure), attempt(key(1, 2), 99, Success));
    let both = [first.clone(), second.clone()].concat();
    let (first_done, second_done) = (done(&first, key(1, 1)), done(&both, key(1, 2)));
    let kept = |facts: &[&Fact]| learned(facts).run.done().map(|done| done.answer.status);

    assert_eq!(kept(&[&first_done, &first[4]]), Some(Status::Failed));
    assert_eq!(kept(&[&first[4], &first_done, &second[0]]), None, "another attempt is under way");
    let ask = asked_again(90, 2, Some(key(1, 1)));
    assert_eq!(kept(&[&first[4], &first_done, &ask]), None, "another attempt was asked for");

    let never_shown = done(&[first[4].clone(), ask.clone()], key(1, 1));
    assert_eq!(kept(&[&first[4], &ask, &never_shown]), Some(Status::Failed));
    let came = kept(&[&first[4], &ask, &never_shown, &second[0]]);
    assert_eq!(came, None, "the run of that very attempt came after all");

    let facts = [first[4].clone(), first_done, second[0].clone(), second[4].clone(), second_done];
    orders(&facts.each_ref(), 7, &mut |order| {
        assert_eq!(kept(order), Some(Status::Success));
    });
}
