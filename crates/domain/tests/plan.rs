//! What the next read of a build must do.

mod common;

use common::{GRACE, NOTHING, WINDOWS, at, id, job, key, known, no_jobs, run};
use nokube_domain::build::{
    Ask, Conclusion, Found, Known, Phase, Plan, Pushed, RunDoc, Status, Wish, plan, verdict,
};

use Conclusion::{Cancelled, Failure, StartupFailure, Success};
use Phase::{Ended, Queued, Running};

/// A build that was asked for at 0 and of which nothing was heard.
fn unheard() -> Known {
    known(RunDoc::new(id()), no_jobs())
}

/// A build whose run 1/1 is in `phase` since 100, heard then.
fn in_phase(phase: Phase) -> Known {
    known(run(key(1, 1), phase, 2, 100).heard(at(100)), no_jobs())
}

/// The same, with its job, whose end is known as well.
fn with_job(phase: Phase) -> Known {
    let job = job(key(1, 1), phase, 5, 99, &[phase]).heard(at(100));
    Known { jobs: job, ..in_phase(phase) }
}

fn asked_again(known: Known, when: i64, attempt: u32) -> Known {
    let after = known.run.latest().map(|(key, _)| key);
    let mut known = known;
    let ask = Ask { at: at(when), after, refused: None };
    known.run.learn(RunDoc::of_ask(id(), attempt, ask).heard(at(when)));
    known
}

fn wished(known: Known, attempt: u32, when: i64) -> Known {
    Known { wish: Some(Wish { attempt, at: at(when) }), ..known }
}

#[test]
fn what_is_known_says_what_to_ask() {
    let nothing = Plan::default;
    let window = Some((at(-120), at(GRACE + 120)));
    let find = Plan { find_run: window, ..nothing() };
    let read = |run| Plan { read_run: Some(run), read_jobs: Some(run), ..nothing() };
    let jobs = Plan { read_jobs: Some(key(1, 1)), ..nothing() };
    let digest = Plan { read_digest: true, ..nothing() };
    let gone = in_phase(Ended(Conclusion::Deleted));
    let refused = RunDoc::of_refusal(id(), 1, at(1), "no".into());
    let table = [
        ("just dispatched: leave GitHub alone", unheard(), 9, nothing()),
        ("nothing heard: look for the run", unheard(), 10, find.clone()),
        ("still nothing", unheard(), GRACE - 1, find.clone()),
        ("never started: look once more", unheard(), GRACE, find),
        ("refused: nothing will come", known(refused, no_jobs()), 5000, nothing()),
        ("heard a moment ago", in_phase(Queued), 109, nothing()),
        ("queued and quiet", in_phase(Queued), 110, read(key(1, 1))),
        ("running and quiet", with_job(Running), 110, read(key(1, 1))),
        ("failed, its job's end is missing", in_phase(Ended(Failure)), 101, jobs.clone()),
        ("the same, long after", in_phase(Ended(Failure)), 9999, jobs.clone()),
        ("never had a job", in_phase(Ended(StartupFailure)), 101, jobs.clone()),
        ("deleted", gone, 101, jobs.clone()),
        ("failed and complete", with_job(Ended(Failure)), 101, nothing()),
        ("cancelled and complete", with_job(Ended(Cancelled)), 101, nothing()),
        ("succeeded: what did it push?", with_job(Ended(Success)), 101, digest.clone()),
        (
            "succeeded, the rest is missing",
            in_phase(Ended(Success)),
            101,
            Plan { read_digest: true, ..jobs },
        ),
    ];
    for (story, known, now, expected) in table {
        assert_eq!(plan(&known, WINDOWS, at(now)), expected, "{story}");
    }
}

#[test]
fn a_build_that_never_started_has_failed_after_the_grace_and_one_last_question() {
    let known = unheard();
    let status = |now| verdict(&known, GRACE, at(now)).status;
    assert_eq!((status(0), status(GRACE - 1)), (Status::Pending, Status::Pending));
    assert!(!known.is_settled(NOTHING, WINDOWS, at(GRACE - 1)));

    let late = verdict(&known, GRACE, at(GRACE));
    assert_eq!((late.status, late.code), (Status::Failed, Some("never_started")));
    assert!(!plan(&known, WINDOWS, at(GRACE)).is_empty(), "nothing is kept before GitHub is asked");
    assert!(!known.is_settled(NOTHING, WINDOWS, at(GRACE)), "GitHub has not answered");
    let searched = Found { searched: true, ..NOTHING };
    assert!(known.is_settled(searched, WINDOWS, at(GRACE)), "GitHub was asked and had none");

    // GitHub was slower than anybody thought: what it says beats what we assumed.
    let mut known = known.clone();
    known.run.learn(run(key(1, 1), Running, 2900, 2900));
    assert_eq!(verdict(&known, GRACE, at(3000)).status, Status::Building);
}

#[test]
fn a_wish_to_cancel_waits_for_the_run_and_is_forced_in_the_end() {
    let waiting = wished(unheard(), 1, 4);
    assert_eq!(plan(&waiting, WINDOWS, at(20)).cancel, None, "there is nothing to cancel yet");
    let cases = [
        (Queued, 9, None),
        (Queued, 14, Some((key(1, 1), false))),
        (Running, 33, Some((key(1, 1), false))),
        (Running, 34, Some((key(1, 1), true))),
        (Ended(Success), 40, None),
        (Ended(Cancelled), 40, None),
    ];
    for (phase, now, expected) in cases {
        let known = wished(in_phase(phase), 1, 4);
        assert_eq!(plan(&known, WINDOWS, at(now)).cancel, expected, "{phase:?} at {now}");
    }
}

#[test]
fn a_wish_is_about_one_attempt() {
    let cancelled = wished(with_job(Ended(Cancelled)), 1, 50);
    assert!(cancelled.cancel_wished().is_some());

    let mut by_retry = asked_again(cancelled.clone(), 200, 2);
    assert!(by_retry.cancel_wished().is_none());
    by_retry.run.learn(run(key(1, 2), Running, 201, 202));
    assert_eq!(plan(&by_retry, WINDOWS, at(300)).cancel, None);

    let mut in_github = cancelled;
    in_github.run.learn(run(key(1, 2), Running, 201, 202));
    assert_eq!(plan(&in_github, WINDOWS, at(300)).cancel, None);

    // The first attempt was refused, so the first run is the second attempt, and the next the third.
    let mut refused = unheard();
    refused.run.learn(RunDoc::of_refusal(id(), 1, at(1), "no".into()));
    let mut refused = wished(asked_again(refused, 10, 2), 2, 20);
    refused.run.learn(run(key(8, 1), Ended(Cancelled), 12, 25));
    assert!(refused.cancel_wished().is_some());
    refused.run.learn(run(key(8, 2), Running, 40, 41));
    assert_eq!(plan(&refused, WINDOWS, at(300)).cancel, None);
}

#[test]
fn a_rerun_that_never_shows_has_failed_and_was_looked_for_under_its_run() {
    let known = asked_again(with_job(Ended(Failure)), 200, 2);
    assert_eq!(verdict(&known, GRACE, at(200)).status, Status::Pending);
    assert_eq!(known.present_run(), None, "the run of the first attempt is not this one's");
    assert!(plan(&known, WINDOWS, at(209)).is_empty());
    let asks_the_run = Plan { read_run: Some(key(1, 1)), ..Plan::default() };
    for now in [210, 199 + GRACE, 200 + GRACE, 9999] {
        assert_eq!(plan(&known, WINDOWS, at(now)), asks_the_run, "at {now}");
    }
    let late = verdict(&known, GRACE, at(200 + GRACE));
    assert_eq!(late.code, Some("never_started"));
    assert_eq!(known.run.attempt(), 2);
}

#[test]
fn a_dispatch_anew_is_looked_for_from_its_own_time_on() {
    let known = asked_again(unheard(), 3000, 2);
    let found = plan(&known, WINDOWS, at(3010)).find_run;
    assert_eq!(found, Some((at(2880), at(3000 + GRACE + 120))));
    assert_eq!(verdict(&known, GRACE, at(3010)).status, Status::Pending, "a grace of its own");
}

#[test]
fn an_answer_is_kept_when_nothing_more_can_be_learned() {
    let all = Found { digest: true, jobs: true, searched: true };
    let lagging = Known { jobs: with_job(Running).jobs, ..in_phase(Ended(Failure)) };
    let table = [
        ("under way", with_job(Running), all, 5000, false),
        ("failed, jobs missing", in_phase(Ended(Failure)), NOTHING, 159, false),
        ("failed, jobs asked for", in_phase(Ended(Failure)), all, 101, true),
        ("failed, the list of jobs lags behind", lagging.clone(), all, 159, false),
        ("the same, long after: it will not change any more", lagging, all, 160, true),
        ("failed, jobs known", with_job(Ended(Failure)), NOTHING, 101, true),
        ("succeeded, digest missing", with_job(Ended(Success)), NOTHING, 159, false),
        ("succeeded, digest known", with_job(Ended(Success)), all, 101, true),
        (
            "succeeded long ago, and nobody knows what",
            with_job(Ended(Success)),
            NOTHING,
            9999,
            false,
        ),
    ];
    for (story, known, found, now, expected) in table {
        assert_eq!(known.is_settled(found, WINDOWS, at(now)), expected, "{story}");
    }
}

#[test]
fn of_a_settled_build_nothing_is_asked() {
    for end in common::CONCLUSIONS {
        let known = with_job(Ended(end));
        let found = Found { digest: end == Success, ..NOTHING };
        assert!(known.is_settled(found, WINDOWS, at(101)));
        let plan = plan(&known, WINDOWS, at(101));
        // A success is settled by its digest, which the documents do not hold.
        assert_eq!(plan, Plan { read_digest: end == Success, ..Plan::default() }, "{end:?}");
    }
}

#[test]
fn github_is_asked_once_in_a_while_however_many_read() {
    let asked = |known: Known, when: i64| Known { asked: Some(at(when)), ..known };
    let success = || with_job(Ended(Success));
    let table = [
        ("asked a moment ago", asked(with_job(Running), 150), 159, false),
        ("asked a while ago", asked(with_job(Running), 150), 160, true),
        ("ended since it was asked: look at once", asked(success(), 99), 101, true),
        ("its digest was asked for a moment ago", asked(success(), 101), 110, false),
        ("its digest was asked for a while ago", asked(success(), 101), 111, true),
        ("its digest is missing for long", asked(success(), 1000), 1299, false),
        ("and is asked for seldom then", asked(success(), 1000), 1300, true),
    ];
    for (story, known, now, expected) in table {
        assert_eq!(!plan(&known, WINDOWS, at(now)).is_empty(), expected, "{story}");
    }
}

#[test]
fn a_pushed_package_is_believed_only_if_it_is_the_builds_and_the_runs() {
    let pushed = |package: &str, when| {
        let package = package.to_owned();
        let pushed = Some(Pushed { at: at(when), package, digest: common::digest('d') });
        let known = with_job(Ended(Success));
        Known { run: RunDoc { pushed, ..known.run.clone() }, ..known }
    };
    let ours = "amzhm/testuser-myapp-frontend";
    assert_eq!(pushed(ours, 50).pushed_digest(), Some(common::digest('d')));
    assert_eq!(pushed("mallory/x", 50).pushed_digest(), None);
    assert_eq!(pushed(ours, 1).pushed_digest(), None, "pushed before the run began");
    assert!(pushed(ours, 50).is_settled(NOTHING, WINDOWS, at(9999)), "the registry never said it");
    assert!(!pushed(ours, 50).is_settled(NOTHING, WINDOWS, at(101)), "the registry may say it yet");
}
