//! The documents are joins: for any documents of a build, in any order and however often.

mod common;

use common::{CONCLUSIONS, GRACE, at, digest, id, key, known, view_of};
use nokube_domain::{
    BuildId, ProjectId,
    build::{Ask, Final, JobFacts, JobsDoc, Phase, Pushed, RunDoc, RunFacts, RunKey, StepFacts},
};
use proptest::{collection::btree_map, option, prelude::*, sample::select};

fn phase() -> impl Strategy<Value = Phase> {
    prop_oneof![
        Just(Phase::Queued),
        Just(Phase::Running),
        select(CONCLUSIONS.to_vec()).prop_map(Phase::Ended),
    ]
}

fn time() -> impl Strategy<Value = nokube_domain::Timestamp> {
    (0..4_i64).prop_map(at)
}

fn run_key() -> impl Strategy<Value = RunKey> {
    (1..3_u64, 1..4_u32).prop_map(|(run, attempt)| key(run, attempt))
}

fn word() -> impl Strategy<Value = String> {
    select(vec!["", "a", "b"]).prop_map(Into::into)
}

fn ask() -> impl Strategy<Value = Ask> {
    (time(), option::of(run_key()), option::of(word())).prop_map(|(at, after, refused)| Ask {
        at,
        after,
        refused,
    })
}

fn run_facts() -> impl Strategy<Value = RunFacts> {
    (phase(), option::of(time()), option::of(time()), option::of(word())).prop_map(
        |(phase, started_at, ended_at, url)| RunFacts { phase, started_at, ended_at, url },
    )
}

fn final_answer() -> impl Strategy<Value = Box<Final>> {
    let answer = (option::of(select(vec!['a', 'b'])), option::of(word()));
    (1..3_u32, option::of((run_key(), phase())), answer, option::of(word())).prop_map(
        |(attempt, latest, (hex, error_message), run_url)| {
            let mut answer = view_of(&known(RunDoc::new(id()), common::no_jobs()));
            answer.image_digest = hex.map(digest);
            answer.error_message = error_message;
            Box::new(Final { attempt, latest, answer, run_url })
        },
    )
}

fn run_doc() -> impl Strategy<Value = RunDoc> {
    let pushed = (time(), word(), select(vec!['a', 'b']).prop_map(digest));
    let pushed = pushed.prop_map(|(at, package, digest)| Pushed { at, package, digest });
    (
        btree_map(1..4_u32, ask(), 0..3),
        btree_map(run_key(), run_facts(), 0..4),
        option::of(pushed),
        option::of(time()),
        option::of(final_answer()),
    )
        .prop_map(|(asks, runs, pushed, heard_at, done)| RunDoc {
            asks,
            runs,
            pushed,
            heard_at,
            done,
            ..RunDoc::new(id())
        })
}

fn step() -> impl Strategy<Value = StepFacts> {
    (word(), phase(), option::of(time()), option::of(time())).prop_map(
        |(name, phase, started_at, ended_at)| StepFacts { name, phase, started_at, ended_at },
    )
}

fn job_facts() -> impl Strategy<Value = JobFacts> {
    let steps = btree_map(1..4_u32, step(), 0..3);
    (run_key(), phase(), option::of(time()), option::of(time()), steps).prop_map(
        |(run, phase, started_at, ended_at, steps)| JobFacts {
            run,
            phase,
            started_at,
            ended_at,
            steps,
        },
    )
}

fn jobs_doc() -> impl Strategy<Value = JobsDoc> {
    (btree_map(1..4_u64, job_facts(), 0..3), option::of(time()), option::of(word()))
        .prop_map(|(jobs, heard_at, etag)| JobsDoc { heard_at, etag, ..JobsDoc::new(id(), jobs) })
}

fn joined(a: &RunDoc, b: &RunDoc) -> RunDoc {
    let mut doc = a.clone();
    doc.join(b.clone());
    doc
}

/// What is joined of a jobs document: the validator and the time are about the asking, not the jobs.
fn joined_jobs(a: &JobsDoc, b: &JobsDoc) -> JobsDoc {
    let mut doc = a.clone();
    doc.learn(b.clone());
    JobsDoc { heard_at: None, etag: None, ..doc }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn run_documents_join(a in run_doc(), b in run_doc(), c in run_doc()) {
        prop_assert_eq!(joined(&a, &b), joined(&b, &a));
        prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        prop_assert_eq!(joined(&a, &a), a.clone());
        let both = joined(&a, &b);
        prop_assert_eq!(joined(&both, &b), both.clone());
        prop_assert!(both.attempt() >= a.attempt().max(b.attempt()), "attempts only count upwards");
    }

    #[test]
    fn job_documents_join(a in jobs_doc(), b in jobs_doc(), c in jobs_doc()) {
        let bare = |doc: &JobsDoc| JobsDoc { heard_at: None, etag: None, ..doc.clone() };
        prop_assert_eq!(joined_jobs(&a, &b), joined_jobs(&b, &a));
        prop_assert_eq!(
            joined_jobs(&joined_jobs(&a, &b), &c),
            joined_jobs(&a, &joined_jobs(&b, &c))
        );
        prop_assert_eq!(joined_jobs(&a, &a), bare(&a));
    }

    /// `heard_at` alone is nothing new: a repeated event must cause no write.
    #[test]
    fn learning_says_whether_anything_is_new(a in run_doc(), b in run_doc()) {
        let mut doc = a.clone();
        let new = doc.learn(b.clone());
        let without_time = |doc: &RunDoc| RunDoc { heard_at: None, ..doc.clone() };
        prop_assert_eq!(new, without_time(&doc) != without_time(&a));
        prop_assert_eq!(without_time(&doc), without_time(&joined(&a, &b)));
        let heard = if new { a.heard_at.max(b.heard_at) } else { a.heard_at };
        prop_assert_eq!(doc.heard_at, heard);
        prop_assert!(!doc.learn(b.heard(at(99))), "it is known now");
    }

    #[test]
    fn learning_jobs_says_whether_anything_is_new(a in jobs_doc(), b in jobs_doc()) {
        let mut doc = a.clone();
        let new = doc.learn(b.clone());
        prop_assert_eq!(new, doc.jobs != a.jobs);
        prop_assert!(new || doc == a);
        prop_assert!(!doc.learn(b.heard(at(99))), "it is known now");
    }

    /// Another platform that shares the builder repository has a build 7-3 as well.
    #[test]
    fn of_another_build_nothing_is_learned(
        a in run_doc(), b in run_doc(), c in jobs_doc(), d in jobs_doc(), nonce: u64,
    ) {
        let other = BuildId::new(ProjectId(7), 3, nonce);
        prop_assume!(other != id());
        let (mut run, mut jobs) = (a.clone(), c.clone());
        let new = (run.learn(RunDoc { of: other, ..b }), jobs.learn(JobsDoc { of: other, ..d }));
        prop_assert_eq!((new, run, jobs), ((false, false), a, c));
    }

    #[test]
    fn documents_are_read_as_they_were_written(run in run_doc(), jobs in jobs_doc()) {
        let text = serde_json::to_string(&run).unwrap();
        prop_assert_eq!(serde_json::from_str::<RunDoc>(&text).unwrap(), run);
        let text = serde_json::to_string(&jobs).unwrap();
        prop_assert_eq!(serde_json::from_str::<JobsDoc>(&text).unwrap(), jobs);
    }

    /// Whatever is known, there is an answer, and a time of ending only for what has ended.
    #[test]
    fn every_knowledge_has_an_answer(run in run_doc(), jobs in jobs_doc(), now in 0..9000_i64) {
        let known = known(run, jobs);
        let answer = nokube_domain::build::view(&known, Some(digest('a')), GRACE, at(now));
        prop_assert!(answer.status.is_final() || answer.completed_at.is_none());
        prop_assert!(answer.duration.unwrap_or(0) >= 0);
        let failed = answer.status == nokube_domain::build::Status::Failed;
        prop_assert_eq!(failed, answer.error_code.is_some() && answer.error_message.is_some());
    }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let record = common::record();
    let text = serde_json::to_string(&record).unwrap();
    let read: nokube_domain::build::BuildRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(read, record);
    assert_eq!(read.image_full_name(), "ghcr.io/amzhm/testuser-myapp-frontend:latest");
    assert_eq!(read.image_repository(), "amzhm/testuser-myapp-frontend");
}

#[test]
fn a_wish_is_read_as_it_was_written() {
    let wish = nokube_domain::build::Wish { attempt: 2, at: at(1) };
    let text = serde_json::to_string(&wish).unwrap();
    assert_eq!(serde_json::from_str::<nokube_domain::build::Wish>(&text).unwrap(), wish);
}
