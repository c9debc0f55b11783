//! GitHub renames repositories and limits requests: nothing is lost, and nothing is started twice.

use nokube_sim::{AppKey, HoldPoint, LimitForm};
use nokube_tests::{BUILDER_REPOSITORY, TestPlatform, User};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::{Value, json};
use std::time::Duration;

const NEW_NAME: &str = "platform/new-builder";

#[tokio::test]
async fn the_builder_is_renamed_while_a_build_runs() {
    for has_webhook in [true, false] {
        let mut config = TestPlatform::config();
        config.has_webhook = has_webhook;
        let platform = config.start().await;
        let alice = platform.user("alice");
        let path = platform.running_build(&alice).await;
        platform.github.rename_repository(BUILDER_REPOSITORY, NEW_NAME);
        platform.github.release_all();
        let build = alice.wait_for_end(&path).await;
        assert_eq!(build["status"], "success", "webhooks: {has_webhook}: {build}");

        let project = build["project_id"].as_u64().unwrap();
        let later = alice.wait_for_end(&alice.start_build_of(project, "backend").await).await;
        assert_eq!(later["status"], "success", "webhooks: {has_webhook}: {later}");
        assert_eq!(platform.github.runs().len(), 2);
        let ready = platform.operator().get("/ready").await.expect(200);
        let expected = format!("is now called {NEW_NAME}: change the setting");
        assert!(ready["checks"].to_string().contains(&expected), "{ready}");
        platform.finish().await;
    }
}

/// With webhooks only: no read asks GitHub.
#[tokio::test]
async fn the_events_of_a_renamed_builder_count_without_a_poll() {
    let platform = TestPlatform::config().variable("build_quiet_seconds", "3600").start().await;
    let alice = platform.user("alice");
    platform.github.hold_runs(HoldPoint::InProgress);
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_status(&path, &["building"]).await;
    platform.github.rename_repository(BUILDER_REPOSITORY, NEW_NAME);
    platform.github.release_all();
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    platform.finish().await;
}

#[tokio::test]
async fn an_app_follows_renamed_and_transferred_repositories() {
    let pem = PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    let key = pem.clone();
    let platform = TestPlatform::config()
        .variable("github_token", "")
        .variable("github_app_client_id", "Iv1.app")
        .variable("github_app_private_key", &pem.replace('\n', "\\n"))
        .github(move |o| {
            o.token = None;
            o.app = Some(AppKey { client_id: "Iv1.app".into(), private_key_pem: key });
        })
        .start()
        .await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    assert_eq!(alice.wait_for_end(&alice.start_build(project).await).await["status"], "success");
    for (from, to) in [(BUILDER_REPOSITORY, "platform/moved"), ("platform/moved", "other/moved")] {
        platform.github.rename_repository(from, to);
        let build = alice.wait_for_end(&alice.start_build(project).await).await;
        assert_eq!(build["status"], "success", "{to}: {build}");
    }

    platform.github.rename_repository("alice/private-thing", "alice/private-other");
    let mut request = alice.build_request(project, "frontend").await;
    request["repository_url"] = json!("https://github.com/alice/private-thing");
    let build = alice.post("/api/v1/builds", &request).await.expect(202);
    let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    let build = alice.wait_for_end(&path).await;
    assert_eq!((&build["status"], &build["branch"]), (&json!("success"), &json!("main")));
    assert_eq!(build["repository"], "alice/private-other");
    platform.finish().await;
}

/// Starts a build whose first two dispatches GitHub limits. Returns its path, and what a read of it shows.
async fn start_limited_build(form: LimitForm) -> (TestPlatform, User, String, Value) {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    platform.github.limit_requests("/dispatches", 2, form);
    let path = alice.start_build(project).await;
    let waiting = alice.get(&path).await.expect(200);
    assert_eq!(waiting["status"], "pending", "{form:?}: {waiting}");
    (platform, alice, path, waiting)
}

#[tokio::test]
async fn a_limited_build_goes_on_after_the_limit_and_is_started_once() {
    for form in [LimitForm::RetryAfter, LimitForm::RetryAfterDate, LimitForm::Exhausted] {
        let (platform, alice, path, waiting) = start_limited_build(form).await;
        let detail = waiting["status_detail"].as_str().unwrap();
        let until = waiting["limited_until"].as_str().unwrap();
        assert!(detail.contains("GitHub limits") && detail.contains(until), "{form:?}: {detail}");
        tokio::time::sleep(Duration::from_millis(4_200)).await;
        let reads = (0..6).map(|_| alice.get(&path));
        for read in futures::future::join_all(reads).await {
            read.expect(200);
        }
        let build = alice.wait_for_end(&path).await;
        assert_eq!(build["status"], "success", "{form:?}: {build}");
        assert!(build["limited_until"].is_null());
        assert_eq!(platform.github.runs().len(), 1, "{form:?}");
        platform.finish().await;
    }
}

/// Without a time GitHub expects a minute at least.
#[tokio::test]
async fn a_limit_without_a_time_is_not_reported_as_a_missing_permission() {
    for form in [LimitForm::Secondary, LimitForm::AbuseDetection] {
        let (platform, alice, path, waiting) = start_limited_build(form).await;
        assert!(waiting["limited_until"].is_string());
        alice.delete(&path).await.expect(202);
        assert_eq!(alice.wait_for_end(&path).await["status"], "cancelled");
        assert_eq!(platform.github.runs().len(), 0);
        platform.finish().await;
    }
}
