//! The model without a server and without a clock.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nokube_sim::github::model::builder_workflow::BuilderWorkflow;
use nokube_sim::github::model::{Effect, HoldPoint, Model, WebhookEvent};
use nokube_sim::{Conclusion, Status, WorkflowRun};

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + second)
}

fn model() -> Model {
    Model::new(BuilderWorkflow::new("nokube/builder", "build.yml"), at(0))
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

/// Fires all timers in order and returns the webhook events.
fn run_to_end(model: &mut Model, mut effects: Vec<Effect>) -> Vec<String> {
    let mut events = Vec::new();
    let mut second = 0;
    while !effects.is_empty() {
        second += 1;
        let mut next = Vec::new();
        for effect in effects {
            match effect {
                Effect::SendWebhook(WebhookEvent::WorkflowRun { action, .. }) => {
                    events.push(format!("run {action}"))
                }
                Effect::SendWebhook(WebhookEvent::WorkflowJob { action, .. }) => {
                    events.push(format!("job {action}"))
                }
                Effect::SendWebhook(WebhookEvent::Package { tag, .. }) => {
                    events.push(format!("package {tag}"))
                }
                Effect::ScheduleAdvance { run, timer_id } => {
                    next.extend(model.advance(run, timer_id, at(second)));
                }
                Effect::SendWebhook(other) => unreachable!("{other:?} is not about a run"),
                Effect::StartJob { .. } => unreachable!("the model has no runner"),
            }
        }
        effects = next;
    }
    events
}

fn status_and_conclusion(run: &WorkflowRun) -> (Status, Option<Conclusion>) {
    (run.latest.status, run.latest.conclusion)
}

#[test]
fn a_run_completes_its_steps_in_order_and_skips_those_it_does_not_need() {
    let mut model = model();
    let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
    let events = run_to_end(&mut model, effects);
    assert_eq!(
        events,
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
    let run = model.run(id).unwrap();
    assert_eq!(status_and_conclusion(run), (Status::Completed, Some(Conclusion::Success)));
    let steps = &run.latest.job.as_ref().unwrap().steps;
    let skipped: Vec<_> =
        steps.iter().filter(|step| step.conclusion == Some(Conclusion::Skipped)).collect();
    let skipped: Vec<_> = skipped.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        skipped,
        [
            "Get a token for the private source",
            "Fetch submodules and LFS files",
            "Warn about submodules",
            "Warn about LFS files",
            "Set up Buildpacks",
            "Build the image from source",
        ]
    );
    assert!(steps.windows(2).all(|pair| pair[0].completed_at <= pair[1].started_at));
}

#[test]
fn a_build_without_a_dockerfile_skips_the_cache_steps() {
    let mut model = model();
    let (id, effects) = dispatch_with(&mut model, "ghcr.io/n/a", "");
    run_to_end(&mut model, effects);
    let run = model.run(id).unwrap();
    assert_eq!(status_and_conclusion(run), (Status::Completed, Some(Conclusion::Success)));
    let steps = &run.latest.job.as_ref().unwrap().steps;
    let skipped = steps.iter().filter(|step| step.conclusion == Some(Conclusion::Skipped));
    let skipped: Vec<_> = skipped.map(|step| step.name.as_str()).collect();
    assert_eq!(
        skipped,
        [
            "Get a token for the private source",
            "Fetch submodules and LFS files",
            "Warn about submodules",
            "Warn about LFS files",
            "Restore the cache",
            "Set up the builder",
            "Build the image",
            "Replace the cache",
            "Save the cache",
        ]
    );
}

#[test]
fn every_conclusion_can_be_set() {
    for conclusion in [
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
        model.next_conclusions.push_back(conclusion);
        let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
        let events = run_to_end(&mut model, effects);
        let run = model.run(id).unwrap();
        assert_eq!(status_and_conclusion(run), (Status::Completed, Some(conclusion)));
        assert!(!events.iter().any(|event| event.starts_with("package")), "{conclusion:?}");
        assert!(model.registry.index("n/a", "latest").is_none());
    }
}

#[test]
fn a_replaced_timer_has_no_effect() {
    let mut model = model();
    let (id, first) = dispatch(&mut model, "ghcr.io/n/a");
    let cancel = model.cancel(id, at(1)).unwrap();
    let old = first
        .into_iter()
        .filter(|effect| matches!(effect, Effect::ScheduleAdvance { .. }))
        .collect();
    assert!(run_to_end(&mut model, old).is_empty());
    assert_eq!(run_to_end(&mut model, cancel), ["job completed", "run completed"]);
    assert_eq!(status_and_conclusion(model.run(id).unwrap()).1, Some(Conclusion::Cancelled));
    assert!(model.cancel(id, at(2)).is_err());
}

#[test]
fn a_released_run_is_not_held_again() {
    for point in [HoldPoint::Creation, HoldPoint::Queued, HoldPoint::InProgress] {
        let mut model = model();
        model.hold_at = Some(point);
        let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
        run_to_end(&mut model, effects);
        let held = &model.runs().next().unwrap().latest;
        assert!(held.held && !held.is_completed(), "{point:?}");
        let released = model.release(id);
        run_to_end(&mut model, released);
        assert_eq!(status_and_conclusion(model.run(id).unwrap()).1, Some(Conclusion::Success));
        assert!(model.release(id).is_empty());
    }
}

#[test]
fn each_attempt_pushes_a_different_image() {
    let mut model = model();
    let (id, effects) = dispatch(&mut model, "ghcr.io/n/a");
    run_to_end(&mut model, effects);
    let first = model.registry.index("n/a", "latest").unwrap().0.to_owned();
    let rerun = model.rerun(id, at(60)).unwrap();
    run_to_end(&mut model, rerun);
    let second = model.registry.index("n/a", "build-b1").unwrap().0.to_owned();
    assert_ne!(first, second);
    assert!(model.registry.index("n/a", &first).is_some(), "the old image still exists");
}
