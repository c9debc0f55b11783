//! The number of key-value round trips of important routes, as listed in docs/state.md.

use local_host::Counts;
use nokube_tests::{TestPlatform, WEBHOOK_SECRET};
use serde_json::json;

/// The number of reads, and of writes, increments and deletions.
fn round_trips(cost: Counts) -> (u64, u64) {
    (cost.reads, cost.writes + cost.increments + cost.deletes)
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
    platform.wait_until_events_are_processed().await;
    platform.wait_until_all_is_logged().await;
    let (_, cost) = platform.measure(alice.get(&path)).await;
    assert_eq!((round_trips(cost), cost.outbound), ((6, 0), 0));
    platform.github.release_all();
    platform.finish().await;
}

#[tokio::test]
async fn creating_a_build_costs_8_writes_with_a_key_10_and_a_services_first_one_2_more() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    for writes in [8 + 2, 8] {
        let (response, cost) = platform.measure(alice.post("/api/v1/builds", &body)).await;
        response.expect(202);
        let expected = "counter, record, run, the service's newest build, and two each for audit log and work item";
        assert_eq!(round_trips(cost).1, writes, "{expected}");
    }
    let (response, cost) =
        platform.measure(alice.post_with_key("/api/v1/builds", &body, "key")).await;
    response.expect(202);
    assert_eq!(round_trips(cost).1, 10);
    let (response, cost) =
        platform.measure(alice.post_with_key("/api/v1/builds", &body, "key")).await;
    response.expect(202);
    assert_eq!((round_trips(cost).1, cost.outbound), (0, 0), "a repeated request");
    platform.finish().await;
}

#[tokio::test]
async fn a_build_under_a_limit_costs_2_writes_more_and_the_owners_first_one_4() {
    let config = TestPlatform::config().without_webhooks();
    let platform = config.variable("max_running_builds_per_person", "10").start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    for writes in [8 + 2 + 4, 8 + 2, 8 + 2] {
        let (response, cost) = platform.measure(alice.post("/api/v1/builds", &body)).await;
        response.expect(202);
        assert_eq!(round_trips(cost).1, writes);
    }
    platform.finish().await;
}

#[tokio::test]
async fn services_cost_1_read_a_name_and_5_a_row_and_saving_one_3_writes() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let list = format!("/api/v1/projects/{project}/services");
    let source = json!({ "repository_url": "https://github.com/acme/shop" });
    for (service, writes) in [("a", 3 + 3 + 2 + 2), ("b", 3 + 3 + 2), ("c", 3 + 3 + 2), ("a", 3)] {
        let request = alice.request(reqwest::Method::PUT, &format!("{list}/{service}"));
        let (response, cost) =
            platform.measure(nokube_tests::Response::send(request.json(&source))).await;
        assert!([200, 201].contains(&response.status), "{}", response.text);
        assert_eq!(round_trips(cost).1, writes, "{service}");
    }
    let build = json!({ "project_id": project, "service_name": "a" });
    alice.post("/api/v1/builds", &build).await.expect(202);
    alice.get(&list).await.expect(200); // Notes the builds that the project had before its first list.
    for (query, rows) in [("", 3), ("?limit=1", 1)] {
        let (response, cost) = platform.measure(alice.get(&format!("{list}{query}"))).await;
        assert_eq!(response.expect(200)["services"].as_array().unwrap().len() as u64, rows);
        // The members; whether and how many earlier builds; three counters; each name, and what is saved of it.
        let names = 3 + 1 + 3;
        // A row without builds costs one, and one that was built two more.
        assert_eq!(round_trips(cost), (1 + 2 + 3 + names + rows + 2, 0), "{query}");
    }
    let (_, cost) = platform.measure(alice.get(&format!("{list}/a"))).await;
    assert_eq!(round_trips(cost), (1 + 2 + 3, 0));
    platform.finish().await;
}

#[tokio::test]
async fn a_request_under_a_rate_limit_costs_1_read_and_1_write_and_above_it_no_write() {
    let config = TestPlatform::config().variable("limit_sign_ins_per_minute", "3");
    let platform = config.start().await;
    let anybody = platform.anonymous();
    let mut costs = Vec::new();
    for _ in 0..6 {
        let (_, cost) = platform.measure(anybody.get("/api/v1/auth/login")).await;
        costs.push(round_trips(cost));
    }
    // A minute may end meanwhile: then its first request costs more.
    if costs.iter().filter(|cost| **cost == (2, 2)).count() == 1 {
        assert_eq!(costs, [(2, 2), (1, 1), (1, 1), (1, 2), (1, 0), (1, 0)]);
    }
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
    // A new event of a run costs a private call more, after the response.
    let deliveries = [
        ("workflow_run", &event, [1, 1, 1]),
        ("workflow_run", &event, [1, 0, 0]),
        ("workflow_job", &job, [1, 1, 0]),
        ("workflow_job", &job, [1, 0, 0]),
    ];
    for (number, (name, event, expected)) in (1..).zip(deliveries) {
        platform.send_webhook(name, event, WEBHOOK_SECRET).await.expect(200);
        assert_eq!(webhook_cost(&platform, number).await, expected, "{name}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn an_event_of_a_repository_without_services_costs_1_read() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let push = json!({ "ref": "refs/heads/main", "repository": { "id": 1 } });
    let (response, cost) =
        platform.measure(platform.send_webhook("push", &push, WEBHOOK_SECRET)).await;
    assert_eq!(response.expect(200)["outcome"], "ignored");
    assert_eq!((round_trips(cost), cost.outbound), ((1, 0), 0));
    platform.finish().await;
}

/// The reads, writes and private calls of the `number`th webhook, as its line in the log says: what the component does
/// that is called is not counted. The line is written after that call.
async fn webhook_cost(platform: &TestPlatform, number: usize) -> [u32; 3] {
    for _ in 0..250 {
        let console = platform.host().console();
        let mut lines = console.lines().filter(|line| line.contains("] request component=webhook"));
        if let Some(line) = lines.nth(number - 1) {
            return ["kv_reads", "kv_writes", "chained"].map(|name| {
                let field =
                    line.split(' ').find_map(|field| field.strip_prefix(&format!("{name}=")));
                field.unwrap().parse().unwrap()
            });
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{}", platform.host().console());
}

#[tokio::test]
async fn a_page_of_a_list_costs_2_reads_per_row() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for _ in 0..7 {
        alice.start_build(project).await;
    }
    platform.settle().await;
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
async fn a_page_of_the_builds_of_all_projects_costs_3_reads_3_per_project_and_2_per_row() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    for (project, rows) in [("one", 3), ("two", 6)] {
        let project = alice.create_project(project).await;
        for _ in 0..3 {
            alice.start_build(project).await;
        }
        platform.settle().await;
        let (response, cost) = platform.measure(alice.get("/api/v1/builds")).await;
        assert_eq!(response.expect(200)["builds"].as_array().unwrap().len() as u64, rows);
        // Whether she is blocked, the lengths of her two lists; the number in the list, the members, the counter.
        assert_eq!(round_trips(cost), (3 + 3 * (rows / 3) + 2 * rows, 0));
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_deployment_costs_8_writes_and_reading_it_none() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let (path, cost) = platform.measure(alice.deploy(&body)).await;
    // For a new service: reservation, number, record, pointer; two places, and which they are. For the owner's first
    // one: that places are counted from now on, twice. For each deployment: number, revision, outcome, two for the
    // audit log, and three for a work item.
    assert_eq!(round_trips(cost).1, 4 + 5 + 4 + 8);
    body["env_vars"] = json!({ "A": "2" });
    let (_, cost) = platform.measure(alice.deploy(&body)).await;
    assert_eq!(round_trips(cost), (10, 8));

    alice.wait_for_status(&path, &["running"]).await;
    alice.get(&path).await; // Stores the observed state.
    let (_, cost) = platform.measure(alice.get(&path)).await;
    // Deployment, ReplicaSets, pods, Service, Ingress, IngressClasses.
    assert_eq!((round_trips(cost), cost.outbound), ((7, 0), 6));
    let list = format!("/api/v1/projects/{project}/deployments");
    let (_, cost) = platform.measure(alice.get(&list)).await;
    assert_eq!((round_trips(cost), cost.outbound), ((3 + 5, 0), 6), "3, and 5 per row");
    platform.finish().await;
}

#[tokio::test]
async fn a_run_without_work_costs_10_reads_and_4_writes_and_until_the_next_one_1_read() {
    let platform = TestPlatform::start().await;
    for expected in [(10, 4), (1, 0)] {
        // `platform`: the last run, the window and its counter. `builds`: the marks and counters of two queues, and the
        // counter of repositories. `deploy`: those of a queue.
        let anybody = platform.anonymous();
        let (response, cost) = platform.measure(anybody.get("/api/v1/reconcile")).await;
        response.expect(200);
        assert_eq!(round_trips(cost), expected);
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_read_of_the_cluster_for_many_costs_2_reads_and_2_writes_more_and_what_it_serves_none() {
    let platform = TestPlatform::config().with_default("deployment_quiet_seconds").start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    let list = format!("/api/v1/projects/{project}/deployments");
    let events = format!("{path}/events");
    for (path, reads, outbound) in [(&path, 8, 6), (&list, 4 + 5, 6), (&events, 8, 1)] {
        alice.get(path).await;
        tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
        let (_, cost) = platform.measure(alice.get(path)).await;
        assert_eq!((round_trips(cost), cost.outbound), ((reads + 2, 2), outbound), "{path}");
        let (_, cost) = platform.measure(alice.get(path)).await;
        assert_eq!((round_trips(cost), cost.outbound), ((reads, 0), 0), "{path}");
    }
    platform.finish().await;
}
