//! Events that are lost, doubled, late or asked for again.

mod support;

use nokube_sim::{AppKey, DeliveryState, Options, Treatment, WebhookRule};
use serde_json::json;
use support::{BUILDER, world, world_with};

#[tokio::test]
async fn events_can_be_lost_and_doubled() {
    let world = world().await;
    world.sim.webhooks(WebhookRule::all(Treatment::Drop).event("workflow_run", "completed"));
    world
        .sim
        .webhooks(WebhookRule::all(Treatment::Duplicate).event("workflow_job", "queued").times(1));
    world.build("b1", "ghcr.io/n/a").await;
    world.sim.settled().await.unwrap();
    let names = world.inbox.names();
    assert_eq!(names.iter().filter(|name| *name == "workflow_job.queued").count(), 2);
    assert!(!names.contains(&"workflow_run.completed".to_owned()));
    let all = world.inbox.all();
    let queued: Vec<_> = all.iter().filter(|received| received.action == "queued").collect();
    assert_eq!(queued[0].delivery, queued[1].delivery);

    let lost = world.sim.deliveries().into_iter().find(|one| one.state == DeliveryState::Dropped);
    world.sim.redeliver(lost.unwrap().id);
    world.sim.settled().await.unwrap();
    assert_eq!(world.inbox.names().last().unwrap(), "workflow_run.completed");
}

#[tokio::test]
async fn held_events_arrive_in_any_order() {
    let world = world().await;
    world.sim.webhooks(WebhookRule::all(Treatment::Hold));
    world.build("b1", "ghcr.io/n/a").await;
    world.sim.settled().await.unwrap();
    assert!(world.inbox.all().is_empty());
    let ids: Vec<u64> = world.sim.deliveries().iter().rev().map(|held| held.id).collect();
    world.sim.release_webhooks_in_order(&ids);
    world.sim.settled().await.unwrap();
    let names = world.inbox.names();
    assert_eq!(names.first().unwrap(), "workflow_run.completed");
    assert_eq!(names.last().unwrap(), "workflow_run.requested");
    // The body is as it was when it happened.
    assert_eq!(world.inbox.all().last().unwrap().body["workflow_run"]["status"], "queued");
}

#[tokio::test]
async fn github_lists_its_deliveries_and_sends_one_again() {
    let world = world_with(Options { ping: true, ..Options::default() }).await;
    world.sim.settled().await.unwrap();
    assert_eq!(world.inbox.names(), ["ping."]);
    let path = format!("{BUILDER}/hooks/1/deliveries");
    let listed = world.json(&path).await;
    assert_eq!((&listed[0]["event"], &listed[0]["status_code"]), (&json!("ping"), &json!(202)));
    let again = format!("{path}/{}/attempts", listed[0]["id"]);
    assert_eq!(world.post(&again, json!({})).await.status(), 202);
    world.sim.settled().await.unwrap();
    let listed = world.json(&path).await;
    assert_eq!(listed[0]["guid"], listed[1]["guid"]);
    assert_eq!(listed[0]["redelivery"], true);
    let stranger = "/repos/alice/missing/hooks/1/deliveries";
    assert_eq!(world.get(stranger).await.status(), 404);
}

#[tokio::test]
async fn a_receiver_that_is_away_is_not_asked_twice() {
    let world = world().await;
    world.sim.set_webhook("http://127.0.0.1:9/closed", "secret");
    world.build("b1", "ghcr.io/n/a").await;
    world.sim.settled().await.unwrap();
    assert!(world.sim.deliveries().iter().all(|one| one.state == DeliveryState::Failed));
    assert_eq!(world.sim.deliveries().len(), 8);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_at_the_start() {
    let app = AppKey { client_id: "Iv1".into(), private_key_pem: "no key".into() };
    let options = Options { app: Some(app), ..Options::default() };
    assert!(nokube_sim::Sim::start(options).await.is_err());
}
