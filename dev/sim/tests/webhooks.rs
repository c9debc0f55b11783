//! Webhook deliveries that are dropped, duplicated, held back or redelivered.

mod support;

use nokube_sim::{AppKey, DeliveryState, GitHubOptions, Treatment, WebhookRule};
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{app_jwt, start_with_app};
use support::start;

#[tokio::test]
async fn deliveries_can_be_dropped_and_duplicated() {
    let github = start().await;
    github
        .sim
        .add_webhook_rule(WebhookRule::all(Treatment::Drop).event("workflow_run", "completed"));
    github.sim.add_webhook_rule(
        WebhookRule::all(Treatment::Duplicate).event("workflow_job", "queued").times(1),
    );
    github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();
    let names = github.receiver.names();
    assert_eq!(names.iter().filter(|name| *name == "workflow_job.queued").count(), 2);
    assert!(!names.contains(&"workflow_run.completed".to_owned()));
    let all = github.receiver.all();
    let queued: Vec<_> = all.iter().filter(|received| received.action == "queued").collect();
    assert_eq!(queued[0].delivery, queued[1].delivery);

    let dropped =
        github.sim.deliveries().into_iter().find(|found| found.state == DeliveryState::Dropped);
    github.sim.redeliver(dropped.unwrap().id);
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.receiver.names().last().unwrap(), "workflow_run.completed");
}

#[tokio::test]
async fn held_deliveries_can_be_sent_in_any_order() {
    let github = start().await;
    github.sim.add_webhook_rule(WebhookRule::all(Treatment::Hold));
    github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();
    assert!(github.receiver.all().is_empty());
    let ids: Vec<u64> = github.sim.deliveries().iter().rev().map(|held| held.id).collect();
    github.sim.release_webhooks_in_order(&ids);
    github.sim.wait_until_idle().await.unwrap();
    let names = github.receiver.names();
    assert_eq!(names.first().unwrap(), "workflow_run.completed");
    assert_eq!(names.last().unwrap(), "workflow_run.requested");
    // The payload has the state at the time of the event.
    assert_eq!(github.receiver.all().last().unwrap().body["workflow_run"]["status"], "queued");
}

#[tokio::test]
async fn the_api_lists_deliveries_and_redelivers_one() {
    let github = start_with_app().await;
    github.sim.ping();
    github.sim.wait_until_idle().await.unwrap();
    assert_eq!(github.receiver.names(), ["ping."]);
    let path = "/app/hook/deliveries";
    let send = async |method: Method, path: &str| {
        let request = github.request(method, path).bearer_auth(app_jwt(-60, 500));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (_, listed) = send(Method::GET, path).await;
    assert_eq!((&listed[0]["event"], &listed[0]["status_code"]), (&json!("ping"), &json!(202)));
    let redeliver = format!("{path}/{}/attempts", listed[0]["id"]);
    assert_eq!(send(Method::POST, &redeliver).await.0, 202);
    github.sim.wait_until_idle().await.unwrap();
    let (_, listed) = send(Method::GET, path).await;
    assert_eq!(listed[0]["guid"], listed[1]["guid"]);
    assert_eq!(listed[0]["redelivery"], true);
    assert_eq!(github.get(path).await.status(), 401, "only the App may list them");
}

#[tokio::test]
async fn an_unreachable_receiver_gets_no_retries() {
    let github = start().await;
    github.sim.set_webhook("http://127.0.0.1:9/closed", "secret");
    github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();
    assert!(github.sim.deliveries().iter().all(|delivery| delivery.state == DeliveryState::Failed));
    assert_eq!(github.sim.deliveries().len(), 8);
}

#[tokio::test]
async fn an_invalid_private_key_prevents_the_start() {
    let app = AppKey { client_id: "Iv1".into(), private_key_pem: "no key".into() };
    let options = GitHubOptions { app: Some(app), ..GitHubOptions::default() };
    assert!(nokube_sim::SimulatedGitHub::start(options).await.is_err());
}
