//! `GET /metrics`: what an administrator's Prometheus reads.

use crate::browser::Browser;
use nokube_tests::World;
use serde_json::json;

/// The gauges, without what is said about them.
async fn gauges(root: &mut Browser) -> Vec<String> {
    let told = root.get("/metrics").await;
    told.expect(200);
    assert_eq!(told.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let lines = told.text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.trim_start_matches("nokube_").to_owned()).collect()
}

#[tokio::test]
async fn gauges_tell_what_there_is() {
    let world = World::new().await;
    let alice = world.user("alice");
    let mut root = Browser::signed_in(&world, "root").await;
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
            "deployments{status=\"failed\"} 0",
            "deployments{status=\"stopped\"} 0",
            "metrics_complete 1",
        ]
    );

    let gone = alice.project("gone").await;
    alice.delete(&format!("/api/v1/projects/{gone}")).await.expect(204);
    let project = alice.project("shop").await;
    let ended = alice.build(project).await;
    alice.until_ended(&ended).await;
    world.sim.hold_runs(nokube_sim::HoldAt::InProgress);
    let building = alice.build(project).await;
    alice.until(&building, &["building"]).await;
    for (service, image) in
        [("runs", "nginx:1.29"), ("stopped", "nginx:1.29"), ("fails", "acme/app-crash")]
    {
        let wanted = alice.wanted_deployment(project, service, image).await;
        let path = alice.deploy(&wanted).await;
        let end = if service == "fails" { "failed" } else { "running" };
        alice.until(&path, &[end]).await;
        if service == "stopped" {
            alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
            alice.until(&path, &["stopped"]).await;
        }
    }

    let ((), cost) = world
        .cost(async {
            let told = gauges(&mut root).await.join(", ");
            assert_eq!(
                told,
                "projects 1, projects_made 2, \
                 builds{status=\"pending\"} 0, builds{status=\"building\"} 1, \
                 deployments{status=\"pending\"} 0, deployments{status=\"deploying\"} 0, \
                 deployments{status=\"running\"} 1, deployments{status=\"failed\"} 1, \
                 deployments{status=\"stopped\"} 1, metrics_complete 1"
            );
        })
        .await;
    // Is the caller blocked, and within the limit; how many projects; which stand, and how much is in the one that does; then of
    // each build and deployment.
    assert_eq!((cost.reads, cost.writes + cost.increments), (2 + 1 + 2 + 2 + 2 * 2 + 3 * 5, 1));
    assert_eq!((cost.outbound, cost.chained), (0, 0));
    world.sim.release_all();
    world.end().await;
}

#[tokio::test]
async fn nobody_hides_others_behind_projects_that_come_and_go() {
    let world = World::new().await;
    world.user("alice").project("shop").await;
    let mallory = world.user("mallory");
    for name in 0..201 {
        let gone = mallory.project(&format!("p{name}")).await;
        mallory.delete(&format!("/api/v1/projects/{gone}")).await.expect(204);
    }
    let mut root = Browser::signed_in(&world, "root").await;
    let told = gauges(&mut root).await;
    assert_eq!(told[..2], ["projects 1", "projects_made 202"]);
    assert!(told.contains(&"metrics_complete 1".into()), "{told:?}");
    world.end().await;
}

#[tokio::test]
async fn gauges_are_for_administrators() {
    let world = World::plan().set("auth_administrators", "jwt:prometheus").start().await;
    world.user("prometheus").get("/metrics").await.expect(200);
    world.user("alice").get("/metrics").await.problem(403);
    world.anybody().get("/metrics").await.problem(401);
    world.end().await;
}

#[tokio::test]
async fn prometheus_has_an_api_token_for_the_gauges_alone() {
    let world = World::new().await;
    let mut root = Browser::signed_in(&world, "root").await;
    let asked = json!({ "name": "prometheus", "scopes": ["metrics"] });
    let made = root.post("/api/v1/auth/tokens", &asked).await.expect(201);
    let prometheus = world.bearer(made["token"].as_str().unwrap());
    assert!(prometheus.get("/metrics").await.text.contains("nokube_projects 0"));
    for path in ["/api/v1/projects", "/api/v1/auth/people/root/audit"] {
        prometheus.get(path).await.problem(403);
    }
    let (_, reads) = root.token(&["read"]).await;
    world.bearer(&reads).get("/metrics").await.problem(403);

    let mut alice = Browser::signed_in(&world, "alice").await;
    let refused = alice.post("/api/v1/auth/tokens", &asked).await;
    assert!(refused.faults()["scopes"].contains("administrators"));
    world.end().await;
}
