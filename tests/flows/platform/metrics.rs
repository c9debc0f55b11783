//! `GET /metrics`: gauges for Prometheus.

use crate::support::browser::Browser;
use nokube_tests::{TestPlatform, User};
use serde_json::json;

/// The lines of the gauges, without comments and without the prefix `nokube_`.
async fn gauges(root: &mut Browser) -> Vec<String> {
    let metrics = root.get("/metrics").await;
    metrics.expect(200);
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let lines = metrics.text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.trim_start_matches("nokube_").to_owned()).collect()
}

#[tokio::test]
async fn gauges_count_projects_builds_and_deployments() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let mut root = Browser::signed_in(&platform, "root").await;
    assert_eq!(
        gauges(&mut root).await,
        [
            "projects 0",
            "projects_made 0",
            "builds{status=\"pending\"} 0",
            "builds{status=\"building\"} 0",
            "deployments{status=\"pending\"} 0",
            "deployments{status=\"deploying\"} 0",
            "deployments{status=\"running\"} 0",
            "deployments{status=\"degraded\"} 0",
            "deployments{status=\"failed\"} 0",
            "deployments{status=\"stopped\"} 0",
            "metrics_complete 1",
        ]
    );

    let deleted = alice.create_project("gone").await;
    alice.delete(&format!("/api/v1/projects/{deleted}")).await.expect(204);
    let project = alice.create_project("shop").await;
    let ended = alice.start_build(project).await;
    alice.wait_for_end(&ended).await;
    platform.github.hold_runs(nokube_sim::HoldPoint::InProgress);
    let building = alice.start_build(project).await;
    alice.wait_for_status(&building, &["building"]).await;
    deploy_one_of_each_status(&alice, project).await;
    platform.wait_until_events_are_processed().await;
    platform.wait_until_all_is_logged().await;

    let ((), cost) = platform
        .measure(async {
            let metrics = gauges(&mut root).await.join(", ");
            assert_eq!(
                metrics,
                "projects 1, projects_made 2, \
                 builds{status=\"pending\"} 0, builds{status=\"building\"} 1, \
                 deployments{status=\"pending\"} 0, deployments{status=\"deploying\"} 0, \
                 deployments{status=\"running\"} 1, deployments{status=\"degraded\"} 0, \
                 deployments{status=\"failed\"} 1, \
                 deployments{status=\"stopped\"} 1, metrics_complete 1"
            );
        })
        .await;
    // The blocklist and the rate limit, the number of projects, the two project records, the two counters of
    // the existing project, and the records of each build and deployment.
    assert_eq!((cost.reads, cost.writes + cost.increments), (2 + 1 + 2 + 2 + 2 * 2 + 3 * 5, 1));
    assert_eq!((cost.outbound, cost.chained), (0, 0));
    platform.github.release_all();
    platform.finish().await;
}

/// A running deployment, a stopped one, and a failed one.
async fn deploy_one_of_each_status(alice: &User, project: u64) {
    for (service, image) in
        [("runs", "nginx:1.29"), ("stopped", "nginx:1.29"), ("fails", "acme/app-crash")]
    {
        let body = alice.deployment_request(project, service, image).await;
        let path = alice.deploy(&body).await;
        let end = if service == "fails" { "failed" } else { "running" };
        alice.wait_for_status(&path, &[end]).await;
        if service == "stopped" {
            alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
            alice.wait_for_status(&path, &["stopped"]).await;
        }
    }
}

#[tokio::test]
async fn many_deleted_projects_do_not_hide_existing_ones() {
    let platform = TestPlatform::start().await;
    platform.user("alice").create_project("shop").await;
    let mallory = platform.user("mallory");
    for name in 0..201 {
        let deleted = mallory.create_project(&format!("p{name}")).await;
        mallory.delete(&format!("/api/v1/projects/{deleted}")).await.expect(204);
    }
    let mut root = Browser::signed_in(&platform, "root").await;
    let metrics = gauges(&mut root).await;
    assert_eq!(metrics[..2], ["projects 1", "projects_made 202"]);
    assert!(metrics.contains(&"metrics_complete 1".into()), "{metrics:?}");
    platform.finish().await;
}

#[tokio::test]
async fn only_administrators_can_read_metrics() {
    let platform =
        TestPlatform::config().variable("auth_administrators", "jwt:prometheus").start().await;
    platform.user("prometheus").get("/metrics").await.expect(200);
    platform.user("alice").get("/metrics").await.expect_problem(403);
    platform.anonymous().get("/metrics").await.expect_problem(401);
    platform.finish().await;
}

#[tokio::test]
async fn an_api_token_with_the_scope_metrics_can_only_read_metrics() {
    let platform = TestPlatform::start().await;
    let mut root = Browser::signed_in(&platform, "root").await;
    let body = json!({ "name": "prometheus", "scopes": ["metrics"] });
    let created = root.post("/api/v1/auth/tokens", &body).await.expect(201);
    let prometheus = platform.user_with_token(created["token"].as_str().unwrap());
    assert!(prometheus.get("/metrics").await.text.contains("nokube_projects 0"));
    for path in ["/api/v1/projects", "/api/v1/auth/people/root/audit"] {
        prometheus.get(path).await.expect_problem(403);
    }
    let (_, read_token) = root.create_token(&["read"]).await;
    platform.user_with_token(&read_token).get("/metrics").await.expect_problem(403);

    let mut alice = Browser::signed_in(&platform, "alice").await;
    let rejected = alice.post("/api/v1/auth/tokens", &body).await;
    assert!(rejected.field_errors()["scopes"].contains("administrators"));
    platform.finish().await;
}
