//! The state machine by itself: no server, no clock, no waiting.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nokube_sim::model::contract::BuilderWorkflow;
use nokube_sim::model::{Effect, HoldAt, Model, Notice};
use nokube_sim::{Conclusion, Run, Status};

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + second)
}

fn model() -> Model {
    Model::new(BuilderWorkflow::new("nokube/builder", "build.yml"), at(0), [7; 32])
}

fn dispatch(model: &mut Model, image: &str) -> (u64, Vec<Effect>) {
    dispatch_with(model, image, "Dockerfile")
}

fn dispatch_with(model: &mut Model, image: &str, dockerfile: &str) -> (u64, Vec<Effect>) {
    let inputs = [
        ("build_id", "b1"),
        ("repository", "alice/shop"),
        ("ref", "0123"),
        ("image", image),
        ("tag", "latest"),
        ("dockerfile_path", dockerfile),
    ];
    let inputs: BTreeMap<String, String> =
        inputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    model.dispatch("build.yml", "main", inputs, "nokube[bot]", at(0)).unwrap()
}

/// Lets every timer fire in its turn and returns what would have been told.
fn play(model: &mut Model, mut effects: Vec<Effect>) -> Vec<String> {
    let mut told = Vec::new();
    let mut second = 0;
    while !effects.is_empty() {
        second += 1;
        let mut next = Vec::new();
        for effect in effects {
            match effect {
                Effect::Notify(Notice::Run { action, .. }) => told.push(format!("run {action}")),
                Effect::Notify(Notice::Job { action, .. }) => told.push(format!("job {action}")),
                Effect::Notify(Notice::Package { tag, .. }) => told.push(format!("package {tag}")),
                Effect::Later { run, attempt, turn } => {
                    next.extend(model.advance(run, attempt, turn, at(second)));
                }
            }
        }
        effects = next;
    }
    told
}

fn end(run: &Run) -> (Status, Option<Conclusion>) {
    let attempt = run.latest().unwrap();
    (attempt.status, attempt.conclusion)
}

#[test]
fn a_run_goes_through_its_steps_and_skips_what_it_does_not_need() {
    let mut model = model();
    let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
    let told = play(&mut model, effects);
    assert_eq!(
        told,
        [
            "run requested",
            "job queued",
            "run in_progress",
            "job in_progress",
            "package build-b1",
            "package latest",
            "job completed",
            "run completed",
        ]
    );
    let run = model.run("Nokube/Builder", id).unwrap();
    assert_eq!(end(run), (Status::Completed, Some(Conclusion::Success)));
    let steps = &run.latest().unwrap().job.as_ref().unwrap().steps;
    let skipped: Vec<_> =
        steps.iter().filter(|step| step.conclusion == Some(Conclusion::Skipped)).collect();
    let skipped: Vec<_> = skipped.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        skipped,
        ["Get a token for the private source", "Set up Buildpacks", "Build the image from source"]
    );
    assert!(steps.windows(2).all(|pair| pair[0].completed_at <= pair[1].started_at));
}

#[test]
fn a_build_without_a_dockerfile_has_no_cache() {
    let mut model = model();
    let (id, effects) = dispatch_with(&mut model, "ghcr.io/n/a", "");
    play(&mut model, effects);
    let run = model.run("nokube/builder", id).unwrap();
    assert_eq!(end(run), (Status::Completed, Some(Conclusion::Success)));
    let steps = &run.latest().unwrap().job.as_ref().unwrap().steps;
    let skipped = steps.iter().filter(|step| step.conclusion == Some(Conclusion::Skipped));
    let skipped: Vec<_> = skipped.map(|step| step.name.as_str()).collect();
    assert_eq!(
        skipped,
        [
            "Get a token for the private source",
            "Restore the cache",
            "Set up the builder",
            "Build the image",
            "Replace the cache",
            "Save the cache",
        ]
    );
}

#[test]
fn every_conclusion_can_be_asked_for() {
    for wanted in [
        Conclusion::Failure,
        Conclusion::Cancelled,
        Conclusion::TimedOut,
        Conclusion::StartupFailure,
        Conclusion::ActionRequired,
        Conclusion::Neutral,
        Conclusion::Skipped,
        Conclusion::Stale,
    ] {
        let mut model = model();
        model.outcomes.push_back(wanted);
        let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
        let told = play(&mut model, effects);
        let run = model.run("nokube/builder", id).unwrap();
        assert_eq!(end(run), (Status::Completed, Some(wanted)));
        assert!(!told.iter().any(|told| told.starts_with("package")), "{wanted:?}");
        assert!(model.registry.tags("n/a").is_empty());
    }
}

#[test]
fn a_timer_that_was_overtaken_does_nothing() {
    let mut model = model();
    let (id, first) = dispatch(&mut model, "ghcr.io/n/a");
    let cancel = model.cancel(id, at(1)).unwrap();
    let old = first.into_iter().filter(|effect| matches!(effect, Effect::Later { .. })).collect();
    assert!(play(&mut model, old).is_empty());
    assert_eq!(play(&mut model, cancel), ["job completed", "run completed"]);
    assert_eq!(end(model.run("nokube/builder", id).unwrap()).1, Some(Conclusion::Cancelled));
    assert!(model.cancel(id, at(2)).is_err());
}

#[test]
fn holds_wait_and_a_release_goes_past_all_of_them() {
    for hold in [HoldAt::Creation, HoldAt::Queued, HoldAt::InProgress] {
        let mut model = model();
        model.hold = Some(hold);
        let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
        play(&mut model, effects);
        let held = model.runs().next().unwrap().latest().unwrap();
        assert!(held.held && !held.is_over(), "{hold:?}");
        let released = model.release(id);
        play(&mut model, released);
        assert_eq!(end(model.run("nokube/builder", id).unwrap()).1, Some(Conclusion::Success));
        assert!(model.release(id).is_empty());
    }
}

#[test]
fn each_attempt_pushes_another_image() {
    let mut model = model();
    let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
    play(&mut model, effects);
    let first = model.registry.manifest("n/a", "latest").unwrap().0;
    let again = model.rerun(id, false, at(60)).unwrap();
    play(&mut model, again);
    let second = model.registry.manifest("n/a", "build-b1").unwrap().0;
    assert_ne!(first, second);
    assert!(model.registry.manifest("n/a", &first).is_some(), "the old one is still there");
}
