//! With the default `deployment_quiet_seconds`: many readers cause the requests of one, and everybody sees a change at
//! once.

use futures::future::join_all;
use nokube_sim::Fault;
use nokube_tests::{TestPlatform, User};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Deployment, ReplicaSets, pods, Service, Ingress, IngressClasses.
const READ: u64 = 6;
/// Until what was read of a running deployment serves nobody.
const OLD: Duration = Duration::from_millis(4_100);

async fn start() -> TestPlatform {
    TestPlatform::config().with_default("deployment_quiet_seconds").start().await
}

async fn read_at_once(user: &User, path: &str, readers: usize) -> Vec<Value> {
    let reads = join_all((0..readers).map(|_| user.get(path))).await;
    reads.iter().map(|response| response.expect(200)).collect()
}

#[tokio::test]
async fn a_hundred_readers_at_once_cause_the_requests_of_one_and_all_see_each_change() {
    let platform = start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    let list = format!("/api/v1/projects/{project}/deployments");
    let events = format!("{path}/events");
    alice.wait_for_status(&path, &["running"]).await;
    tokio::time::sleep(OLD).await;
    for (path, requests) in [(&path, READ), (&list, READ), (&events, 1)] {
        let begun_at = Instant::now();
        let (_, cost) = platform.measure(read_at_once(&alice, path, 100)).await;
        // On a machine that needs more than two seconds for them, what was read becomes too old meanwhile.
        let max = requests * (1 + begun_at.elapsed().as_secs() / 2);
        assert!((requests..=max).contains(&cost.outbound), "{path}: {cost}");
    }
    for (revision, replicas) in (2..).zip([2, 3, 1]) {
        body["replicas"] = json!(replicas);
        alice.deploy(&body).await;
        for view in read_at_once(&alice, &path, 20).await {
            assert_eq!(
                (&view["revision"], &view["replicas_total"]),
                (&json!(revision), &json!(replicas))
            );
        }
        let view = alice.get(&list).await.expect(200)["deployments"][0].clone();
        assert_eq!(
            (&view["revision"], &view["replicas_total"]),
            (&json!(revision), &json!(replicas))
        );
    }
    alice.wait_for_status(&path, &["running"]).await;
    alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    assert_ne!(alice.get(&path).await.expect(200)["status"], "running");
    alice.delete(&path).await.expect(204);
    alice.get(&path).await.expect_problem(404);
    assert_eq!(alice.get(&list).await.expect(200)["deployments"], json!([]));
    platform.finish().await;
}

#[tokio::test]
async fn while_the_cluster_is_away_few_readers_ask_it_and_all_see_what_was_last_seen() {
    let platform = start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    tokio::time::sleep(OLD).await;
    platform.cluster.add_fault(Fault::drop_connection("GET", "/").times(1_000));
    let begun_at = Instant::now();
    let (views, cost) = platform.measure(read_at_once(&alice, &path, 100)).await;
    for view in views {
        let shown = (&view["status"], &view["error_code"], &view["replicas_ready"]);
        assert_eq!(shown, (&json!("running"), &json!("cluster_unreachable"), &json!(2)), "{view}");
    }
    // Each request is sent three times. After two seconds another reader tries too.
    let max = 3 * READ * (1 + begun_at.elapsed().as_secs() / 2);
    assert!(cost.outbound <= max, "{cost}");
    platform.cluster.clear_faults();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(alice.get(&path).await.expect(200)["error_code"], json!(null));
    platform.finish().await;
}
