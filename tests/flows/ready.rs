//! `/health` and `/ready`: what is missing is said in words.

use crate::browser::Browser;
use nokube_sim::{RepositorySettings, WorkflowState};
use nokube_tests::World;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

fn failing(answer: &Value) -> BTreeMap<String, String> {
    let checks = answer["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks.filter(|c| c["ok"] == false).map(|c| (text(&c["name"]), text(&c["detail"]))).collect()
}

#[tokio::test]
async fn a_complete_platform_is_ready() {
    let world = World::new().await;
    assert_eq!(world.anybody().get("/health").await.status, 200);
    let ready = world.anybody().get("/ready").await.expect(200);
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["checks"].as_array().unwrap().len(), 5, "{ready}");
    world.end().await;
}

#[tokio::test]
async fn strangers_hear_whether_it_is_well_and_operators_why() {
    let world = World::new().await;
    let mut root = Browser::signed_in(&world, "root").await;
    let (_, metrics) = root.token(&["metrics"]).await;
    let (_, reads) = root.token(&["read"]).await;
    for told in [
        root.get("/ready").await,
        world.operator().get("/ready").await,
        world.bearer(&metrics).get("/ready").await,
    ] {
        assert!(
            told.text.contains("platform/builder") && told.text.contains("administrator"),
            "{}",
            told.text
        );
    }
    let mut alice = Browser::signed_in(&world, "alice").await;
    for told in [
        alice.get("/ready").await,
        world.anybody().get("/ready").await,
        world.bearer(&reads).get("/ready").await,
        world.bearer("no token at all").get("/ready").await,
    ] {
        told.expect(200);
        assert!(!told.text.contains("builder") && !told.text.contains("sign in"), "{}", told.text);
    }
    world.end().await;
}

#[tokio::test]
async fn every_setting_that_is_missing_or_malformed_is_named() {
    let mut plan = World::plan().without_webhooks();
    for name in [
        "auth_jwt_secret",
        "auth_session_secret",
        "registry_namespace",
        "github_webhook_secret",
        "github_token",
    ] {
        plan = plan.set(name, "");
    }
    let world = plan
        .set("build_grace_seconds", "soon")
        .set("github_builder_repository", "not a repository")
        .set("registry_username", "somebody")
        .start()
        .await;
    let told = world.anybody().get("/ready").await.expect(503);
    let failing = failing(&told);
    for name in [
        "auth_session_secret",
        "build_grace_seconds",
        "github_app_client_id",
        "github_builder_repository",
        "github_webhook_secret",
        "registry_namespace",
        "registry_token",
    ] {
        assert!(failing.contains_key(name), "{name} is not named in {failing:#?}");
    }
    assert!(failing["build_grace_seconds"].contains("whole number"));
    // A request is answered in words as well, and nothing panics.
    assert!(world.user("alice").get("/api/v1/builds").await.problem(503).contains("/ready"));
    let ping = serde_json::json!({});
    world.webhook("ping", &ping, "").await.problem(503);
    assert_eq!(world.anybody().get("/health").await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn what_github_would_refuse_is_said_before_the_first_build() {
    let world = World::new().await;
    let missing = RepositorySettings {
        workflow: Some(WorkflowState::Missing),
        ..RepositorySettings::default()
    };
    world.sim.set_repository(nokube_tests::BUILDER, missing);
    let told = world.operator().get("/ready").await.expect(503);
    assert!(failing(&told)["github"].contains("no workflow build.yml"), "{told}");
    world.end().await;
}

#[tokio::test]
async fn however_many_ask_github_is_asked_once() {
    let world = World::new().await;
    world.anybody().get("/ready").await.expect(200);
    let asked = world.sim.requests().len();
    let asks: Vec<_> = (0..50)
        .map(|_| {
            let anybody = world.anybody();
            tokio::spawn(async move { anybody.get("/ready").await.status })
        })
        .collect();
    for ask in asks {
        assert_eq!(ask.await.unwrap(), 200);
    }
    assert_eq!(world.sim.requests().len(), asked, "told from storage");
    world.end().await;
}

#[tokio::test]
async fn a_registry_that_is_away_is_said() {
    let world = World::plan().set("registry_api_url", "http://127.0.0.1:9").start().await;
    let told = world.anybody().get("/ready").await.expect(503);
    assert!(failing(&told)["registry"].contains("make doctor"));
    let told = world.operator().get("/ready").await.expect(503);
    assert!(failing(&told)["registry"].contains("does not answer"));
    world.end().await;
}

/// What the check `name` says, while the platform is not ready.
async fn wrong(world: &World, name: &str) -> String {
    let told = world.operator().get("/ready").await.expect(503);
    failing(&told).remove(name).unwrap_or_else(|| panic!("{name} is well: {told:#}"))
}

#[tokio::test]
async fn the_login_at_the_registry_is_tried() {
    let plan = |token| {
        let plan = World::plan().set("registry_username", "puller").set("registry_token", token);
        plan.github(|github| github.registry_credentials = Some(("puller".into(), "good".into())))
    };
    let world = plan("good").start().await;
    let told = world.operator().get("/ready").await.expect(200);
    assert!(told.to_string().contains("takes registry_username"), "{told}");
    world.end().await;
    let world = plan("ended").start().await;
    assert!(wrong(&world, "registry").await.contains("does not take registry_username"));
    world.end().await;
}

#[tokio::test]
async fn a_platform_that_nobody_can_sign_in_to_is_not_ready() {
    let world = World::plan()
        .set("auth_jwt_secret", "")
        .set("github_oauth_client_id", "")
        .set("github_oauth_client_secret", "")
        .start()
        .await;
    assert!(wrong(&world, "sign-in").await.contains("nobody can sign in"));
    world.end().await;
}

#[tokio::test]
async fn services_are_served_apart_from_the_platform() {
    for (apps, is_apart) in
        [("nokube.test", false), ("apps.nokube.test", false), ("notnokube.test", true)]
    {
        let world = World::plan().set("apps_domain", apps).start().await;
        let told = world.operator().get("/ready").await;
        let named = told.text.contains("apart from the platform's own host");
        assert_eq!(named, !is_apart, "{apps}: {}", told.text);
        world.end().await;
    }
}

/// Operators, who have just mended something, are soon told what is so now.
async fn cluster_says(world: &World, words: &str) {
    let mut told = String::new();
    for _ in 0..50 {
        told = wrong(world, "cluster").await;
        if told.contains(words) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{told} does not say {words}");
}

#[tokio::test]
async fn what_is_wrong_with_the_cluster_is_said_with_its_cure() {
    let mut world = World::plan()
        .set("apps_routing", "gateway")
        .set("apps_gateway", "gateway/main")
        .cluster(|cluster| cluster.prepared = false)
        .start()
        .await;
    cluster_says(&world, "nothing keeps the platform in its own namespaces").await;
    world.cluster.set_gateway_api(false);
    cluster_says(&world, "the Gateway API is not installed").await;
    world.cluster.deny("patch", "deployments.apps");
    cluster_says(&world, "patch deployments.apps").await;
    world.cluster.set_token(Some("another"));
    cluster_says(&world, "does not take kubernetes_token").await;
    world.set("kubernetes_api_url", "http://127.0.0.1:9");
    world.restart().await;
    cluster_says(&world, "refuses the connection").await;
    world.end().await;
}

#[tokio::test]
async fn a_store_that_is_away_is_said() {
    let mut world = World::plan().on_redis().start().await;
    world.operator().get("/ready").await.expect(200);
    world.lose_the_store();
    assert!(wrong(&world, "store").await.contains("neither read nor written"));
    assert_eq!(world.anybody().get("/health").await.status, 200);
    world.end().await;
}
