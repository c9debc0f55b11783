//! GitHub's webhooks: who may send them, what they change.

use nokube_sim::{Treatment, WebhookRule};
use nokube_tests::{Answer, WEBHOOK_SECRET, World};
use reqwest::Method;
use serde_json::{Value, json};

/// A run event as GitHub sends it, from the simulation's own deliveries.
async fn run_event(world: &World, action: &str) -> Value {
    world.sim.settled().await.ok();
    let deliveries = world.sim.deliveries();
    let found = deliveries
        .iter()
        .find(|d| d.event == "workflow_run" && d.action.as_deref() == Some(action));
    serde_json::from_slice(&found.unwrap().body).unwrap()
}

#[tokio::test]
async fn a_forged_signature_gets_401_and_changes_nothing() {
    let world = World::new().await;
    let alice = world.user("alice");
    world.sim.webhooks(WebhookRule::all(Treatment::Hold));
    world.sim.hold_runs(nokube_sim::HoldAt::InProgress);
    let path = alice.build(alice.project("myapp").await).await;
    let before = alice.until(&path, &["building"]).await["status"].clone();
    let id = path.rsplit('/').next().unwrap();
    let forged = json!({
        "action": "completed",
        "repository": { "full_name": nokube_tests::BUILDER },
        "workflow_run": {
            "id": 1, "run_attempt": 1, "display_title": format!("NoKube build {id}"),
            "path": ".github/workflows/build.yml", "status": "completed", "conclusion": "success",
        },
    });
    let (answer, cost) = world.cost(world.webhook("workflow_run", &forged, "guessed")).await;
    assert!(answer.problem(401).contains("signature"));
    assert_eq!((cost.reads, cost.writes), (0, 0));
    for header in [None, Some("sha256="), Some("sha1=00"), Some("")] {
        let mut request =
            world.anybody().request(Method::POST, "/api/v1/webhooks/github").json(&forged);
        if let Some(header) = header {
            request = request.header("x-hub-signature-256", header);
        }
        Answer::of(request).await.problem(401);
    }
    assert_eq!(alice.get(&path).await.expect(200)["status"], before);
    world.end().await;
}

#[tokio::test]
async fn a_body_of_30_mb_gets_413_early() {
    let world = World::new().await;
    let big = vec![b' '; 30 * 1024 * 1024];
    let signature = nokube_sim::signature(WEBHOOK_SECRET, &big).unwrap();
    let request = world.anybody().request(Method::POST, "/api/v1/webhooks/github");
    let request = request.header("x-hub-signature-256", signature).body(big);
    Answer::of(request).await.problem(413);

    // The same where no length is announced, and for the API.
    let pieces = (0..480).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
    let stream = reqwest::Body::wrap_stream(futures_stream(pieces));
    let request = world.user("alice").request(Method::POST, "/api/v1/builds");
    let request = request.header("content-type", "application/json").body(stream);
    Answer::of(request).await.problem(413);
    world.end().await;
}

fn futures_stream<I>(pieces: I) -> impl futures::Stream<Item = I::Item>
where
    I: Iterator,
{
    futures::stream::iter(pieces)
}

#[tokio::test]
async fn two_secrets_are_accepted_during_a_rotation() {
    let world =
        World::plan().set("github_webhook_secret_previous", "the-secret-from-before").start().await;
    let ping = json!({ "zen": "Design for failure.", "hook_id": 1 });
    for secret in [WEBHOOK_SECRET, "the-secret-from-before"] {
        assert_eq!(world.webhook("ping", &ping, secret).await.expect(200)["outcome"], "pong");
    }
    world.webhook("ping", &ping, "").await.problem(401);
    world.end().await;
}

#[tokio::test]
async fn what_is_not_ours_is_ignored_with_2xx() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    let ours = run_event(&world, "completed").await;
    let mut elsewhere = ours.clone();
    elsewhere["repository"]["full_name"] = json!("somebody/else");
    let mut other_workflow = ours.clone();
    other_workflow["workflow_run"]["path"] = json!(".github/workflows/lint.yml");
    let mut by_hand = ours.clone();
    by_hand["workflow_run"]["display_title"] = json!("Trying something");
    for (event, body) in [
        ("workflow_run", elsewhere),
        ("workflow_run", other_workflow),
        ("workflow_run", by_hand),
        ("push", json!({ "ref": "refs/heads/main" })),
        ("an_event_of_tomorrow", json!([])),
        ("workflow_run", ours), // A repetition.
    ] {
        let (answer, cost) = world.cost(world.webhook(event, &body, WEBHOOK_SECRET)).await;
        assert_eq!(answer.expect(200)["outcome"], "ignored");
        assert_eq!(cost.writes, 0);
    }
    let answer = world.webhook("workflow_run", &json!({ "action": 1 }), WEBHOOK_SECRET).await;
    assert!(answer.problem(400).contains("not a GitHub event"));
    world.end().await;
}

#[tokio::test]
async fn a_package_of_somebody_else_is_not_the_builds_image() {
    let world = World::new().await;
    let alice = world.user("alice");
    world.sim.fault(nokube_sim::Fault::status("HEAD", "/manifests/", 404).times(1_000));
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    world.sim.settled().await.ok();
    let id = path.rsplit('/').next().unwrap();
    let pushed = |owner: &str, name: &str, digit: &str| {
        json!({ "action": "published", "package": {
            "name": name, "owner": { "login": owner },
            "package_version": {
                "updated_at": "2100-01-01T00:00:00Z",
                "container_metadata": { "tag": {
                    "name": format!("build-{id}"), "digest": format!("sha256:{}", digit.repeat(64)),
                } },
            },
        } })
    };
    world.webhook("package", &pushed("mallory", "x", "e"), WEBHOOK_SECRET).await.expect(200);
    assert!(!alice.get(&path).await.text.contains(&"e".repeat(64)));
    let ours = pushed("Platform", "alice-myapp-frontend", "a");
    world.webhook("package", &ours, WEBHOOK_SECRET).await.expect(200);
    let digest = alice.get(&path).await.expect(200)["image_digest"].clone();
    assert_eq!(digest, format!("sha256:{}", "a".repeat(64)));
    world.end().await;
}

#[tokio::test]
async fn an_event_of_another_platform_with_the_same_numbers_changes_nothing() {
    // Two platforms may share a builder repository, and both count from 1.
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    let ended = alice.until_ended(&path).await;
    let mut event = run_event(&world, "completed").await;
    let other = nokube_domain::BuildId::new(nokube_domain::ProjectId(1), 1, 42);
    event["workflow_run"]["display_title"] = json!(other.run_title());
    event["workflow_run"]["id"] = json!(99_999_999_999_u64);
    event["workflow_run"]["conclusion"] = json!("failure");
    let answer = world.webhook("workflow_run", &event, WEBHOOK_SECRET).await;
    assert_eq!(answer.expect(200)["outcome"], "ignored");
    assert_eq!(alice.get(&path).await.expect(200), ended);
    world.end().await;
}
