//! The life of a build as its observers see it.

mod support;

use nokube_sim::{Conclusion, HoldAt};
use reqwest::Method;
use serde_json::json;
use support::{BUILDER, world};

#[tokio::test]
async fn a_build_succeeds_and_tells_so() {
    let world = world().await;
    let run = world.build("b1", "ghcr.io/nokube/alice-shop").await;
    world.sim.settled().await.unwrap();

    let seen = world.run(run).await;
    assert_eq!(seen["status"], "completed");
    assert_eq!(seen["conclusion"], "success");
    assert_eq!(seen["display_title"], "NoKube build b1");
    assert_eq!(seen["path"], ".github/workflows/build.yml");
    let job = world.job(run).await;
    assert_eq!(job["name"], "build b1");
    assert_eq!(job["steps"][0]["name"], "Set up job");
    let expected = [
        "workflow_run.requested",
        "workflow_job.queued",
        "workflow_run.in_progress",
        "workflow_job.in_progress",
        "package.published",
        "package.published",
        "workflow_job.completed",
        "workflow_run.completed",
    ];
    assert_eq!(world.inbox.names(), expected);
    let package = &world.inbox.all()[4].body["package"];
    let tag = &package["package_version"]["container_metadata"]["tag"];
    assert_eq!(tag["name"], "build-b1");
    let digest = world.sim.digest("nokube/alice-shop", "latest").unwrap();
    assert_eq!(tag["digest"], digest);
    assert_eq!(world.sim.digest("nokube/alice-shop", "build-b1"), Some(digest));
    assert_eq!(world.sim.dispatches(), 1);
}

#[tokio::test]
async fn an_image_called_fail_fails_while_it_is_built_and_its_log_says_why() {
    let world = world().await;
    let run = world.build("b2", "ghcr.io/nokube/alice-fail").await;
    world.sim.settled().await.unwrap();

    assert_eq!(world.run(run).await["conclusion"], "failure");
    let job = world.job(run).await;
    let failed =
        job["steps"].as_array().unwrap().iter().find(|step| step["conclusion"] == "failure");
    assert_eq!(failed.unwrap()["name"], "Build the image");
    assert!(world.sim.digest("nokube/alice-fail", "latest").is_none());

    let log = world.get(&format!("{BUILDER}/actions/jobs/{}/logs", job["id"])).await;
    assert_eq!(log.status(), 302);
    let location = log.headers()["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix(&world.sim.url()).unwrap();
    assert_eq!(world.get(path).await.status(), 400, "the storage refuses credentials");
    let text = world.request(Method::GET, path).send().await.unwrap().text().await.unwrap();
    for part in [
        "alice/shop",
        "MODE=prod",
        "Cache not found for input keys: nokube-",
        "\u{1b}[31m",
        "##[error]buildx failed",
        "Z #8 ",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    world.sim.set_clock_offset(61);
    assert_eq!(world.request(Method::GET, path).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_held_run_waits_with_visible_steps_and_without_a_log() {
    let world = world().await;
    world.sim.hold_runs(HoldAt::InProgress);
    let run = world.build("b3", "ghcr.io/nokube/shop").await;
    world.sim.settled().await.unwrap();

    let job = world.job(run).await;
    let status = |index: usize| job["steps"][index]["status"].clone();
    assert_eq!(
        (status(0), status(8), status(11)),
        ("completed".into(), "in_progress".into(), "queued".into())
    );
    let log = world.get(&format!("{BUILDER}/actions/jobs/{}/logs", job["id"])).await;
    assert_eq!(log.status(), 404);
    world.sim.release(run);
    world.sim.settled().await.unwrap();
    assert_eq!(world.run(run).await["conclusion"], "success");
}

#[tokio::test]
async fn a_run_can_stay_unseen_for_a_while() {
    let world = world().await;
    world.sim.hold_runs(HoldAt::Creation);
    let run = world.build("b4", "ghcr.io/nokube/shop").await;
    world.sim.settled().await.unwrap();
    let path = format!("{BUILDER}/actions/runs/{run}");
    assert_eq!(world.get(&path).await.status(), 404);
    assert!(world.inbox.all().is_empty());
    world.sim.release_all();
    world.sim.settled().await.unwrap();
    assert_eq!(world.run(run).await["conclusion"], "success");
}

#[tokio::test]
async fn cancel_is_accepted_first_and_true_later() {
    let world = world().await;
    world.sim.hold_runs(HoldAt::Queued);
    let run = world.build("b5", "ghcr.io/nokube/shop").await;
    world.sim.settled().await.unwrap();
    world.sim.hold_runs(HoldAt::Cancelling);
    let cancel = format!("{BUILDER}/actions/runs/{run}/cancel");
    let response = world.post(&cancel, json!({})).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (202, "{}"));
    world.sim.settled().await.unwrap();
    assert_eq!(world.run(run).await["status"], "queued");

    world.sim.release_all();
    world.sim.settled().await.unwrap();
    assert_eq!(world.run(run).await["conclusion"], "cancelled");
    assert_eq!(world.inbox.names().last().unwrap(), "workflow_run.completed");
    assert_eq!(world.post(&cancel, json!({})).await.status(), 409);
}

#[tokio::test]
async fn a_rerun_is_another_attempt_of_the_same_run() {
    let world = world().await;
    world.sim.next_outcome(Conclusion::TimedOut);
    let run = world.build("b6", "ghcr.io/nokube/shop").await;
    let rerun = format!("{BUILDER}/actions/runs/{run}/rerun-failed-jobs");
    assert_eq!(world.post(&rerun, json!({})).await.status(), 403, "it is still running");
    world.sim.settled().await.unwrap();
    assert_eq!(world.run(run).await["conclusion"], "timed_out");
    let first = world.job(run).await;

    assert_eq!(world.post(&rerun, json!({})).await.status(), 201);
    world.sim.settled().await.unwrap();
    let seen = world.run(run).await;
    assert_eq!((&seen["run_attempt"], &seen["conclusion"]), (&json!(2), &json!("success")));
    assert_ne!(world.job(run).await["id"], first["id"]);
    let path = format!("{BUILDER}/actions/runs/{run}");
    assert_eq!(world.json(&format!("{path}/attempts/1")).await["conclusion"], "timed_out");
    assert_eq!(world.json(&format!("{path}/jobs?filter=all")).await["total_count"], 2);
    assert_eq!(world.json(&format!("{path}/attempts/1/jobs")).await["jobs"][0], first);
    assert_eq!(world.post(&rerun, json!({})).await.status(), 403, "nothing failed");
}

#[tokio::test]
async fn a_run_that_never_starts_up_has_no_job() {
    let world = world().await;
    world.sim.next_outcome(Conclusion::StartupFailure);
    let run = world.build("b7", "ghcr.io/nokube/shop").await;
    world.sim.settled().await.unwrap();
    assert_eq!(world.run(run).await["conclusion"], "startup_failure");
    assert!(world.job(run).await.is_null());
    assert_eq!(world.inbox.names(), ["workflow_run.requested", "workflow_run.completed"]);
}

#[tokio::test]
async fn runs_are_found_by_event_time_and_status_newest_first() {
    let world = world().await;
    world.sim.hold_runs(HoldAt::Queued);
    let first = world.build("b8", "ghcr.io/nokube/shop").await;
    world.sim.add_run(nokube_sim::NewRun::default());
    world.sim.set_clock_offset(3600);
    let second = world.build("b9", "ghcr.io/nokube/shop").await;
    let ids = async |query: &str| {
        let path =
            format!("{BUILDER}/actions/workflows/build.yml/runs?event=workflow_dispatch{query}");
        let runs = world.json(&path).await["workflow_runs"].clone();
        runs.as_array().unwrap().iter().map(|run| run["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [second, first]);
    assert_eq!(ids("&per_page=1&page=2").await, [first]);
    assert_eq!(ids("&status=queued").await.len(), 2);
    assert!(ids("&status=success").await.is_empty());
    let created = world.run(second).await["created_at"].as_str().unwrap().to_owned();
    let early = world.run(first).await["created_at"].as_str().unwrap().to_owned();
    let (first_day, day) = (&early[..10], &created[..10]);
    for (range, found) in [
        (format!("%3E%3D{created}"), vec![second]),
        (format!("%3E{created}"), vec![]),
        (format!("%3C%3D{early}"), vec![first]),
        (format!("%3C{early}"), vec![]),
        (format!("{early}..{created}"), vec![second, first]),
        (format!("{early}..{early}"), vec![first]),
        (format!("{created}..*"), vec![second]),
        (format!("*..{early}"), vec![first]),
        (format!("{created}..{early}"), vec![]),
        (format!("{first_day}..{day}"), vec![second, first]),
        (format!("%3C%3D{day}"), vec![second, first]),
        (format!("%3E{day}"), vec![]),
        ("2001-01-01..2001-12-31".to_owned(), vec![]),
        (created.clone(), vec![second]),
    ] {
        assert_eq!(ids(&format!("&created={range}")).await, found, "{range}");
    }
    let all = world.json(&format!("{BUILDER}/actions/runs")).await;
    assert_eq!(all["total_count"], 3);
}
