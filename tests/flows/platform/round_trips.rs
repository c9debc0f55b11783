//! The number of key-value round trips of important routes, as listed in ARCHITECTURE.md.

use local_host::Counts;
use nokube_tests::{TestPlatform, WEBHOOK_SECRET};
use serde_json::json;

/// The number of reads, and of writes (including increments).
fn round_trips(cost: Counts) -> (u64, u64) {
    (cost.reads, cost.writes + cost.increments)
}

#[tokio::test]
async fn a_poll_of_a_finished_build_costs_2_reads() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = platform.finished_build(&alice).await;
    let (_, cost) = platform.measure(alice.get(&path)).await;
    assert_eq!((round_trips(cost), cost.outbound), ((2, 0), 0));
    let (request, cost) = platform.measure(alice.get(&format!("{path}/request"))).await;
    assert_eq!((round_trips(cost), cost.outbound), ((2, 0), 0), "the request of the build");
    let project = format!("/api/v1/projects/{}", request.expect(200)["project_id"]);
    let (response, cost) = platform.measure(alice.get(&project)).await;
    assert_eq!((round_trips(cost), &response.expect(200)["role"]), ((2, 0), &json!("owner")));
    platform.finish().await;
}

#[tokio::test]
async fn a_poll_that_changes_nothing_writes_nothing() {
    let platform = TestPlatform::config().variable("build_quiet_seconds", "3600").start().await;
    let alice = platform.user("alice");
    let path = platform.running_build(&alice).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (_, cost) = platform.measure(alice.get(&path)).await;
    assert_eq!((round_trips(cost), cost.outbound), ((6, 0), 0));
    platform.github.release_all();
    platform.finish().await;
}

#[tokio::test]
async fn creating_a_build_costs_5_writes_and_with_an_idempotency_key_7() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let (response, cost) = platform.measure(alice.post("/api/v1/builds", &body)).await;
    response.expect(202);
    assert_eq!(cost.writes + cost.increments, 5, "counter, record, run, and two for the audit log");
    let (response, cost) =
        platform.measure(alice.post_with_key("/api/v1/builds", &body, "key")).await;
    response.expect(202);
    assert_eq!(cost.writes + cost.increments, 7);
    let (response, cost) =
        platform.measure(alice.post_with_key("/api/v1/builds", &body, "key")).await;
    response.expect(202);
    assert_eq!((cost.writes + cost.increments, cost.outbound), (0, 0), "a repeated request");
    platform.finish().await;
}

#[tokio::test]
async fn a_webhook_costs_1_read_and_1_write_and_a_repetition_no_write() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let id = nokube_domain::BuildId::new(nokube_domain::ProjectId(1), 1, 7);
    let event = json!({
        "action": "in_progress",
        "repository": { "full_name": nokube_tests::BUILDER_REPOSITORY },
        "workflow_run": {
            "id": 5, "run_attempt": 1, "display_title": id.run_title(),
            "path": ".github/workflows/build.yml", "status": "in_progress", "conclusion": null,
        },
    });
    let job = json!({
        "action": "queued",
        "repository": { "full_name": nokube_tests::BUILDER_REPOSITORY },
        "workflow_job": { "id": 6, "run_id": 5, "run_attempt": 1, "name": id.job_name(), "status": "queued" },
    });
    for (name, event) in [("workflow_run", &event), ("workflow_job", &job)] {
        for expected in [(1, 1), (1, 0)] {
            let (response, cost) =
                platform.measure(platform.send_webhook(name, event, WEBHOOK_SECRET)).await;
            response.expect(200);
            assert_eq!((round_trips(cost), cost.outbound), (expected, 0));
        }
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_page_of_a_list_costs_2_reads_per_row() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for _ in 0..7 {
        alice.start_build(project).await;
    }
    platform.github.wait_until_idle().await.ok();
    for (query, rows) in [("", 7), ("?limit=3", 3), ("?limit=3&offset=6", 1), ("?offset=100", 0)] {
        let path = format!("/api/v1/projects/{project}/builds{query}");
        let (response, cost) = platform.measure(alice.get(&path)).await;
        assert_eq!(response.expect(200)["builds"].as_array().unwrap().len() as u64, rows);
        // The members, the counter, and two per row.
        assert_eq!(round_trips(cost), (2 + 2 * rows, 0), "{query}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_deployment_costs_5_writes_and_reading_it_none() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let (path, cost) = platform.measure(alice.deploy(&body)).await;
    // For a new service: reservation, number, record, pointer. For each deployment: number, revision,
    // outcome, and two for the audit log.
    assert_eq!(cost.writes + cost.increments, 9);
    body["env_vars"] = json!({ "A": "2" });
    let (_, cost) = platform.measure(alice.deploy(&body)).await;
    assert_eq!((cost.reads, cost.writes + cost.increments), (10, 5));

    alice.wait_for_status(&path, &["running"]).await;
    alice.get(&path).await; // Stores the observed state.
    let (_, cost) = platform.measure(alice.get(&path)).await;
    assert_eq!((round_trips(cost), cost.outbound), ((7, 0), 3));
    let list = format!("/api/v1/projects/{project}/deployments");
    let (_, cost) = platform.measure(alice.get(&list)).await;
    assert_eq!((round_trips(cost), cost.outbound), ((3 + 5, 0), 3), "3, and 5 per row");
    platform.finish().await;
}
