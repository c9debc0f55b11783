//! Server-side apply: field ownership, conflicts, rejected objects, access.

mod support_kubernetes;

use nokube_sim::ClusterOptions;
use serde_json::{Value, json};
use support_kubernetes::{WEB, deployment, namespace, start_cluster, start_cluster_with};

#[tokio::test]
async fn applying_the_same_object_twice_changes_nothing() {
    let cluster = start_cluster().await;
    cluster.set_paused(true);
    let (created, first) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    let (again, second) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!((created, again), (201, 200));
    assert_eq!(first, second);
    assert_eq!(first["spec"]["strategy"]["rollingUpdate"]["maxSurge"], "25%");
    assert_eq!(
        first["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"],
        "IfNotPresent"
    );
    let owned = &first["metadata"]["managedFields"][0];
    assert_eq!((&owned["manager"], &owned["operation"]), (&json!("one"), &json!("Apply")));
    let container =
        &owned["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"][r#"k:{"name":"app"}"#];
    assert_eq!(
        container["f:ports"][r#"k:{"containerPort":8080,"protocol":"TCP"}"#],
        json!({".": {}, "f:containerPort": {}})
    );
    let (_, third) = cluster.apply(WEB, deployment("ghcr.io/a/web:2")).await;
    assert_eq!(third["metadata"]["generation"], 2);
    assert_ne!(third["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn a_field_owned_by_another_manager_is_a_conflict_unless_forced() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(2);
    cluster.apply(WEB, object.clone()).await;
    object["spec"]["replicas"] = json!(3);
    let other = format!("{WEB}?fieldManager=other");
    let (status, body) = cluster.apply_as(&other, object.clone()).await;
    assert_eq!(status, 409);
    assert_eq!(body["reason"], "Conflict");
    assert_eq!(
        body["message"],
        "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas"
    );
    assert_eq!(
        body["details"]["causes"],
        json!([{"reason": "FieldManagerConflict", "message": "conflict with \"one\"",
                "field": ".spec.replicas"}])
    );
    let (status, body) = cluster.apply_as(&format!("{other}&force=true"), object).await;
    assert_eq!((status, &body["spec"]["replicas"]), (200, &json!(3)));

    let mut changed = cluster.object("deployments", "shop", "web").unwrap();
    changed["spec"]["replicas"] = json!(5);
    cluster.put_object(changed).unwrap();
    let (status, body) = cluster
        .apply_as(
            &other,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
                "spec": {"replicas": 1},
            }),
        )
        .await;
    assert_eq!(status, 409);
    let cause = &body["details"]["causes"][0];
    assert_eq!(cause["message"], "conflict with \"someone-else\" using apps/v1");
}

#[tokio::test]
async fn fields_no_longer_applied_are_removed_unless_another_manager_owns_them() {
    let cluster = start_cluster().await;
    let map = |data: Value| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": data,
        })
    };
    let path = "/api/v1/namespaces/shop/configmaps/m";
    cluster.apply(path, map(json!({"a": "1", "b": "2", "c": "3"}))).await;
    cluster.apply_as(&format!("{path}?fieldManager=two"), map(json!({"b": "2"}))).await;
    let (_, body) = cluster.apply(path, map(json!({"a": "1"}))).await;
    assert_eq!(body["data"], json!({"a": "1", "b": "2"}));

    // Containers and environment variables are identified by name.
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    object["spec"]["template"]["spec"]["affinity"] = json!({"nodeAffinity": {}});
    cluster.apply(WEB, object.clone()).await;
    object["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "B", "value": "3"}]);
    object["spec"]["template"]["spec"].as_object_mut().unwrap().remove("affinity");
    let (_, body) = cluster.apply(WEB, object).await;
    let spec = &body["spec"]["template"]["spec"];
    assert_eq!(spec["containers"][0]["env"], json!([{"name": "B", "value": "3"}]));
    assert_eq!(spec["containers"][0]["terminationMessagePolicy"], "File");
    assert_eq!(spec.get("affinity"), None);
}

#[tokio::test]
async fn unknown_and_mistyped_fields_are_rejected() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["nope"] = json!(1);
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 500);
    assert_eq!(
        body["message"],
        "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.nope: \
         field not declared in schema"
    );
    assert_eq!(body.get("reason"), None);
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!("two");
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 500);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .ends_with(".spec.replicas: expected numeric (int or float), got string")
    );
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web"}, "spec": {"nope": 1},
    });
    let path = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web";
    let (status, body) = cluster.apply(path, route.clone()).await;
    assert_eq!(status, 500);
    assert!(
        body["message"].as_str().unwrap().ends_with(".spec.nope: field not declared in schema")
    );
    cluster.set_gateway_api(false);
    let missing = cluster.send_apply(&format!("{path}?fieldManager=one"), route).await;
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.text().await.unwrap(), "404 page not found\n");
}

#[tokio::test]
async fn name_and_namespace_must_match_the_path() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["metadata"]["name"] = json!("api");
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["message"],
        "the name of the object (api) does not match the name on the URL (web)"
    );
    let mut object = deployment("ghcr.io/a/web:1");
    object["metadata"]["namespace"] = json!("other");
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["message"],
        "the namespace of the provided object does not match the namespace sent on the request"
    );
    let mut object = deployment("ghcr.io/a/web:1");
    object["metadata"]["namespace"] = json!("nowhere");
    let path = "/apis/apps/v1/namespaces/nowhere/deployments/web";
    let (status, body) = cluster.apply(path, object).await;
    assert_eq!((status, &body["message"]), (404, &json!("namespaces \"nowhere\" not found")));
    let (status, body) = cluster.apply_as(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(status, 422);
    assert_eq!(
        body["message"],
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for \
         apply patch"
    );
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    let cluster = start_cluster().await;
    let dry = format!("{WEB}?fieldManager=one&dryRun=All");
    let (status, body) = cluster.apply_as(&dry, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(status, 201);
    assert!(body["metadata"]["uid"].is_string());
    assert_eq!(cluster.get(WEB).await.0, 404);
}

#[tokio::test]
async fn requests_need_the_token_and_permissions_can_be_denied() {
    let cluster = start_cluster_with(ClusterOptions::default()).await;
    let other_client = reqwest::Client::new();
    let url = format!("{}{WEB}", cluster.url());
    let rejected = other_client.get(url).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(rejected.status(), 401);
    let body: Value = rejected.json().await.unwrap();
    assert_eq!(
        (&body["reason"], &body["message"]),
        (&json!("Unauthorized"), &json!("Unauthorized"))
    );

    cluster.deny("patch", "deployments.apps");
    let (status, body) = cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await;
    assert_eq!(status, 403);
    assert_eq!(
        body["message"],
        "deployments.apps \"web\" is forbidden: User \"system:serviceaccount:default:deployer\" \
         cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"shop\""
    );
    cluster.allow("*", "*");
    assert_eq!(cluster.apply(WEB, deployment("ghcr.io/a/web:1")).await.0, 201);
    let (status, body) = cluster.apply("/api/v1/namespaces/x", namespace("y")).await;
    assert_eq!(status, 400, "{body}");
    let requests = cluster.requests();
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
    assert!(requests.iter().any(|request| request.path.contains("fieldManager=one")));
}
