//! Lost, late or repeated messages between the platform and GitHub: builds end correctly and run once.

use nokube_sim::{Fault, HoldPoint, Treatment, WebhookRule};
use nokube_tests::TestPlatform;
use std::time::Duration;

#[tokio::test]
async fn lost_webhooks_are_recovered_by_reads() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let successful = alice.start_build(project).await;
    let failing = alice.start_build_of(project, "will-fail").await;
    let successful = alice.wait_for_end(&successful).await;
    assert_eq!(successful["status"], "success");
    assert!(successful["image_digest"].is_string());
    assert!(!successful["steps"].as_array().unwrap().is_empty());
    let failed = alice.wait_for_end(&failing).await;
    assert!(failed["error_message"].as_str().unwrap().contains("step"));
    assert!(platform.github.deliveries().iter().all(|delivery| delivery.status_code.is_none()));
    platform.finish().await;
}

#[tokio::test]
async fn a_run_is_found_by_its_title_if_the_dispatch_returns_no_run_id() {
    // GitHub may respond to a dispatch with 204 and no body.
    let platform =
        TestPlatform::config().without_webhooks().github(|o| o.dispatch_204 = true).start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    assert_eq!(platform.github.dispatch_count(), 1);
    platform.finish().await;
}

#[tokio::test]
async fn builds_work_with_github_enterprise_server() {
    let platform = TestPlatform::config()
        .variable("github_api_path", "/api/v3")
        .variable("github_web_url", "https://git.example.com")
        .github(|o| o.ghes = true)
        .start()
        .await;
    let alice = platform.user("alice");
    let mut body = alice.build_request(alice.create_project("myapp").await, "frontend").await;
    body["repository_url"] = "https://git.example.com/acme/shop".into();
    let created = alice.post("/api/v1/builds", &body).await.expect(202);
    let path = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    assert!(alice.get(&format!("{path}/logs")).await.text.contains("acme/shop"));
    platform.finish().await;
}

#[tokio::test]
async fn late_and_repeated_webhooks_change_nothing() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    platform.github.add_webhook_rule(WebhookRule::all(Treatment::Hold));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let ended = alice.wait_for_end(&path).await;
    platform.github.wait_until_idle().await.ok();
    // Now all of them are delivered, the last one first.
    let mut held: Vec<_> =
        platform.github.deliveries().iter().map(|delivery| delivery.id).collect();
    held.reverse();
    platform.github.release_webhooks_in_order(&held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    for delivery in held {
        platform.github.redeliver(delivery);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(alice.get(&path).await.expect(200), ended);
    platform.finish().await;
}

#[tokio::test]
async fn a_dispatch_whose_response_is_lost_is_not_sent_again() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    platform
        .github
        .add_fault(Fault::drop_connection("POST", "/dispatches").after_handling().times(1));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    assert_eq!(platform.github.dispatch_count(), 1);
    platform.finish().await;
}

#[tokio::test]
async fn a_build_whose_run_never_starts_fails_with_the_reason() {
    let platform = TestPlatform::config()
        .without_webhooks()
        .variable("build_grace_seconds", "1")
        .start()
        .await;
    let alice = platform.user("alice");
    platform.github.add_fault(Fault::status("POST", "/dispatches", 500).times(1));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let build = alice.wait_for_end(&path).await;
    assert_eq!(build["error_code"], "never_started");
    assert!(build["error_message"].as_str().unwrap().contains("did not start"));
    // A retry dispatches again, because there is no run to run again.
    alice.post(&format!("{path}/retry"), &serde_json::json!({})).await.expect(202);
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    assert_eq!(platform.github.runs().len(), 1, "the first dispatch started no run");
    platform.finish().await;
}

#[tokio::test]
async fn a_run_that_appears_after_the_grace_period_still_counts() {
    let platform = TestPlatform::config()
        .variable("build_grace_seconds", "1")
        .github(|o| o.dispatch_204 = true)
        .start()
        .await;
    let alice = platform.user("alice");
    platform.github.hold_runs(HoldPoint::Creation);
    let path = alice.start_build(alice.create_project("myapp").await).await;
    assert_eq!(alice.wait_for_end(&path).await["error_code"], "never_started");
    platform.github.hold_runs(None);
    platform.github.release_all();
    alice.wait_for_status(&path, &["success"]).await;
    platform.finish().await;
}

#[tokio::test]
async fn while_github_is_unavailable_the_last_known_status_is_returned() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let path = platform.running_build(&alice).await;
    platform.github.add_fault(Fault::status("GET", "/actions/runs/", 503).times(40));
    assert_eq!(alice.get(&path).await.expect(200)["status"], "building");
    platform.github.clear_faults();
    platform.github.release_all();
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    platform.finish().await;
}

#[tokio::test]
async fn a_run_that_github_temporarily_does_not_find_is_not_given_up() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = platform.running_build(&alice).await;
    platform.github.add_fault(Fault::status("GET", "/actions/", 404).times(20));
    for _ in 0..5 {
        assert_eq!(alice.get(&path).await.expect(200)["status"], "building");
    }
    platform.github.clear_faults();
    platform.github.release_all();
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    platform.finish().await;
}

#[tokio::test]
async fn many_reads_of_a_build_cause_few_requests_to_github() {
    let platform = TestPlatform::config()
        .without_webhooks()
        .variable("build_quiet_seconds", "2")
        .start()
        .await;
    let alice = platform.user("alice");
    platform.github.hold_runs(HoldPoint::InProgress);
    let path = alice.start_build(alice.create_project("myapp").await).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    platform.github.clear_requests();
    for _ in 0..30 {
        alice.get(&path).await.expect(200);
    }
    let requests = platform.github.requests();
    let polls = requests.iter().filter(|r| r.path.contains("/jobs")).count();
    assert!(polls <= 2, "{polls} polls for 30 reads");
    platform.github.release_all();
    platform.finish().await;
}

#[tokio::test]
async fn the_digest_of_a_successful_build_is_requested_until_the_registry_returns_it() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    platform.github.add_fault(Fault::status("HEAD", "/manifests/", 404).times(5));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    assert!(alice.wait_for_end(&path).await["image_digest"].is_null());
    platform.github.clear_faults();
    assert!(alice.get(&path).await.expect(200)["image_digest"].is_string());
    platform.finish().await;
}

#[tokio::test]
async fn requests_to_github_are_retried_after_the_time_that_it_asks_for() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    platform.github.add_fault(Fault::status("GET", "/repos/acme/shop", 502).times(1));
    platform
        .github
        .add_fault(Fault::status("POST", "/dispatches", 429).header("retry-after", "1").times(1));
    let started = std::time::Instant::now();
    let path = alice.start_build(project).await;
    assert!(started.elapsed() >= Duration::from_secs(1), "Retry-After was ignored");
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    platform.finish().await;
}
