//! Whatever is lost, late, doubled or cut off: the outcome is right, and nothing runs twice.

use nokube_sim::{Fault, HoldAt, Treatment, WebhookRule};
use nokube_tests::World;
use std::time::Duration;

#[tokio::test]
async fn a_build_whose_webhooks_are_all_lost_ends_right_by_reads_alone() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let good = alice.build(project).await;
    let bad = alice.build_of(project, "will-fail").await;
    let good = alice.until_ended(&good).await;
    assert_eq!(good["status"], "success");
    assert!(good["image_digest"].is_string());
    assert!(!good["steps"].as_array().unwrap().is_empty());
    let bad = alice.until_ended(&bad).await;
    assert!(bad["error_message"].as_str().unwrap().contains("step"));
    assert!(world.sim.deliveries().iter().all(|delivery| delivery.status_code.is_none()));
    world.end().await;
}

#[tokio::test]
async fn without_the_run_id_the_run_is_found_by_its_title() {
    // GitHub may answer a dispatch with 204 and nothing.
    let world = World::plan().without_webhooks().github(|o| o.dispatch_204 = true).start().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    assert_eq!(world.sim.dispatches(), 1);
    world.end().await;
}

#[tokio::test]
async fn an_enterprise_server_works_by_its_own_path_and_version() {
    let world = World::plan()
        .set("github_api_path", "/api/v3")
        .set("github_web_url", "https://git.example.com")
        .github(|o| o.ghes = true)
        .start()
        .await;
    let alice = world.user("alice");
    let mut wanted = alice.wanted(alice.project("myapp").await, "frontend").await;
    wanted["repository_url"] = "https://git.example.com/acme/shop".into();
    let asked = alice.post("/api/v1/builds", &wanted).await.expect(202);
    let path = format!("/api/v1/builds/{}", asked["build_id"].as_str().unwrap());
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    assert!(alice.get(&format!("{path}/logs")).await.text.contains("acme/shop"));
    world.end().await;
}

#[tokio::test]
async fn webhooks_that_come_late_and_twice_change_nothing() {
    let world = World::new().await;
    let alice = world.user("alice");
    world.sim.webhooks(WebhookRule::all(Treatment::Hold));
    let path = alice.build(alice.project("myapp").await).await;
    let ended = alice.until_ended(&path).await;
    world.sim.settled().await.ok();
    // They all come now, the last one first.
    let mut held: Vec<_> = world.sim.deliveries().iter().map(|delivery| delivery.id).collect();
    held.reverse();
    world.sim.release_webhooks_in_order(&held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    for delivery in held {
        world.sim.redeliver(delivery);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(alice.get(&path).await.expect(200), ended);
    world.end().await;
}

#[tokio::test]
async fn a_dispatch_whose_answer_is_lost_is_found_and_not_sent_again() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    world.sim.fault(Fault::cut("POST", "/dispatches").after().times(1));
    let path = alice.build(alice.project("myapp").await).await;
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    assert_eq!(world.sim.dispatches(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_run_that_never_starts_ends_as_failed_with_the_reason() {
    let world = World::plan().without_webhooks().set("build_grace_seconds", "1").start().await;
    let alice = world.user("alice");
    world.sim.fault(Fault::status("POST", "/dispatches", 500).times(1));
    let path = alice.build(alice.project("myapp").await).await;
    let build = alice.until_ended(&path).await;
    assert_eq!(build["error_code"], "never_started");
    assert!(build["error_message"].as_str().unwrap().contains("did not start"));
    // Trying again dispatches anew, as there is no run to run again.
    alice.post(&format!("{path}/retry"), &serde_json::json!({})).await.expect(202);
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    assert_eq!(world.sim.runs().len(), 1, "the first dispatch never reached GitHub's Actions");
    world.end().await;
}

#[tokio::test]
async fn a_run_that_shows_up_after_the_grace_still_counts() {
    let world = World::plan()
        .set("build_grace_seconds", "1")
        .github(|o| o.dispatch_204 = true)
        .start()
        .await;
    let alice = world.user("alice");
    world.sim.hold_runs(HoldAt::Creation);
    let path = alice.build(alice.project("myapp").await).await;
    assert_eq!(alice.until_ended(&path).await["error_code"], "never_started");
    world.sim.hold_runs(None);
    world.sim.release_all();
    alice.until(&path, &["success"]).await;
    world.end().await;
}

#[tokio::test]
async fn while_github_is_away_the_last_known_status_is_told() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let path = world.running_build(&alice).await;
    world.sim.fault(Fault::status("GET", "/actions/runs/", 503).times(40));
    assert_eq!(alice.get(&path).await.expect(200)["status"], "building");
    world.sim.clear_faults();
    world.sim.release_all();
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    world.end().await;
}

#[tokio::test]
async fn a_run_that_github_does_not_show_for_a_while_is_not_lost() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = world.running_build(&alice).await;
    world.sim.fault(Fault::status("GET", "/actions/", 404).times(20));
    for _ in 0..5 {
        assert_eq!(alice.get(&path).await.expect(200)["status"], "building");
    }
    world.sim.clear_faults();
    world.sim.release_all();
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    world.end().await;
}

#[tokio::test]
async fn however_many_readers_a_build_has_github_is_asked_once_in_a_while() {
    let world = World::plan().without_webhooks().set("build_quiet_seconds", "2").start().await;
    let alice = world.user("alice");
    world.sim.hold_runs(HoldAt::InProgress);
    let path = alice.build(alice.project("myapp").await).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    world.sim.clear_requests();
    for _ in 0..30 {
        alice.get(&path).await.expect(200);
    }
    let runs = world.sim.requests().iter().filter(|s| s.path.contains("/jobs")).count();
    assert!(runs <= 2, "{runs} questions for 30 reads");
    world.sim.release_all();
    world.end().await;
}

#[tokio::test]
async fn a_success_without_its_digest_is_not_kept_until_the_registry_says_it() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    world.sim.fault(Fault::status("HEAD", "/manifests/", 404).times(5));
    let path = alice.build(alice.project("myapp").await).await;
    assert!(alice.until_ended(&path).await["image_digest"].is_null());
    world.sim.clear_faults();
    assert!(alice.get(&path).await.expect(200)["image_digest"].is_string());
    world.end().await;
}

#[tokio::test]
async fn github_is_asked_again_as_it_asks() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    world.sim.fault(Fault::status("GET", "/repos/acme/shop", 502).times(1));
    world.sim.fault(Fault::status("POST", "/dispatches", 429).header("retry-after", "1").times(1));
    let started = std::time::Instant::now();
    let path = alice.build(project).await;
    assert!(started.elapsed() >= Duration::from_secs(1), "retry-after was not waited for");
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    world.end().await;
}
