//! Deployments that are interrupted at any step, concurrent or rejected end in the desired state.

use nokube_sim::Fault;
use nokube_tests::{TestPlatform, USER_SECRET_VALUE};
use serde_json::{Value, json};
use std::time::Duration;

/// The body of a response of the real API server.
fn recorded_response(step: &str) -> Value {
    let recorded = include_str!("../../kube/recorded-responses.json");
    let responses: Vec<Value> = serde_json::from_str(recorded).unwrap();
    responses.into_iter().find(|response| response["step"] == step).unwrap()["body"].take()
}

#[tokio::test]
async fn an_interrupted_deployment_is_completed_by_the_next_read() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    platform.cluster.add_fault(Fault::drop_connection("PATCH", "/services/").times(3));
    let response = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(response["status"], "pending", "{response:#}");
    assert!(response["error_message"].as_str().unwrap().contains("tried again"), "{response:#}");
    assert!(platform.cluster.object("deployments", "nk-alice-myapp", "web").is_none());
    let path = format!("/api/v1/deployments/{}", response["deployment_id"].as_str().unwrap());
    alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(alice.get(&path).await.expect(200)["revision"], 1, "the same revision");
    platform.finish().await;
}

#[tokio::test]
async fn lost_responses_of_the_cluster_do_no_harm() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for kind in ["/deployments/", "/namespaces/nk-alice-myapp?", "/configmaps/"] {
        platform.cluster.add_fault(Fault::drop_connection("PATCH", kind).after_handling());
    }
    platform.cluster.add_fault(Fault::status("PATCH", "/services/", 503));
    platform
        .cluster
        .add_fault(Fault::status("PATCH", "/resourcequotas/", 429).header("retry-after", "1"));
    let mut body = alice.deployment_request(project, "web", "nginx:1.29").await;
    body["env_vars"] = json!({ "A": "1" });
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(platform.cluster.objects("deployments", "nk-alice-myapp").len(), 1);
    platform.finish().await;
}

#[tokio::test]
async fn secrets_that_did_not_reach_the_cluster_must_be_sent_again() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx:1.29").await;
    body["secrets"] = json!({ "API_KEY": USER_SECRET_VALUE });
    platform.cluster.add_fault(Fault::drop_connection("PATCH", "/secrets/").times(3));
    let path = alice.deploy(&body).await;
    let failed = alice.wait_for_status(&path, &["failed"]).await;
    let message = failed["error_message"].as_str().unwrap();
    assert!(message.contains("API_KEY") && message.contains("Deploy again"), "{message}");
    assert_eq!(alice.deploy(&body).await, path);
    alice.wait_for_status(&path, &["running"]).await;
    assert!(platform.cluster.dump().contains(USER_SECRET_VALUE), "the value is in the Secret");
    platform.finish().await;
}

#[tokio::test]
async fn an_interrupted_deletion_is_continued() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = alice.deploy(&alice.deployment_request(project, "web", "nginx").await).await;
    alice.wait_for_status(&path, &["running"]).await;
    platform.cluster.add_fault(Fault::drop_connection("DELETE", "/services/").times(3));
    assert!(alice.delete(&path).await.expect_problem(503).contains("delete it again"));
    alice.get(&path).await.expect_problem(404);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    alice.get(&path).await.expect_problem(404);
    platform.wait_until_namespace_is_gone("nk-alice-myapp").await;
    platform.finish().await;
}

#[tokio::test]
async fn of_concurrent_deployments_of_a_service_the_newest_revision_wins() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let first = alice.deploy(&alice.deployment_request(project, "web", "nginx:1").await).await;
    let tasks: Vec<_> = (2..12)
        .map(|n| {
            let alice = alice.clone();
            tokio::spawn(async move {
                let image = format!("nginx:{n}");
                let body = alice.deployment_request(project, "web", &image).await;
                let response = alice.post("/api/v1/deploy", &body).await.expect(202);
                (response["revision"].as_u64().unwrap(), image)
            })
        })
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.push(task.await.unwrap());
    }
    let (_, newest) = revisions.into_iter().max().unwrap();
    let running = alice.wait_for_status(&first, &["running"]).await;
    assert_eq!(running["image_name"], format!("docker.io/library/{newest}"));
    let deployment = platform.cluster.object("deployments", "nk-alice-myapp", "web").unwrap();
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, &running["image_name"], "the cluster has the newest revision");
    platform.finish().await;
}

#[tokio::test]
async fn concurrent_first_deployments_of_a_service_create_one_deployment() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let alice = alice.clone();
            tokio::spawn(async move {
                let body = alice.deployment_request(project, "web", "nginx").await;
                alice.post("/api/v1/deploy", &body).await
            })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for task in tasks {
        let response = task.await.unwrap();
        match response.status {
            202 => ids.insert(response.expect(202)["deployment_id"].to_string()),
            _ => response.expect_problem(409).contains("first time"),
        };
    }
    assert_eq!(ids.len(), 1);
    let list = alice.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
    assert_eq!(list["total"], 1);
    platform.finish().await;
}

#[tokio::test]
async fn failed_changes_while_the_cluster_is_unavailable_create_no_revisions() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = alice.deploy(&alice.deployment_request(project, "web", "nginx").await).await;
    platform
        .cluster
        .add_fault(Fault::status("GET", "/namespaces/nk-alice-myapp", 429).times(1_000));
    let restarts = (0..25).map(|_| {
        let (alice, path) = (alice.clone(), format!("{path}/restart"));
        tokio::spawn(async move { alice.post(&path, &json!({})).await.expect_problem(503) })
    });
    for restart in restarts.collect::<Vec<_>>() {
        restart.await.unwrap();
    }
    platform.cluster.clear_faults();
    assert_eq!(
        alice.wait_for_status(&path, &["running"]).await["revision"],
        1,
        "no revision was created"
    );
    platform.finish().await;
}

#[tokio::test]
async fn the_config_of_running_pods_is_kept_after_many_failed_releases() {
    let platform = TestPlatform::config().variable("deploy_keep_revisions", "2").start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["env_vars"] = json!({ "RELEASE": "good" });
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    body["image_name"] = json!("acme/shop-crash");
    for release in 0..5 {
        body["env_vars"] = json!({ "RELEASE": release.to_string() });
        alice.deploy(&body).await;
        alice.wait_for_status(&path, &["degraded"]).await;
    }
    let config_maps = platform.cluster.objects("configmaps", "nk-alice-myapp");
    let values: Vec<_> =
        config_maps.iter().filter_map(|object| object["data"]["RELEASE"].as_str()).collect();
    assert!(values.contains(&"good"), "used by running pods: {values:?}");
    assert!(!values.contains(&"0"), "not used any more: {values:?}");
    platform.finish().await;
}

#[tokio::test]
async fn a_rejected_revision_is_not_applied_again_by_reads() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx:1").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    let rejection = Fault::status("PATCH", "/services/", 422);
    platform.cluster.add_fault(rejection.body(recorded_response("a port out of range")));
    body["image_name"] = json!("nginx:2");
    let rejected = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(
        (&rejected["status"], &rejected["errors"][0]["field"]),
        (&json!("failed"), &json!("service_port"))
    );
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    platform.cluster.clear_requests();
    for _ in 0..5 {
        assert_eq!(alice.get(&path).await.expect(200)["status"], "degraded", "nginx:1 serves");
    }
    let requests = platform.cluster.requests();
    assert!(requests.iter().all(|request| request.method == "GET"), "{requests:#?}");
    platform.finish().await;
}

#[tokio::test]
async fn a_deployment_during_the_deletion_of_the_last_one_ends_in_a_consistent_state() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["secrets"] = json!({ "KEY": USER_SECRET_VALUE });
    body["storage_size"] = json!("1Gi");
    body["storage_path"] = json!("/data");
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    platform.cluster.set_delay(Duration::from_millis(300));
    let deletion = {
        let (alice, path) = (alice.clone(), format!("{path}?volumes=true"));
        tokio::spawn(async move { alice.delete(&path).await.status })
    };
    tokio::time::sleep(Duration::from_millis(400)).await;
    let response = alice.post("/api/v1/deploy", &body).await;
    deletion.await.unwrap();
    platform.cluster.set_delay(Duration::ZERO);
    // The result depends on which request came first, but it must be consistent.
    match response.status {
        202 => {
            let deployment = alice.wait_for_status(&path, &["running", "failed"]).await;
            if deployment["status"] == "failed" {
                let message = deployment["error_message"].as_str().unwrap();
                assert!(message.contains("eploy"), "{deployment:#}");
            }
        }
        _ => assert!(response.expect_problem(409).contains("being deleted")),
    }
    platform.finish().await;
}
