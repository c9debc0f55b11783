//! `/health` and `/ready`.

use crate::support::browser::Browser;
use nokube_sim::{RepositorySettings, WorkflowState};
use nokube_tests::{StoreKind, TestPlatform};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The failed checks with their details.
fn failed_checks(response: &Value) -> BTreeMap<String, String> {
    let checks = response["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks.filter(|c| c["ok"] == false).map(|c| (text(&c["name"]), text(&c["detail"]))).collect()
}

#[tokio::test]
async fn a_completely_configured_platform_is_ready() {
    let platform = TestPlatform::start().await;
    assert_eq!(platform.anonymous().get("/health").await.status, 200);
    let ready = platform.anonymous().get("/ready").await.expect(200);
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["checks"].as_array().unwrap().len(), 8, "{ready}");
    platform.finish().await;
}

#[tokio::test]
async fn ready_names_the_store_and_that_redis_behind_the_key_value_store_is_deprecated() {
    for (store, expected) in [
        (StoreKind::Sqlite, "Spin's key-value store answers"),
        (StoreKind::Redis, "the Redis server of state_redis_url answers"),
        (StoreKind::KeyValueOnRedis, "deprecated"),
    ] {
        let platform = TestPlatform::config().on(store).start().await;
        platform.user("alice").create_project("myapp").await;
        let ready = platform.operator().get("/ready").await.expect(200);
        let checks = ready["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "store").unwrap();
        let detail = check["detail"].as_str().unwrap();
        assert!(check["ok"] == true && detail.contains(expected), "{detail}");
        platform.finish().await;
    }
}

#[tokio::test]
async fn a_redis_store_whose_host_is_not_allowed_is_reported() {
    let mut platform = TestPlatform::config().on_redis().start().await;
    platform.set_variable("state_redis_host", "redis://unset.invalid:6379");
    platform.restart().await;
    let detail = failed_check(&platform, "state_redis_host").await;
    assert!(detail.contains("of state_redis_url") && !detail.contains("127.0.0.1"), "{detail}");
    let detail = platform.user("alice").get("/api/v1/projects").await.expect_problem(503);
    assert!(detail.contains("settings"), "{detail}");
    platform.finish().await;
}

#[tokio::test]
async fn only_operators_see_the_details_of_checks() {
    let platform = TestPlatform::start().await;
    let mut root = Browser::signed_in(&platform, "root").await;
    let (_, metrics_token) = root.create_token(&["metrics"]).await;
    let (_, read_token) = root.create_token(&["read"]).await;
    for ready in [
        root.get("/ready").await,
        platform.operator().get("/ready").await,
        platform.user_with_token(&metrics_token).get("/ready").await,
    ] {
        assert!(
            ready.text.contains("platform/builder") && ready.text.contains("administrator"),
            "{}",
            ready.text
        );
    }
    let mut alice = Browser::signed_in(&platform, "alice").await;
    for ready in [
        alice.get("/ready").await,
        platform.anonymous().get("/ready").await,
        platform.user_with_token(&read_token).get("/ready").await,
        platform.user_with_token("not a token").get("/ready").await,
    ] {
        ready.expect(200);
        assert!(
            !ready.text.contains("builder") && !ready.text.contains("sign in"),
            "{}",
            ready.text
        );
    }
    platform.finish().await;
}

#[tokio::test]
async fn every_missing_or_malformed_setting_is_named() {
    let mut config = TestPlatform::config().without_webhooks();
    for name in [
        "auth_jwt_secret",
        "auth_session_secret",
        "registry_namespace",
        "github_webhook_secret",
        "github_token",
    ] {
        config = config.variable(name, "");
    }
    let platform = config
        .variable("build_grace_seconds", "soon")
        .variable("github_builder_repository", "not a repository")
        .variable("registry_username", "somebody")
        .start()
        .await;
    let ready = platform.anonymous().get("/ready").await.expect(503);
    let failed = failed_checks(&ready);
    for name in [
        "auth_session_secret",
        "build_grace_seconds",
        "github_app_client_id",
        "github_builder_repository",
        "github_webhook_secret",
        "registry_namespace",
        "registry_token",
    ] {
        assert!(failed.contains_key(name), "{name} is not named in {failed:#?}");
    }
    assert!(failed["build_grace_seconds"].contains("whole number"));
    // Requests get a problem, and nothing panics.
    assert!(
        platform.user("alice").get("/api/v1/builds").await.expect_problem(503).contains("/ready")
    );
    let ping = serde_json::json!({});
    platform.send_webhook("ping", &ping, "").await.expect_problem(503);
    assert_eq!(platform.anonymous().get("/health").await.status, 200);
    platform.finish().await;
}

#[tokio::test]
async fn problems_of_the_builder_repository_are_reported_before_the_first_build() {
    let platform = TestPlatform::start().await;
    let missing = RepositorySettings {
        workflow: Some(WorkflowState::Missing),
        ..RepositorySettings::default()
    };
    platform.github.set_repository(nokube_tests::BUILDER_REPOSITORY, missing);
    let ready = platform.operator().get("/ready").await.expect(503);
    assert!(failed_checks(&ready)["github"].contains("no workflow build.yml"), "{ready}");
    platform.finish().await;
}

#[tokio::test]
async fn many_calls_of_ready_cause_one_check_of_github() {
    let platform = TestPlatform::start().await;
    platform.anonymous().get("/ready").await.expect(200);
    let requests_before = platform.github.requests().len();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let anonymous = platform.anonymous();
            tokio::spawn(async move { anonymous.get("/ready").await.status })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(platform.github.requests().len(), requests_before, "the result is cached");
    platform.finish().await;
}

#[tokio::test]
async fn an_unreachable_registry_is_reported() {
    let platform =
        TestPlatform::config().variable("registry_api_url", "http://127.0.0.1:9").start().await;
    let ready = platform.anonymous().get("/ready").await.expect(503);
    assert!(failed_checks(&ready)["registry"].contains("nokube doctor --operator"));
    let ready = platform.operator().get("/ready").await.expect(503);
    assert!(failed_checks(&ready)["registry"].contains("does not answer"));
    platform.finish().await;
}

/// The detail of a failed check.
async fn failed_check(platform: &TestPlatform, name: &str) -> String {
    let ready = platform.operator().get("/ready").await.expect(503);
    failed_checks(&ready).remove(name).unwrap_or_else(|| panic!("{name} is ok: {ready:#}"))
}

#[tokio::test]
async fn the_registry_credentials_are_checked() {
    let config = |token| {
        let config = TestPlatform::config()
            .variable("registry_username", "puller")
            .variable("registry_token", token);
        config.github(|github| github.registry_credentials = Some(("puller".into(), "good".into())))
    };
    let platform = config("good").start().await;
    let ready = platform.operator().get("/ready").await.expect(200);
    assert!(ready.to_string().contains("accepts registry_username"), "{ready}");
    platform.finish().await;
    let platform = config("expired").start().await;
    assert!(
        failed_check(&platform, "registry").await.contains("does not accept registry_username")
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_platform_without_any_way_to_sign_in_is_not_ready() {
    let platform = TestPlatform::config()
        .variable("auth_jwt_secret", "")
        .variable("github_oauth_client_id", "")
        .variable("github_oauth_client_secret", "")
        .start()
        .await;
    assert!(failed_check(&platform, "sign_in").await.contains("nobody can sign in"));
    platform.finish().await;
}

#[tokio::test]
async fn ready_warns_if_services_share_the_platforms_domain() {
    for (apps_domain, is_separate) in
        [("nokube.test", false), ("apps.nokube.test", false), ("notnokube.test", true)]
    {
        let platform = TestPlatform::config().variable("apps_domain", apps_domain).start().await;
        let ready = platform.operator().get("/ready").await;
        let is_warned = ready.text.contains("apart from the platform's own host");
        assert_eq!(is_warned, !is_separate, "{apps_domain}: {}", ready.text);
        platform.finish().await;
    }
}

/// Waits until the failed check of the cluster contains a text. For operators, the cached result expires
/// quickly.
async fn expect_cluster_detail(platform: &TestPlatform, expected: &str) {
    let mut detail = String::new();
    for _ in 0..50 {
        detail = failed_check(platform, "cluster").await;
        if detail.contains(expected) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{detail} does not contain {expected}");
}

#[tokio::test]
async fn each_problem_of_the_cluster_is_reported() {
    let mut platform = TestPlatform::config()
        .variable("apps_routing", "gateway")
        .variable("apps_gateway", "gateway/main")
        .cluster(|cluster| cluster.platform_rbac = false)
        .start()
        .await;
    expect_cluster_detail(&platform, "nothing restricts the platform to its own namespaces").await;
    platform.cluster.set_gateway_api(false);
    expect_cluster_detail(&platform, "the Gateway API is not installed").await;
    platform.cluster.deny("patch", "deployments.apps");
    expect_cluster_detail(&platform, "patch deployments.apps").await;
    platform.cluster.set_token(Some("another"));
    expect_cluster_detail(&platform, "does not accept kubernetes_token").await;
    platform.set_variable("kubernetes_api_url", "http://127.0.0.1:9");
    platform.restart().await;
    expect_cluster_detail(&platform, "refuses the connection").await;
    platform.finish().await;
}

#[tokio::test]
async fn a_gateway_or_ingress_class_that_is_gone_is_reported() {
    let platform = TestPlatform::config()
        .variable("apps_routing", "gateway")
        .variable("apps_gateway", "gateway/main")
        .start()
        .await;
    platform.operator().get("/ready").await.expect(200);
    platform.cluster.delete_object("gateways", "gateway", "main");
    expect_routing_detail(&platform, "gateway/main does not exist").await;
    platform.finish().await;
    let platform = TestPlatform::config().variable("apps_ingress_class", "public").start().await;
    platform.operator().get("/ready").await.expect(200);
    platform.cluster.delete_object("ingressclasses", "", "public");
    expect_routing_detail(&platform, "'public' does not exist").await;
    platform.finish().await;
}

#[tokio::test]
async fn without_the_newer_permissions_the_platform_is_ready_and_names_them() {
    let platform = TestPlatform::start().await;
    platform.cluster.deny("list", "ingressclasses.networking.k8s.io");
    let ready = platform.operator().get("/ready").await.expect(200);
    assert!(ready.to_string().contains("list ingressclasses.networking.k8s.io"), "{ready}");
    platform.finish().await;
}

/// Waits until the failed check of the routing contains a text.
async fn expect_routing_detail(platform: &TestPlatform, expected: &str) {
    let mut checks = BTreeMap::new();
    for _ in 0..50 {
        let ready = platform.operator().get("/ready").await;
        checks = failed_checks(&serde_json::from_str(&ready.text).unwrap());
        if checks.get("routing").is_some_and(|detail| detail.contains(expected)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{checks:?} does not contain {expected}");
}

#[tokio::test]
async fn an_unavailable_store_is_reported() {
    let mut platform = TestPlatform::config().on_redis().start().await;
    platform.operator().get("/ready").await.expect(200);
    platform.redis().stop();
    assert!(failed_check(&platform, "store").await.contains("Connection refused"));
    assert!(failed_check(&platform, "outside").await.contains("not checked"));
    assert_eq!(platform.anonymous().get("/health").await.status, 200);
    platform.finish().await;
}
