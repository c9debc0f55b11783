//! GitHub's webhooks: authentication, size, and which events change a build.

use nokube_sim::{Treatment, WebhookRule};
use nokube_tests::{Response, TestPlatform, WEBHOOK_SECRET};
use reqwest::Method;
use serde_json::{Value, json};

/// The payload of a `workflow_run` event that the simulated GitHub has delivered.
async fn run_event(platform: &TestPlatform, action: &str) -> Value {
    platform.github.wait_until_idle().await.ok();
    let deliveries = platform.github.deliveries();
    let delivery = deliveries
        .iter()
        .find(|d| d.event == "workflow_run" && d.action.as_deref() == Some(action));
    serde_json::from_slice(&delivery.unwrap().body).unwrap()
}

#[tokio::test]
async fn a_forged_signature_gets_401_and_changes_nothing() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    platform.github.add_webhook_rule(WebhookRule::all(Treatment::Hold));
    platform.github.hold_runs(nokube_sim::HoldPoint::InProgress);
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let before = alice.wait_for_status(&path, &["building"]).await["status"].clone();
    let id = path.rsplit('/').next().unwrap();
    let forged = json!({
        "action": "completed",
        "repository": { "full_name": nokube_tests::BUILDER_REPOSITORY },
        "workflow_run": {
            "id": 1, "run_attempt": 1, "display_title": format!("NoKube build {id}"),
            "path": ".github/workflows/build.yml", "status": "completed", "conclusion": "success",
        },
    });
    let (response, cost) =
        platform.measure(platform.send_webhook("workflow_run", &forged, "guessed")).await;
    assert!(response.expect_problem(401).contains("signature"));
    assert_eq!((cost.reads, cost.writes), (0, 0));
    for header in [None, Some("sha256="), Some("sha1=00"), Some("")] {
        let mut request =
            platform.anonymous().request(Method::POST, "/api/v1/webhooks/github").json(&forged);
        if let Some(header) = header {
            request = request.header("x-hub-signature-256", header);
        }
        Response::send(request).await.expect_problem(401);
    }
    assert_eq!(alice.get(&path).await.expect(200)["status"], before);
    platform.finish().await;
}

#[tokio::test]
async fn a_body_of_9_mib_is_rejected_with_413() {
    let platform = TestPlatform::start().await;
    let big = vec![b' '; 9 * 1024 * 1024];
    let signature = nokube_sim::webhook_signature(WEBHOOK_SECRET, &big).unwrap();
    let request = platform.anonymous().request(Method::POST, "/api/v1/webhooks/github");
    let request = request.header("x-hub-signature-256", signature).body(big);
    Response::send(request).await.expect_problem(413);

    // Also without a Content-Length, and also for the API.
    let chunks = (0..144).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let request = platform.user("alice").request(Method::POST, "/api/v1/builds");
    let request = request.header("content-type", "application/json").body(stream);
    Response::send(request).await.expect_problem(413);
    platform.finish().await;
}

#[tokio::test]
async fn the_previous_secret_is_accepted_during_a_rotation() {
    let platform = TestPlatform::config()
        .variable("github_webhook_secret_previous", "the-secret-from-before")
        .start()
        .await;
    let ping = json!({ "zen": "Design for failure.", "hook_id": 1 });
    for secret in [WEBHOOK_SECRET, "the-secret-from-before"] {
        assert_eq!(
            platform.send_webhook("ping", &ping, secret).await.expect(200)["outcome"],
            "pong"
        );
    }
    platform.send_webhook("ping", &ping, "").await.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn events_that_are_not_about_a_build_are_ignored_with_200() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    platform.settle().await;
    let completed = run_event(&platform, "completed").await;
    let mut other_repository = completed.clone();
    other_repository["repository"]["full_name"] = json!("somebody/else");
    let mut other_workflow = completed.clone();
    other_workflow["workflow_run"]["path"] = json!(".github/workflows/lint.yml");
    let mut started_manually = completed.clone();
    started_manually["workflow_run"]["display_title"] = json!("Trying something");
    for (event, body) in [
        ("workflow_run", other_repository),
        ("workflow_run", other_workflow),
        ("workflow_run", started_manually),
        ("push", json!({ "ref": "refs/heads/main", "repository": { "id": 1 } })),
        ("an_event_of_tomorrow", json!([])),
        ("workflow_run", completed), // A repetition.
    ] {
        let (response, cost) =
            platform.measure(platform.send_webhook(event, &body, WEBHOOK_SECRET)).await;
        assert_eq!(response.expect(200)["outcome"], "ignored");
        assert_eq!(cost.writes, 0);
    }
    let response =
        platform.send_webhook("workflow_run", &json!({ "action": 1 }), WEBHOOK_SECRET).await;
    assert!(response.expect_problem(400).contains("not what GitHub documents"));
    platform.finish().await;
}

#[tokio::test]
async fn a_package_of_another_owner_is_not_the_builds_image() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    platform.github.add_fault(nokube_sim::Fault::status("HEAD", "/manifests/", 404).times(1_000));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    platform.github.wait_until_idle().await.ok();
    let id = path.rsplit('/').next().unwrap();
    let package_event = |owner: &str, name: &str, digit: &str| {
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
    platform
        .send_webhook("package", &package_event("mallory", "x", "e"), WEBHOOK_SECRET)
        .await
        .expect(200);
    assert!(!alice.get(&path).await.text.contains(&"e".repeat(64)));
    let own_package = package_event("Platform", "alice-myapp-frontend", "a");
    platform.send_webhook("package", &own_package, WEBHOOK_SECRET).await.expect(200);
    let digest = alice.get(&path).await.expect(200)["image_digest"].clone();
    assert_eq!(digest, format!("sha256:{}", "a".repeat(64)));
    platform.finish().await;
}

#[tokio::test]
async fn an_event_of_another_platform_with_the_same_build_number_changes_nothing() {
    // Two platforms may share a builder repository, and both number their builds from 1.
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let ended = alice.wait_for_end(&path).await;
    let mut event = run_event(&platform, "completed").await;
    let other = nokube_domain::BuildId::new(nokube_domain::ProjectId(1), 1, 42);
    event["workflow_run"]["display_title"] = json!(other.run_title());
    event["workflow_run"]["id"] = json!(99_999_999_999_u64);
    event["workflow_run"]["conclusion"] = json!("failure");
    let response = platform.send_webhook("workflow_run", &event, WEBHOOK_SECRET).await;
    assert_eq!(response.expect(200)["outcome"], "ignored");
    assert_eq!(alice.get(&path).await.expect(200), ended);
    platform.finish().await;
}
