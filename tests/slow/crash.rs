//! The host is killed at random moments: what it has confirmed is not lost, and nothing runs twice.

use crate::{
    clients::{History, RandomClient},
    host_process::{HostProcess, settings},
    storage_rows::StorageRows,
};
use fastrand::Rng;
use nokube_sim::{Conclusion, Fault, HoldPoint, SimulatedGitHub, WorkflowRun};
use nokube_tests::{TestPlatform, User, WEBHOOK_SECRET};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

const KILLS: usize = 32;
const CLIENTS: u64 = 4;
const SEED: u64 = 20;

/// Starts the host and connects GitHub's webhooks. Returns the URL of the host.
async fn start(host: &mut HostProcess, github: &SimulatedGitHub) -> String {
    let url = host.start().await;
    github.set_webhook(&format!("{url}/api/v1/webhooks/github"), WEBHOOK_SECRET);
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kills_at_random_moments_every_build_ends_correctly_and_none_runs_twice() {
    println!("seed {SEED}");
    let config = TestPlatform::config().variable("build_grace_seconds", "2");
    let github = SimulatedGitHub::start(config.github.clone()).await.unwrap();
    let mut host = HostProcess::new(settings(&config, &github));
    let url = start(&mut host, &github).await;
    let alice = User::at(&url, "alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;

    let (url_sender, url_receiver) = watch::channel(Some(url));
    let history = Arc::new(Mutex::new(History::default()));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let seed = SEED + number;
        let client = RandomClient::new(url_receiver.clone(), history.clone(), seed, body.clone());
        clients.spawn(client.run());
    }
    let mut rng = Rng::with_seed(SEED);
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(rng.u64(5..500))).await; // A random moment.
        host.kill().await;
        url_sender.send_replace(Some(start(&mut host, &github).await));
    }
    url_sender.send_replace(None);
    while let Some(result) = clients.join_next().await {
        result.unwrap();
    }
    host.kill().await;
    assert_eq!(StorageRows::open(&host.storage_file()).check_integrity(), "ok");

    let alice = User::at(&start(&mut host, &github).await, "alice");
    github.wait_until_idle().await.unwrap();
    let history = Arc::into_inner(history).unwrap().into_inner().unwrap();
    assert!(history.builds.len() > 20 && history.interrupted > KILLS, "too few requests");
    let listed = list_build_ids(&alice, project).await;
    let lost: Vec<_> = history.builds.difference(&listed).collect();
    assert!(lost.is_empty(), "confirmed, but not in the list: {lost:?}");
    let mut runs = github.runs();
    for id in &listed {
        let build = alice.wait_for_end(&format!("/api/v1/builds/{id}")).await;
        github.wait_until_idle().await.unwrap();
        let retries = history.retries.get(id).copied().unwrap_or_default();
        let of_build = github.runs().into_iter().filter(|run| run.input("build_id") == id);
        check_end(&build, &of_build.collect::<Vec<_>>(), retries);
        runs.retain(|run| run.input("build_id") != id);
    }
    assert!(runs.is_empty(), "runs of builds that are not listed: {runs:?}");

    // The key of an interrupted request is blocked for a minute after the first repetition. Repeat all
    // requests, because some have not been repeated yet.
    for (key, body) in &history.keys {
        let repeated = alice.post_with_key("/api/v1/builds", body, key).await;
        assert!(matches!(repeated.status, 202 | 409), "{key}: {}", repeated.text);
    }
    host.kill().await;
    host.clock_offset = 70;
    let alice = User::at(&start(&mut host, &github).await, "alice");
    for (key, body) in &history.keys {
        check_key_runs_once(&alice, &github, key, body).await;
    }
    host.finish().await;
}

/// Repeats a request with its key and checks that only the returned build has a run. It has none if the host
/// was killed just before the dispatch.
async fn check_key_runs_once(alice: &User, github: &SimulatedGitHub, key: &str, body: &Value) {
    let created = alice.post_with_key("/api/v1/builds", body, key).await.expect(202);
    let id = created["build_id"].as_str().unwrap();
    let build = alice.wait_for_end(&format!("/api/v1/builds/{id}")).await;
    let runs = github.runs().into_iter().filter(|run| run.input("image").ends_with(key));
    let builds: BTreeSet<_> = runs.map(|run| run.input("build_id").to_owned()).collect();
    let never_started = builds.is_empty() && build["error_code"] == "never_started";
    assert!(
        never_started || builds == BTreeSet::from([id.to_owned()]),
        "{key}: {builds:?}, {build}"
    );
}

/// The ids of all builds of the project. Checks that no page repeats one.
async fn list_build_ids(alice: &User, project: u64) -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    for offset in (0..).step_by(50) {
        let path = format!("/api/v1/projects/{project}/builds?limit=50&offset={offset}");
        let page = alice.get(&path).await.expect(200);
        for build in page["builds"].as_array().unwrap() {
            let id = build["build_id"].as_str().unwrap().to_owned();
            assert!(listed.insert(id), "twice in the list: {build}");
        }
        if offset + 50 >= page["total"].as_u64().unwrap() {
            break;
        }
    }
    listed
}

/// Checks that a build ended like its last attempt at GitHub, and that GitHub ran no more attempts than
/// were requested.
fn check_end(build: &Value, runs: &[WorkflowRun], retries: usize) {
    let attempts: usize = runs.iter().map(|run| run.attempts().count()).sum();
    assert!(attempts <= 1 + retries, "started {attempts} times for {retries} retries: {build}");
    let attempt = usize::try_from(build["attempt"].as_u64().unwrap()).unwrap();
    assert!(attempts <= attempt, "started {attempts} times: {build}");
    let last = runs.last().and_then(|run| run.latest.conclusion);
    let status = last.map(|last| match last {
        Conclusion::Success => "success",
        Conclusion::Cancelled => "cancelled",
        _ => "failed",
    });
    // An attempt that GitHub never received, because the host was killed before the dispatch.
    let never_started = build["error_code"] == "never_started" && attempts < attempt;
    assert!(never_started || build["status"] == json!(status), "GitHub says {status:?}: {build}");
    assert!(build["status"] != "success" || build["image_digest"].is_string(), "{build}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_of_an_accepted_webhook_is_not_lost() {
    // Reads do not poll GitHub, so their result comes from webhooks.
    let config = TestPlatform::config().variable("build_quiet_seconds", "3600");
    let github = SimulatedGitHub::start(config.github.clone()).await.unwrap();
    let mut host = HostProcess::new(settings(&config, &github));
    let mut alice = User::at(&start(&mut host, &github).await, "alice");
    let project = alice.create_project("myapp").await;
    for round in 0..8 {
        github.hold_runs(HoldPoint::InProgress);
        let path = alice.start_build(project).await;
        github.wait_until_idle().await.unwrap();
        let run = github.run_for_build(path.rsplit('/').next().unwrap()).unwrap().id;
        let (conclusion, status) = match round % 2 {
            0 => (Conclusion::Success, "success"),
            _ => (Conclusion::Failure, "failed"),
        };
        github.finish_run(run, conclusion);
        while !is_accepted(&github, run) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        host.kill().await;
        github.add_fault(Fault::status("GET", "/actions/", 403).times(1_000));
        alice = User::at(&start(&mut host, &github).await, "alice");
        assert_eq!(alice.get(&path).await.expect(200)["status"], status, "round {round}");
        github.clear_faults();
    }
    host.kill().await;
    assert_eq!(StorageRows::open(&host.storage_file()).check_integrity(), "ok");
    host.start().await;
    host.finish().await;
}

/// Whether the webhook about the end of the run was accepted.
fn is_accepted(github: &SimulatedGitHub, run: u64) -> bool {
    github.deliveries().iter().any(|delivery| {
        (delivery.event.as_str(), delivery.action.as_deref()) == ("workflow_run", Some("completed"))
            && delivery.run_id == Some(run)
            && delivery.status_code == Some(200)
    })
}
