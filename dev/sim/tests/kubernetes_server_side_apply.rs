//! Server-side apply, as far as it is simulated: what an apply sets and removes, and what it checks.

mod support_kubernetes;

use serde_json::{Value, json};
use support_kubernetes::{WEB, deployment, start_cluster};

const MAP: &str = "/api/v1/namespaces/shop/configmaps/m";

fn config_map(data: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "shop"},
        "data": data,
    })
}

#[tokio::test]
async fn applying_the_same_object_twice_changes_nothing() {
    let cluster = start_cluster().await;
    cluster.set_paused(true);
    let (created, first) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    let (again, second) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!((created, again), (201, 200));
    assert_eq!(first, second);
    assert_eq!(
        (&first["metadata"]["generation"], &first["spec"]["replicas"]),
        (&json!(1), &json!(1))
    );
    let owned = &first["metadata"]["managedFields"][0];
    assert_eq!((&owned["manager"], &owned["operation"]), (&json!("one"), &json!("Apply")));
    assert_eq!(owned["fieldsV1"]["f:spec"]["f:selector"]["f:matchLabels"]["f:app"], json!({}));
    assert_eq!(owned["fieldsV1"]["f:spec"].get("f:replicas"), None);
    let (_, third) = cluster.apply(WEB, deployment("ghcr.io/a/web:2")).await;
    assert_eq!(third["metadata"]["generation"], 2);
    assert_ne!(third["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn fields_no_longer_applied_are_removed_unless_another_manager_applies_them() {
    let cluster = start_cluster().await;
    cluster.apply(MAP, config_map(json!({"a": "1", "b": "2", "c": "3"}))).await;
    cluster.apply_as(&format!("{MAP}?fieldManager=two"), config_map(json!({"b": "2"}))).await;
    let (_, body) = cluster.apply(MAP, config_map(json!({"a": "1"}))).await;
    assert_eq!(body["data"], json!({"a": "1", "b": "2"}));

    // Fields that a controller has added stay, and lists are replaced.
    let mut object = deployment("ghcr.io/a/web:1");
    object["metadata"]["annotations"] = json!({"note": "x"});
    object["spec"]["template"]["spec"]["volumes"] = json!([{"name": "a"}, {"name": "b"}]);
    cluster.apply(WEB, object.clone()).await;
    cluster.wait_until_idle().await.unwrap();
    object["metadata"].as_object_mut().unwrap().remove("annotations");
    object["spec"]["template"]["spec"]["volumes"] = json!([{"name": "b"}]);
    let (_, body) = cluster.apply(WEB, object).await;
    assert_eq!(body["metadata"]["annotations"], json!({"deployment.kubernetes.io/revision": "1"}));
    assert_eq!(body["spec"]["template"]["spec"]["volumes"], json!([{"name": "b"}]));
    assert!(body["status"]["conditions"].is_array());
}

#[tokio::test]
async fn another_manager_can_take_over_the_replicas() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(4);
    cluster.apply(WEB, object).await;
    let replicas = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 4},
    });
    cluster.apply_as(&format!("{WEB}?fieldManager=one-replicas&force=true"), replicas).await;
    let (_, body) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(body["spec"]["replicas"], 4);
    assert_eq!(body["metadata"]["generation"], 1);
}

#[tokio::test]
async fn an_edit_takes_fields_from_others_and_an_apply_takes_them_back() {
    let cluster = start_cluster().await;
    cluster.set_paused(true);
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(4);
    cluster.apply(WEB, object.clone()).await;
    let changes = json!({"spec": {"replicas": 5, "paused": true}});
    cluster.edit_object("deployments", ("shop", "web"), "kubectl-edit", &changes).unwrap();
    let fields = |manager: &str| {
        let web = cluster.web();
        let entries = web["metadata"]["managedFields"].as_array().unwrap().clone();
        let entry = entries.into_iter().find(|entry| entry["manager"] == manager);
        entry.map(|entry| (entry["operation"].clone(), entry["fieldsV1"]["f:spec"].clone()))
    };
    let edited = (json!("Update"), json!({"f:replicas": {}, "f:paused": {}}));
    assert_eq!(fields("kubectl-edit"), Some(edited));
    assert_eq!(fields("one").unwrap().1.get("f:replicas"), None);

    cluster.apply(WEB, object).await;
    assert_eq!(cluster.web()["spec"]["replicas"], 4);
    assert_eq!(fields("one").unwrap().1["f:replicas"], json!({}));
    assert_eq!(fields("kubectl-edit").unwrap().1, json!({"f:paused": {}}), "was never applied");
}

#[tokio::test]
async fn the_selector_of_a_deployment_cannot_be_changed() {
    let cluster = start_cluster().await;
    cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["selector"] = json!({"matchLabels": {"app": "other"}});
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!((status, &body["reason"]), (422, &json!("Invalid")));
    assert!(body["message"].as_str().unwrap().contains("field is immutable"), "{body}");
}

#[tokio::test]
async fn an_apply_at_an_outdated_resource_version_is_a_conflict() {
    let cluster = start_cluster().await;
    let (_, first) = cluster.apply(MAP, config_map(json!({"a": "1"}))).await;
    let (_, second) = cluster.apply(MAP, config_map(json!({"a": "2"}))).await;
    let mut object = config_map(json!({"a": "3"}));
    object["metadata"]["resourceVersion"] = first["metadata"]["resourceVersion"].clone();
    let (status, body) = cluster.apply(MAP, object.clone()).await;
    assert_eq!((status, &body["reason"]), (409, &json!("Conflict")));
    assert!(body["message"].as_str().unwrap().contains("the object has been modified"), "{body}");
    object["metadata"]["resourceVersion"] = second["metadata"]["resourceVersion"].clone();
    assert_eq!(cluster.apply(MAP, object).await.0, 200);
}

#[tokio::test]
async fn kind_name_and_namespace_must_match_the_path() {
    let cluster = start_cluster().await;
    for (field, value) in
        [("/kind", "ReplicaSet"), ("/metadata/name", "api"), ("/metadata/namespace", "other")]
    {
        let mut object = deployment("ghcr.io/a/web:1");
        *object.pointer_mut(field).unwrap() = json!(value);
        assert_eq!(cluster.apply(WEB, object).await.0, 400, "{field}");
    }
    let mut object = deployment("ghcr.io/a/web:1");
    object["metadata"]["namespace"] = json!("nowhere");
    let path = "/apis/apps/v1/namespaces/nowhere/deployments/web";
    let (status, body) = cluster.apply(path, object).await;
    assert_eq!((status, &body["message"]), (404, &json!("namespaces \"nowhere\" not found")));
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    let cluster = start_cluster().await;
    let dry = format!("{WEB}?fieldManager=one&dryRun=All");
    let (status, body) = cluster.apply_as(&dry, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(status, 201);
    assert!(body["metadata"]["uid"].is_string());
    assert_eq!(cluster.get(WEB).await.0, 404);
    cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    let (_, before) = cluster.get(WEB).await;
    let (status, body) = cluster.apply_as(&dry, deployment("ghcr.io/a/web:2")).await;
    assert_eq!(status, 200);
    let image = "/spec/template/spec/containers/0/image";
    assert_eq!(body.pointer(image), Some(&json!("ghcr.io/a/web:2")));
    assert_eq!(cluster.get(WEB).await.1.pointer(image), before.pointer(image));
}
