//! Deleting a project: what stands in the way is said, and nothing of it is left in the cluster.

use nokube_sim::{Fault, HoldAt};
use nokube_tests::{User, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const NAMESPACE: &str = "nk-alice-myapp";

async fn running(alice: &User, project: u64, service: &str) -> String {
    let wanted = alice.wanted_deployment(project, service, "nginx:1.29").await;
    let path = alice.deploy(&wanted).await;
    alice.until(&path, &["running"]).await;
    path
}

async fn with_volume(alice: &User, project: u64) -> String {
    let mut wanted = alice.wanted_deployment(project, "db", "postgres:18").await;
    wanted["storage_size"] = json!("1Gi");
    wanted["storage_path"] = json!("/data");
    let path = alice.deploy(&wanted).await;
    alice.until(&path, &["running"]).await;
    path
}

/// Waits until nothing of any deployment is left but volumes.
async fn until_no_objects(world: &World) {
    let left = || {
        let kinds = ["deployments", "replicasets", "pods", "services", "configmaps", "secrets"];
        let all = kinds.into_iter().flat_map(|kind| world.cluster.objects(kind, NAMESPACE));
        let ours = |object: &Value| object.to_string().contains("nokube.dev/deployment");
        all.filter(ours).collect::<Vec<_>>()
    };
    for _ in 0..200 {
        if left().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:#?}", left());
}

#[tokio::test]
async fn a_project_with_services_is_deleted_only_when_asked_and_then_nothing_is_left() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    let services = [running(&alice, project, "web").await, with_volume(&alice, project).await];

    let told = alice.delete(&path).await;
    assert!(told.refused(409, "ProjectInUse").contains("take_down=true"));
    let errors = told.expect(409)["errors"].clone();
    let named: Vec<_> = errors.as_array().unwrap().iter().map(|e| &e["field"]).collect();
    assert_eq!(named, [&services[0], &services[1]]);
    assert!(errors[0]["detail"].as_str().unwrap().contains("web is deployed"), "{errors}");
    alice.until(&services[0], &["running"]).await;

    let faults = alice.delete(&format!("{path}?volumes=true")).await.faults();
    assert!(faults["volumes"].contains("take_down=true"), "{faults:?}");
    // Without its volumes, which keep their namespace.
    assert_eq!(alice.delete(&format!("{path}?take_down=true")).await.status, 204);
    alice.get(&path).await.problem(404);
    assert_eq!(world.cluster.objects("persistentvolumeclaims", NAMESPACE).len(), 1);
    until_no_objects(&world).await;
    // Made anew it meets its volume again; this time that goes too.
    assert_eq!(alice.project("myapp").await, project);
    assert_eq!(alice.delete(&format!("{path}?take_down=true&volumes=true")).await.status, 204);
    world.until_empty(NAMESPACE).await;
    world.end().await;
}

#[tokio::test]
async fn a_service_that_is_half_removed_stands_in_the_way_as_well() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    let web = running(&alice, project, "web").await;
    world.cluster.fault(Fault::cut("DELETE", "/services/").times(3));
    alice.delete(&web).await.problem(503);
    let told = alice.delete(&path).await;
    told.problem(409);
    let errors = told.expect(409)["errors"].clone();
    assert_eq!(errors[0]["field"], web);
    assert!(errors[0]["detail"].as_str().unwrap().contains("not removed to the end"), "{errors}");
    assert_eq!(alice.delete(&format!("{path}?take_down=true")).await.status, 204);
    world.until_empty(NAMESPACE).await;
    world.end().await;
}

/// GitHub and the cluster take their time; meanwhile the project is deleted.
#[tokio::test]
async fn what_was_asked_for_before_its_project_went_does_not_begin_after_that() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let build = alice.wanted(project, "frontend").await;
    let deploy = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    world.sim.fault(Fault::on("GET", "/repos/acme/shop").delay_ms(1_000));
    world.cluster.fault(Fault::on("GET", NAMESPACE).delay_ms(1_000));
    let ask = |path: &'static str, body: Value| {
        let alice = alice.clone();
        tokio::spawn(async move { alice.post(path, &body).await })
    };
    let (build, deploy) = (ask("/api/v1/builds", build), ask("/api/v1/deploy", deploy));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(alice.delete(&format!("/api/v1/projects/{project}")).await.status, 204);
    build.await.unwrap().problem(404);
    deploy.await.unwrap().problem(404);
    assert_eq!(world.sim.dispatches(), 0);
    assert!(world.cluster.object("namespaces", "", NAMESPACE).is_none());
    assert_eq!(alice.project("myapp").await, project);
    let again = alice.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
    assert_eq!(again["deployments"], json!([]));
    world.end().await;
}

/// The cluster is told slowly; meanwhile everything is taken down.
#[tokio::test]
async fn what_the_cluster_is_told_after_a_removal_is_taken_away_again() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    with_volume(&alice, project).await; // Its volume keeps the namespace.
    let deploy = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    world.cluster.fault(Fault::on("PATCH", "/services/web").delay_ms(1_000));
    let deploying = {
        let alice = alice.clone();
        tokio::spawn(async move { alice.post("/api/v1/deploy", &deploy).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let path = format!("/api/v1/projects/{project}?take_down=true");
    assert_eq!(alice.delete(&path).await.status, 204);
    deploying.await.unwrap().problem(404);
    until_no_objects(&world).await;
    assert_eq!(world.cluster.objects("persistentvolumeclaims", NAMESPACE).len(), 1);
    world.end().await;
}

/// While the project is looked through, a build begins that was not there yet: then the project stays.
#[tokio::test]
async fn what_begins_while_its_project_is_deleted_keeps_it() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    world.running_build(&alice).await;
    let project = alice.get("/api/v1/projects").await.expect(200)["projects"][0]["id"].clone();
    let project = project.as_u64().unwrap();
    let path = format!("/api/v1/projects/{project}");
    // It has ended by now, which the deletion learns from GitHub, slowly.
    world.sim.release_all();
    world.sim.settled().await.ok();
    world.sim.hold_runs(HoldAt::InProgress);
    world.sim.fault(Fault::on("GET", "/actions/runs").delay_ms(1_000));
    let deleting = {
        let (alice, path) = (alice.clone(), path.clone());
        tokio::spawn(async move { alice.delete(&path).await })
    };
    tokio::time::sleep(Duration::from_millis(400)).await;
    let begun = alice.build(project).await;
    let told = deleting.await.unwrap();
    told.problem(409);
    assert_eq!(told.expect(409)["errors"][0]["field"], begun);
    alice.get(&path).await.expect(200);
    alice.until(&begun, &["building"]).await;
    world.sim.release_all();
    world.end().await;
}

#[tokio::test]
async fn the_trail_of_what_is_taken_down_tells_from_where_it_was_asked() {
    let world = World::plan().set("client_address_header", "x-real-ip").start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    running(&alice, project, "web").await;
    let path = format!("/api/v1/projects/{project}?take_down=true");
    let asked = alice.request(Method::DELETE, &path).header("x-real-ip", "203.0.113.9");
    assert_eq!(asked.send().await.unwrap().status(), 204);
    // Made anew, it has its number and its trail again.
    assert_eq!(alice.project("myapp").await, project);
    let trail = alice.get(&format!("/api/v1/projects/{project}/audit")).await.expect(200);
    let from = |action: &str| {
        let events = trail["events"].as_array().unwrap();
        events.iter().find(|event| event["action"] == action).map(|event| event["from"].clone())
    };
    for action in ["deployment.delete", "project.delete"] {
        assert_eq!(from(action), Some("203.0.113.9".into()), "{action}: {trail}");
    }
    world.end().await;
}
