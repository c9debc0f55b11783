//! What each route costs in key-value round trips, as ARCHITECTURE.md says.

use local_host::Counts;
use nokube_tests::{WEBHOOK_SECRET, World};
use serde_json::json;

/// Reads, writes (with increments).
fn trips(cost: Counts) -> (u64, u64) {
    (cost.reads, cost.writes + cost.increments)
}

#[tokio::test]
async fn a_poll_of_a_finished_build_costs_2_reads() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = world.finished_build(&alice).await;
    let (_, cost) = world.cost(alice.get(&path)).await;
    assert_eq!((trips(cost), cost.outbound), ((2, 0), 0));
    let (asked, cost) = world.cost(alice.get(&format!("{path}/request"))).await;
    assert_eq!((trips(cost), cost.outbound), ((2, 0), 0), "what was asked for");
    let project = format!("/api/v1/projects/{}", asked.expect(200)["project_id"]);
    let (read, cost) = world.cost(alice.get(&project)).await;
    assert_eq!((trips(cost), &read.expect(200)["role"]), ((2, 0), &json!("owner")));
    world.end().await;
}

#[tokio::test]
async fn a_poll_that_changes_nothing_writes_nothing() {
    let world = World::plan().set("build_quiet_seconds", "3600").start().await;
    let alice = world.user("alice");
    let path = world.running_build(&alice).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (_, cost) = world.cost(alice.get(&path)).await;
    assert_eq!((trips(cost), cost.outbound), ((6, 0), 0));
    world.sim.release_all();
    world.end().await;
}

#[tokio::test]
async fn a_create_costs_5_writes_and_with_a_key_7() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let (answer, cost) = world.cost(alice.post("/api/v1/builds", &wanted)).await;
    answer.expect(202);
    assert_eq!(
        cost.writes + cost.increments,
        5,
        "counter, record, run, and two of the audit trail"
    );
    let (answer, cost) = world.cost(alice.post_with_key("/api/v1/builds", &wanted, "key")).await;
    answer.expect(202);
    assert_eq!(cost.writes + cost.increments, 7);
    let (answer, cost) = world.cost(alice.post_with_key("/api/v1/builds", &wanted, "key")).await;
    answer.expect(202);
    assert_eq!((cost.writes + cost.increments, cost.outbound), (0, 0), "a replay");
    world.end().await;
}

#[tokio::test]
async fn a_webhook_costs_1_read_and_1_write_and_repeated_no_write() {
    let world = World::plan().without_webhooks().start().await;
    let id = nokube_domain::BuildId::new(nokube_domain::ProjectId(1), 1, 7);
    let event = json!({
        "action": "in_progress",
        "repository": { "full_name": nokube_tests::BUILDER },
        "workflow_run": {
            "id": 5, "run_attempt": 1, "display_title": id.run_title(),
            "path": ".github/workflows/build.yml", "status": "in_progress", "conclusion": null,
        },
    });
    let job = json!({
        "action": "queued",
        "repository": { "full_name": nokube_tests::BUILDER },
        "workflow_job": { "id": 6, "run_id": 5, "run_attempt": 1, "name": id.job_name(), "status": "queued" },
    });
    for (name, event) in [("workflow_run", &event), ("workflow_job", &job)] {
        for expected in [(1, 1), (1, 0)] {
            let (answer, cost) = world.cost(world.webhook(name, event, WEBHOOK_SECRET)).await;
            answer.expect(200);
            assert_eq!((trips(cost), cost.outbound), (expected, 0));
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_page_of_a_list_costs_2_reads_a_row() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    for _ in 0..7 {
        alice.build(project).await;
    }
    world.sim.settled().await.ok();
    for (query, rows) in [("", 7), ("?limit=3", 3), ("?limit=3&offset=6", 1), ("?offset=100", 0)] {
        let path = format!("/api/v1/projects/{project}/builds{query}");
        let (answer, cost) = world.cost(alice.get(&path)).await;
        assert_eq!(answer.expect(200)["builds"].as_array().unwrap().len() as u64, rows);
        // The members, the counter, and two a row.
        assert_eq!(trips(cost), (2 + 2 * rows, 0), "{query}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_deployment_costs_5_writes_and_a_look_at_it_none() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    let (path, cost) = world.cost(alice.deploy(&wanted)).await;
    // The claim of the service, its number, its record, the pointer; then as every deployment: number,
    // revision, outcome, and two for the audit trail.
    assert_eq!(cost.writes + cost.increments, 9);
    wanted["env_vars"] = json!({ "A": "2" });
    let (_, cost) = world.cost(alice.deploy(&wanted)).await;
    assert_eq!((cost.reads, cost.writes + cost.increments), (10, 5));

    alice.until(&path, &["running"]).await;
    alice.get(&path).await; // Keeps what was seen.
    let (_, cost) = world.cost(alice.get(&path)).await;
    assert_eq!((trips(cost), cost.outbound), ((7, 0), 3));
    let list = format!("/api/v1/projects/{project}/deployments");
    let (_, cost) = world.cost(alice.get(&list)).await;
    assert_eq!((trips(cost), cost.outbound), ((3 + 5, 0), 3), "3, and 5 a row");
    world.end().await;
}
