//! What is interrupted between any two steps of a deployment ends right by the next look.

use nokube_sim::Fault;
use nokube_tests::{USER_SECRET, World};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_cluster_that_goes_away_in_the_middle_is_told_the_rest_by_the_next_look() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    world.cluster.fault(Fault::cut("PATCH", "/services/").times(3));
    let answer = alice.post("/api/v1/deploy", &wanted).await.expect(202);
    assert_eq!(answer["status"], "pending", "{answer:#}");
    assert!(answer["error_message"].as_str().unwrap().contains("tried again"), "{answer:#}");
    assert!(world.cluster.object("deployments", "nk-alice-myapp", "web").is_none());
    let path = format!("/api/v1/deployments/{}", answer["deployment_id"].as_str().unwrap());
    alice.until(&path, &["running"]).await;
    assert_eq!(alice.get(&path).await.expect(200)["revision"], 1, "the same wish");
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_on_its_way_does_no_harm() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    for kind in ["/deployments/", "/namespaces/nk-alice-myapp?", "/configmaps/"] {
        world.cluster.fault(Fault::cut("PATCH", kind).after());
    }
    world.cluster.fault(Fault::status("PATCH", "/services/", 503));
    world.cluster.fault(Fault::status("PATCH", "/resourcequotas/", 429).header("retry-after", "1"));
    let mut wanted = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    wanted["env_vars"] = json!({ "A": "1" });
    let path = alice.deploy(&wanted).await;
    alice.until(&path, &["running"]).await;
    assert_eq!(world.cluster.objects("deployments", "nk-alice-myapp").len(), 1);
    world.end().await;
}

#[tokio::test]
async fn secrets_that_were_lost_on_their_way_are_asked_for_again() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    wanted["secrets"] = json!({ "API_KEY": USER_SECRET });
    world.cluster.fault(Fault::cut("PATCH", "/secrets/").times(3));
    let path = alice.deploy(&wanted).await;
    let failed = alice.until(&path, &["failed"]).await;
    let told = failed["error_message"].as_str().unwrap();
    assert!(told.contains("API_KEY") && told.contains("Deploy again"), "{told}");
    assert_eq!(alice.deploy(&wanted).await, path);
    alice.until(&path, &["running"]).await;
    assert!(world.cluster.dump().contains(USER_SECRET), "it is in its Secret");
    world.end().await;
}

#[tokio::test]
async fn a_removal_that_is_interrupted_goes_on() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = alice.deploy(&alice.wanted_deployment(project, "web", "nginx").await).await;
    alice.until(&path, &["running"]).await;
    world.cluster.fault(Fault::cut("DELETE", "/services/").times(3));
    assert!(alice.delete(&path).await.problem(503).contains("ask again"));
    alice.get(&path).await.problem(404);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    alice.get(&path).await.problem(404);
    world.until_empty("nk-alice-myapp").await;
    world.end().await;
}

#[tokio::test]
async fn of_many_who_deploy_one_service_at_once_the_last_wish_stands() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let first = alice.deploy(&alice.wanted_deployment(project, "web", "nginx:1").await).await;
    let tasks: Vec<_> = (2..12)
        .map(|n| {
            let alice = alice.clone();
            tokio::spawn(async move {
                let image = format!("nginx:{n}");
                let wanted = alice.wanted_deployment(project, "web", &image).await;
                let answer = alice.post("/api/v1/deploy", &wanted).await.expect(202);
                (answer["revision"].as_u64().unwrap(), image)
            })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.unwrap());
    }
    let (_, newest) = told.into_iter().max().unwrap();
    let running = alice.until(&first, &["running"]).await;
    assert_eq!(running["image_name"], format!("docker.io/library/{newest}"));
    let deployment = world.cluster.object("deployments", "nk-alice-myapp", "web").unwrap();
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, &running["image_name"], "the cluster has the last wish");
    world.end().await;
}

#[tokio::test]
async fn of_many_first_deployments_at_once_there_is_one_deployment() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let alice = alice.clone();
            tokio::spawn(async move {
                let wanted = alice.wanted_deployment(project, "web", "nginx").await;
                alice.post("/api/v1/deploy", &wanted).await
            })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for task in tasks {
        let answer = task.await.unwrap();
        match answer.status {
            202 => ids.insert(answer.expect(202)["deployment_id"].to_string()),
            _ => answer.problem(409).contains("first time"),
        };
    }
    assert_eq!(ids.len(), 1);
    let list = alice.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
    assert_eq!(list["total"], 1);
    world.end().await;
}
