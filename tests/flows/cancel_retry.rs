//! Cancelling a build, and trying again.

use nokube_sim::{Fault, HoldAt};
use nokube_tests::World;
use serde_json::json;

#[tokio::test]
async fn a_cancelled_build_is_cancelled_only_when_github_says_so() {
    let world = World::new().await;
    let alice = world.user("alice");
    world.sim.hold_runs(HoldAt::Cancelling);
    world.sim.set_step(std::time::Duration::from_millis(300));
    let path = alice.build(alice.project("myapp").await).await;
    alice.until(&path, &["building"]).await;

    let told = alice.delete(&path).await.expect(202);
    assert_eq!(told["status"], "building", "GitHub has not stopped it yet");
    assert!(told["cancel_requested_at"].is_string());
    assert_eq!(alice.get(&path).await.expect(200)["status"], "building");
    world.sim.release_all();
    world.sim.hold_runs(None);
    let build = alice.until_ended(&path).await;
    assert_eq!(build["status"], "cancelled");

    // Once more changes nothing; after another end there is nothing to cancel.
    assert_eq!(alice.delete(&path).await.expect(202)["status"], "cancelled");
    world.end().await;
}

#[tokio::test]
async fn a_finished_build_cannot_be_cancelled() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    assert!(alice.delete(&path).await.refused(409, "BuildEnded").contains("ended already"));
    world.end().await;
}

#[tokio::test]
async fn a_wish_to_cancel_that_github_did_not_hear_is_sent_again() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = world.running_build(&alice).await;
    world.sim.fault(Fault::status("POST", "/cancel", 502).times(1));
    alice.delete(&path).await.problem(503);
    // The wish was kept: reading is enough.
    assert_eq!(alice.until_ended(&path).await["status"], "cancelled");
    world.end().await;
}

#[tokio::test]
async fn a_build_is_cancelled_even_before_its_run_shows_up() {
    let world = World::plan().without_webhooks().github(|o| o.dispatch_204 = true).start().await;
    let alice = world.user("alice");
    world.sim.hold_runs(HoldAt::Creation);
    let path = alice.build(alice.project("myapp").await).await;
    assert_eq!(alice.delete(&path).await.expect(202)["status"], "pending");
    world.sim.hold_runs(HoldAt::InProgress);
    world.sim.release_all();
    assert_eq!(alice.until_ended(&path).await["status"], "cancelled");
    world.end().await;
}

#[tokio::test]
async fn what_a_failed_build_was_asked_for_is_to_be_had_and_asked_for_with_a_change() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build_of(alice.project("myapp").await, "will-fail").await;
    alice.until_ended(&path).await;
    let mut asked = alice.get(&format!("{path}/request")).await.expect(200);
    asked["service_name"] = json!("will-be-well");
    asked["image_name"] = json!("myapp");
    let created = alice.post("/api/v1/builds", &asked).await.expect(202);
    let path = format!("/api/v1/builds/{}", created["build_id"].as_str().unwrap());
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    world.end().await;
}

#[tokio::test]
async fn a_failed_build_is_tried_again_as_the_next_attempt_of_its_run() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build_of(alice.project("myapp").await, "will-fail").await;
    assert_eq!(alice.until_ended(&path).await["attempt"], 1);

    world.sim.hold_runs(HoldAt::InProgress);
    let again = alice.post(&format!("{path}/retry"), &json!({})).await.expect(202);
    assert_eq!((&again["status"], &again["attempt"]), (&json!("pending"), &json!(2)));
    let twice = alice.post(&format!("{path}/retry"), &json!({})).await;
    assert!(twice.refused(409, "BuildUnderWay").contains("still under way"));
    world.sim.hold_runs(None);
    world.sim.release_all();
    let build = alice.until_ended(&path).await;
    assert_eq!((&build["status"], &build["attempt"]), (&json!("failed"), &json!(2)));
    assert_eq!(world.sim.dispatches(), 1, "the run was run again, not dispatched anew");
    world.end().await;
}

#[tokio::test]
async fn an_attempt_started_at_github_is_seen() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    let first = alice.until_ended(&path).await;
    let run = world.sim.run_of(first["build_id"].as_str().unwrap()).unwrap();
    world.sim.rerun_in_github(run.id);
    world.sim.settled().await.unwrap();
    let second = alice.until_ended(&path).await;
    assert_eq!((&second["status"], &second["attempt"]), (&json!("success"), &json!(2)));
    world.end().await;
}

#[tokio::test]
async fn a_retry_with_a_key_starts_one_attempt_however_often_it_is_sent() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build_of(alice.project("myapp").await, "will-fail").await;
    alice.until_ended(&path).await;
    world.sim.hold_runs(HoldAt::Queued);
    let retry = format!("{path}/retry");
    for _ in 0..3 {
        let answer = alice.post_with_key(&retry, &json!({}), "once").await.expect(202);
        assert_eq!(answer["attempt"], 2);
    }
    world.sim.release_all();
    assert_eq!(alice.until_ended(&path).await["attempt"], 2);
    // Somebody else's next attempt does not bring the old request back.
    alice.post_with_key(&retry, &json!({}), "another").await.expect(202);
    assert_eq!(alice.until_ended(&path).await["attempt"], 3);
    alice.post_with_key(&retry, &json!({}), "once").await.expect(202);
    assert_eq!(alice.until_ended(&path).await["attempt"], 3);
    world.end().await;
}

#[tokio::test]
async fn a_retry_that_github_refuses_says_why() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build_of(alice.project("myapp").await, "will-fail").await;
    alice.until_ended(&path).await;
    world.sim.fault(Fault::status("POST", "/rerun", 403).body(json!({
        "message": "Unable to retry this workflow run because it was created over a month ago",
    })));
    let told = alice.post(&format!("{path}/retry"), &json!({})).await.expect(202);
    assert_eq!(told["status"], "failed");
    assert!(told["error_message"].as_str().unwrap().contains("30 days"), "{told}");
    world.end().await;
}
