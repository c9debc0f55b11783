//! Deletion of projects: what prevents it, and that nothing is left in the cluster.

use nokube_sim::{Fault, HoldPoint};
use nokube_tests::{TestPlatform, User};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const NAMESPACE: &str = "nk-alice-myapp";

/// Deploys a service and waits until it is running. Returns its path.
async fn deploy_service(alice: &User, project: u64, service: &str) -> String {
    let body = alice.deployment_request(project, service, "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    path
}

/// Like [`deploy_service`], with a persistent volume.
async fn deploy_with_volume(alice: &User, project: u64) -> String {
    let mut body = alice.deployment_request(project, "db", "postgres:18").await;
    body["storage_size"] = json!("1Gi");
    body["storage_path"] = json!("/data");
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    path
}

/// Waits until no objects of deployments are left except volumes.
async fn wait_for_no_objects(platform: &TestPlatform) {
    let remaining = || {
        let kinds = ["deployments", "replicasets", "pods", "services", "configmaps", "secrets"];
        let all = kinds.into_iter().flat_map(|kind| platform.cluster.objects(kind, NAMESPACE));
        let is_deployments = |object: &Value| object.to_string().contains("nokube.dev/deployment");
        all.filter(is_deployments).collect::<Vec<_>>()
    };
    for _ in 0..200 {
        if remaining().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:#?}", remaining());
}

#[tokio::test]
async fn a_project_with_services_is_only_deleted_with_take_down_and_leaves_nothing_behind() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    let services =
        [deploy_service(&alice, project, "web").await, deploy_with_volume(&alice, project).await];

    let response = alice.delete(&path).await;
    assert!(response.expect_problem_with_reason(409, "project_in_use").contains("take_down=true"));
    let errors = response.expect(409)["errors"].clone();
    let fields: Vec<_> = errors.as_array().unwrap().iter().map(|e| &e["field"]).collect();
    assert_eq!(fields, [&services[0], &services[1]]);
    assert!(errors[0]["detail"].as_str().unwrap().contains("web is deployed"), "{errors}");
    alice.wait_for_status(&services[0], &["running"]).await;

    let errors = alice.delete(&format!("{path}?volumes=true")).await.field_errors();
    assert!(errors["volumes"].contains("take_down=true"), "{errors:?}");
    // The volumes are kept, and therefore the namespace too.
    assert_eq!(alice.delete(&format!("{path}?take_down=true")).await.status, 204);
    alice.get(&path).await.expect_problem(404);
    assert_eq!(platform.cluster.objects("persistentvolumeclaims", NAMESPACE).len(), 1);
    wait_for_no_objects(&platform).await;
    // A new project with the same name has the volume again. Now the volume is deleted too.
    assert_eq!(alice.create_project("myapp").await, project);
    assert_eq!(alice.delete(&format!("{path}?take_down=true&volumes=true")).await.status, 204);
    platform.wait_until_namespace_is_gone(NAMESPACE).await;
    platform.finish().await;
}

#[tokio::test]
async fn a_partly_deleted_service_also_prevents_the_deletion() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    let web = deploy_service(&alice, project, "web").await;
    platform.cluster.add_fault(Fault::drop_connection("DELETE", "/services/").times(3));
    alice.delete(&web).await.expect_problem(503);
    let response = alice.delete(&path).await;
    response.expect_problem(409);
    let errors = response.expect(409)["errors"].clone();
    assert_eq!(errors[0]["field"], web);
    assert!(errors[0]["detail"].as_str().unwrap().contains("not completely deleted"), "{errors}");
    assert_eq!(alice.delete(&format!("{path}?take_down=true")).await.status, 204);
    platform.wait_until_namespace_is_gone(NAMESPACE).await;
    platform.finish().await;
}

/// GitHub and the cluster respond slowly; meanwhile the project is deleted.
#[tokio::test]
async fn pending_builds_and_deployments_do_not_start_after_their_project_is_deleted() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let build_request = alice.build_request(project, "frontend").await;
    let deployment_request = alice.deployment_request(project, "web", "nginx:1.29").await;
    platform.github.add_fault(Fault::matching("GET", "/repos/acme/shop").delay_ms(1_000));
    platform.cluster.add_fault(Fault::matching("GET", NAMESPACE).delay_ms(1_000));
    let post = |path: &'static str, body: Value| {
        let alice = alice.clone();
        tokio::spawn(async move { alice.post(path, &body).await })
    };
    let build = post("/api/v1/builds", build_request);
    let deployment = post("/api/v1/deploy", deployment_request);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(alice.delete(&format!("/api/v1/projects/{project}")).await.status, 204);
    build.await.unwrap().expect_problem(404);
    deployment.await.unwrap().expect_problem(404);
    assert_eq!(platform.github.dispatch_count(), 0);
    assert!(platform.cluster.object("namespaces", "", NAMESPACE).is_none());
    assert_eq!(alice.create_project("myapp").await, project);
    let list = alice.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
    assert_eq!(list["deployments"], json!([]));
    platform.finish().await;
}

/// A deployment is applied slowly; meanwhile the project is taken down.
#[tokio::test]
async fn objects_that_are_applied_after_a_deletion_are_deleted_again() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    deploy_with_volume(&alice, project).await; // Its volume keeps the namespace.
    let deployment_request = alice.deployment_request(project, "web", "nginx:1.29").await;
    platform.cluster.add_fault(Fault::matching("PATCH", "/services/web").delay_ms(1_000));
    let deploying = {
        let alice = alice.clone();
        tokio::spawn(async move { alice.post("/api/v1/deploy", &deployment_request).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let path = format!("/api/v1/projects/{project}?take_down=true");
    assert_eq!(alice.delete(&path).await.status, 204);
    deploying.await.unwrap().expect_problem(404);
    wait_for_no_objects(&platform).await;
    assert_eq!(platform.cluster.objects("persistentvolumeclaims", NAMESPACE).len(), 1);
    platform.finish().await;
}

/// A build starts while the deletion checks the project.
#[tokio::test]
async fn a_build_that_starts_during_the_deletion_prevents_it() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    platform.running_build(&alice).await;
    let project = alice.get("/api/v1/projects").await.expect(200)["projects"][0]["id"].clone();
    let project = project.as_u64().unwrap();
    let path = format!("/api/v1/projects/{project}");
    // The first build has ended. The deletion polls GitHub for it, which responds slowly.
    platform.github.release_all();
    platform.github.wait_until_idle().await.ok();
    platform.github.hold_runs(HoldPoint::InProgress);
    platform.github.add_fault(Fault::matching("GET", "/actions/runs").delay_ms(1_000));
    let deleting = {
        let (alice, path) = (alice.clone(), path.clone());
        tokio::spawn(async move { alice.delete(&path).await })
    };
    tokio::time::sleep(Duration::from_millis(400)).await;
    let new_build = alice.start_build(project).await;
    let response = deleting.await.unwrap();
    response.expect_problem(409);
    assert_eq!(response.expect(409)["errors"][0]["field"], new_build);
    alice.get(&path).await.expect(200);
    alice.wait_for_status(&new_build, &["building"]).await;
    platform.github.release_all();
    platform.finish().await;
}

#[tokio::test]
async fn the_audit_log_has_the_client_address_of_a_take_down() {
    let platform =
        TestPlatform::config().variable("client_address_header", "x-real-ip").start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    deploy_service(&alice, project, "web").await;
    let path = format!("/api/v1/projects/{project}?take_down=true");
    let request = alice.request(Method::DELETE, &path).header("x-real-ip", "203.0.113.9");
    assert_eq!(request.send().await.unwrap().status(), 204);
    // A new project with the same name has the same id and audit log.
    assert_eq!(alice.create_project("myapp").await, project);
    let audit_log = alice.get(&format!("/api/v1/projects/{project}/audit")).await.expect(200);
    let client_address = |action: &str| {
        let events = audit_log["events"].as_array().unwrap();
        events.iter().find(|event| event["action"] == action).map(|event| event["from"].clone())
    };
    for action in ["deployment.delete", "project.delete"] {
        assert_eq!(client_address(action), Some("203.0.113.9".into()), "{action}: {audit_log}");
    }
    platform.finish().await;
}
