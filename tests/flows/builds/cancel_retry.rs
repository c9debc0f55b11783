//! Cancelling and retrying builds.

use nokube_sim::{Fault, HoldPoint};
use nokube_tests::TestPlatform;
use serde_json::json;

#[tokio::test]
async fn a_build_is_only_cancelled_when_github_has_cancelled_its_run() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    platform.github.hold_runs(HoldPoint::Cancelling);
    platform.github.set_step(std::time::Duration::from_millis(300));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_status(&path, &["building"]).await;

    let cancelling = alice.delete(&path).await.expect(202);
    assert_eq!(cancelling["status"], "building", "GitHub has not stopped it yet");
    assert!(cancelling["cancel_requested_at"].is_string());
    assert_eq!(alice.get(&path).await.expect(200)["status"], "building");
    platform.github.release_all();
    platform.github.hold_runs(None);
    let build = alice.wait_for_end(&path).await;
    assert_eq!(build["status"], "cancelled");

    // Cancelling it again changes nothing.
    assert_eq!(alice.delete(&path).await.expect(202)["status"], "cancelled");
    platform.finish().await;
}

#[tokio::test]
async fn a_finished_build_cannot_be_cancelled() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    assert!(
        alice
            .delete(&path)
            .await
            .expect_problem_with_reason(409, "build_ended")
            .contains("ended already")
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_cancel_request_that_did_not_reach_github_is_sent_again() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = platform.running_build(&alice).await;
    platform.github.add_fault(Fault::status("POST", "/cancel", 502).times(1));
    alice.delete(&path).await.expect_problem(503);
    // The cancel request was stored, so the next read sends it.
    assert_eq!(alice.wait_for_end(&path).await["status"], "cancelled");
    platform.finish().await;
}

#[tokio::test]
async fn a_build_can_be_cancelled_before_its_run_appears() {
    let platform =
        TestPlatform::config().without_webhooks().github(|o| o.dispatch_204 = true).start().await;
    let alice = platform.user("alice");
    platform.github.hold_runs(HoldPoint::Creation);
    let path = alice.start_build(alice.create_project("myapp").await).await;
    assert_eq!(alice.delete(&path).await.expect(202)["status"], "pending");
    platform.github.hold_runs(HoldPoint::InProgress);
    platform.github.release_all();
    assert_eq!(alice.wait_for_end(&path).await["status"], "cancelled");
    platform.finish().await;
}

#[tokio::test]
async fn the_request_of_a_failed_build_can_be_changed_and_sent_again() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build_of(alice.create_project("myapp").await, "will-fail").await;
    alice.wait_for_end(&path).await;
    let mut body = alice.get(&format!("{path}/request")).await.expect(200);
    body["service_name"] = json!("will-be-well");
    body["image_name"] = json!("myapp");
    let created = alice.post("/api/v1/builds", &body).await.expect(202);
    let path = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    platform.finish().await;
}

#[tokio::test]
async fn a_retry_is_the_next_attempt_of_the_same_run() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build_of(alice.create_project("myapp").await, "will-fail").await;
    assert_eq!(alice.wait_for_end(&path).await["attempt"], 1);

    platform.github.hold_runs(HoldPoint::InProgress);
    let retried = alice.post(&format!("{path}/retry"), &json!({})).await.expect(202);
    assert_eq!((&retried["status"], &retried["attempt"]), (&json!("pending"), &json!(2)));
    let second_retry = alice.post(&format!("{path}/retry"), &json!({})).await;
    assert!(
        second_retry.expect_problem_with_reason(409, "build_under_way").contains("still under way")
    );
    platform.github.hold_runs(None);
    platform.github.release_all();
    let build = alice.wait_for_end(&path).await;
    assert_eq!((&build["status"], &build["attempt"]), (&json!("failed"), &json!(2)));
    assert_eq!(platform.github.dispatch_count(), 1, "the run was run again, not dispatched again");
    platform.finish().await;
}

#[tokio::test]
async fn an_attempt_that_was_started_at_github_is_noticed() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let first = alice.wait_for_end(&path).await;
    let run = platform.github.run_for_build(first["build_id"].as_str().unwrap()).unwrap();
    platform.github.rerun_in_github(run.id);
    platform.github.wait_until_idle().await.unwrap();
    let second = alice.wait_for_end(&path).await;
    assert_eq!((&second["status"], &second["attempt"]), (&json!("success"), &json!(2)));
    platform.finish().await;
}

#[tokio::test]
async fn repeated_retries_with_one_key_start_one_attempt() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build_of(alice.create_project("myapp").await, "will-fail").await;
    alice.wait_for_end(&path).await;
    platform.github.hold_runs(HoldPoint::Queued);
    let retry = format!("{path}/retry");
    for _ in 0..3 {
        let response = alice.post_with_key(&retry, &json!({}), "once").await.expect(202);
        assert_eq!(response["attempt"], 2);
    }
    platform.github.release_all();
    assert_eq!(alice.wait_for_end(&path).await["attempt"], 2);
    // After an attempt with another key, a repetition of the old request still starts nothing.
    alice.post_with_key(&retry, &json!({}), "another").await.expect(202);
    assert_eq!(alice.wait_for_end(&path).await["attempt"], 3);
    alice.post_with_key(&retry, &json!({}), "once").await.expect(202);
    assert_eq!(alice.wait_for_end(&path).await["attempt"], 3);
    platform.finish().await;
}

#[tokio::test]
async fn a_retry_that_github_rejects_fails_with_the_reason() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build_of(alice.create_project("myapp").await, "will-fail").await;
    alice.wait_for_end(&path).await;
    platform.github.add_fault(Fault::status("POST", "/rerun", 403).body(json!({
        "message": "Unable to retry this workflow run because it was created over a month ago",
    })));
    let build = alice.post(&format!("{path}/retry"), &json!({})).await.expect(202);
    assert_eq!(build["status"], "failed");
    assert!(build["error_message"].as_str().unwrap().contains("30 days"), "{build}");
    platform.finish().await;
}
