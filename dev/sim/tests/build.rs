//! The workflow run of a build, as the API and webhooks show it.

mod support;

use nokube_sim::{Conclusion, HoldPoint};
use reqwest::Method;
use serde_json::json;
use support::{BUILDER, start};

#[tokio::test]
async fn a_successful_build_sends_webhooks_and_pushes_its_image() {
    let github = start().await;
    let run = github.build("b1", "ghcr.io/nokube/alice-shop").await;
    github.sim.wait_until_idle().await.unwrap();

    let shown = github.run(run).await;
    assert_eq!(shown["status"], "completed");
    assert_eq!(shown["conclusion"], "success");
    assert_eq!(shown["display_title"], "NoKube build b1");
    assert_eq!(shown["path"], ".github/workflows/build.yml");
    let job = github.job(run).await;
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
    assert_eq!(github.receiver.names(), expected);
    let package = &github.receiver.all()[4].body["package"];
    let tag = &package["package_version"]["container_metadata"]["tag"];
    assert_eq!(tag["name"], "build-b1");
    let digest = github.sim.digest("nokube/alice-shop", "latest").unwrap();
    assert_eq!(tag["digest"], digest);
    assert_eq!(github.sim.digest("nokube/alice-shop", "build-b1"), Some(digest));
    assert_eq!(github.sim.dispatch_count(), 1);
}

#[tokio::test]
async fn an_image_named_fail_fails_to_build_and_its_log_has_the_error() {
    let github = start().await;
    let run = github.build("b2", "ghcr.io/nokube/alice-fail").await;
    github.sim.wait_until_idle().await.unwrap();

    assert_eq!(github.run(run).await["conclusion"], "failure");
    let job = github.job(run).await;
    let failed =
        job["steps"].as_array().unwrap().iter().find(|step| step["conclusion"] == "failure");
    assert_eq!(failed.unwrap()["name"], "Build the image");
    assert!(github.sim.digest("nokube/alice-fail", "latest").is_none());

    let log = github.get(&format!("{BUILDER}/actions/jobs/{}/logs", job["id"])).await;
    assert_eq!(log.status(), 302);
    let location = log.headers()["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix(&github.sim.url()).unwrap();
    assert_eq!(github.get(path).await.status(), 400, "the log storage rejects credentials");
    let text = github.request(Method::GET, path).send().await.unwrap().text().await.unwrap();
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
    github.sim.set_clock_offset(61);
    assert_eq!(github.request(Method::GET, path).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_held_run_shows_its_steps_and_has_no_log() {
    let github = start().await;
    github.sim.hold_runs(HoldPoint::InProgress);
    let run = github.build("b3", "ghcr.io/nokube/shop").await;
    github.sim.wait_until_idle().await.unwrap();

    let job = github.job(run).await;
    let status = |name: &str| {
        let steps = job["steps"].as_array().unwrap();
        steps.iter().find(|step| step["name"] == name).unwrap()["status"].clone()
    };
    assert_eq!(status("Set up job"), "completed");
    assert_eq!(status("Build the image"), "in_progress");
    assert_eq!(status("Save the cache"), "queued");
    let log = github.get(&format!("{BUILDER}/actions/jobs/{}/logs", job["id"])).await;
    assert_eq!(log.status(), 404);
    github.sim.release_run(run);
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.run(run).await["conclusion"], "success");
}

#[tokio::test]
async fn a_run_held_at_creation_is_not_shown_by_the_api() {
    let github = start().await;
    github.sim.hold_runs(HoldPoint::Creation);
    let run = github.build("b4", "ghcr.io/nokube/shop").await;
    github.sim.wait_until_idle().await.unwrap();
    let path = format!("{BUILDER}/actions/runs/{run}");
    assert_eq!(github.get(&path).await.status(), 404);
    assert!(github.receiver.all().is_empty());
    github.sim.release_all();
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.run(run).await["conclusion"], "success");
}

#[tokio::test]
async fn a_cancelled_run_completes_after_the_response() {
    let github = start().await;
    github.sim.hold_runs(HoldPoint::Queued);
    let run = github.build("b5", "ghcr.io/nokube/shop").await;
    github.sim.wait_until_idle().await.unwrap();
    github.sim.hold_runs(HoldPoint::Cancelling);
    let cancel = format!("{BUILDER}/actions/runs/{run}/cancel");
    let response = github.post(&cancel, json!({})).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (202, "{}"));
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.run(run).await["status"], "queued");

    github.sim.release_all();
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.run(run).await["conclusion"], "cancelled");
    assert_eq!(github.receiver.names().last().unwrap(), "workflow_run.completed");
    assert_eq!(github.post(&cancel, json!({})).await.status(), 409);
}

#[tokio::test]
async fn a_rerun_is_a_new_attempt_of_the_same_run() {
    let github = start().await;
    github.sim.set_next_conclusion(Conclusion::TimedOut);
    let run = github.build("b6", "ghcr.io/nokube/shop").await;
    let rerun = format!("{BUILDER}/actions/runs/{run}/rerun");
    assert_eq!(github.post(&rerun, json!({})).await.status(), 403, "it is still running");
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.run(run).await["conclusion"], "timed_out");
    let first = github.job(run).await;

    assert_eq!(github.post(&rerun, json!({})).await.status(), 201);
    github.sim.wait_until_idle().await.unwrap();
    let shown = github.run(run).await;
    assert_eq!((&shown["run_attempt"], &shown["conclusion"]), (&json!(2), &json!("success")));
    assert_ne!(github.job(run).await["id"], first["id"]);
    let path = format!("{BUILDER}/actions/runs/{run}");
    assert_eq!(github.json(&format!("{path}/attempts/1/jobs")).await["jobs"][0], first);
}

#[tokio::test]
async fn a_run_with_a_startup_failure_has_no_job() {
    let github = start().await;
    github.sim.set_next_conclusion(Conclusion::StartupFailure);
    let run = github.build("b7", "ghcr.io/nokube/shop").await;
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.run(run).await["conclusion"], "startup_failure");
    assert!(github.job(run).await.is_null());
    assert_eq!(github.receiver.names(), ["workflow_run.requested", "workflow_run.completed"]);
}

#[tokio::test]
async fn runs_are_filtered_by_time_and_listed_newest_first() {
    let github = start().await;
    github.sim.hold_runs(HoldPoint::Queued);
    let first = github.build("b8", "ghcr.io/nokube/shop").await;
    github.sim.set_clock_offset(3600);
    let second = github.build("b9", "ghcr.io/nokube/shop").await;
    let ids = async |query: &str| {
        let path =
            format!("{BUILDER}/actions/workflows/build.yml/runs?event=workflow_dispatch{query}");
        let runs = github.json(&path).await["workflow_runs"].clone();
        runs.as_array().unwrap().iter().map(|run| run["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [second, first]);
    assert_eq!(ids("&per_page=1&page=2").await, [first]);
    let later = github.run(second).await["created_at"].as_str().unwrap().to_owned();
    let earlier = github.run(first).await["created_at"].as_str().unwrap().to_owned();
    for (from, to, expected) in [
        (&earlier, &later, vec![second, first]),
        (&earlier, &earlier, vec![first]),
        (&later, &later, vec![second]),
        (&later, &earlier, vec![]),
    ] {
        assert_eq!(ids(&format!("&created={from}..{to}")).await, expected, "{from}..{to}");
    }
}
