//! Rejections by a real API server lead to the right error, and a later request completes what was left unapplied.

use crate::platform::{cluster, config, config_with_token, text, unique_login};
use anyhow::Result;
use nokube_tests::{TestPlatform, User};
use nokube_tests_kube::condition_status;
use serde_json::{Value, json};

/// Returns a new user with a project, its id and its namespace.
async fn new_project(platform: &TestPlatform, name: &str) -> (User, u64, String) {
    let login = unique_login(name);
    let user = platform.user(&login);
    let project = user.create_project("app").await;
    (user, project, format!("nk-{login}-app"))
}

async fn request(user: &User, project: u64) -> Value {
    user.deployment_request(project, "web", "nginx:1.29").await
}

#[tokio::test]
async fn a_foreign_namespace_is_not_changed() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let (user, project, namespace) = new_project(&platform, "theirs").await;
    let foreign_namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": namespace, "labels": { "nokube.dev/owner": "another" } },
    });
    admin.apply(&foreign_namespace).await?.ok()?;
    let rejected = user.post("/api/v1/deploy", &request(&user, project).await).await;
    assert!(rejected.expect_problem(409).contains("belongs to another owner or project"));
    let dry_run = user.post("/api/v1/deploy?dry_run=true", &request(&user, project).await).await;
    assert_eq!(dry_run.expect(200)["accepted"], false);
    let found = admin.get(&format!("/api/v1/namespaces/{namespace}")).await?.ok()?;
    assert_eq!(found["metadata"]["labels"]["nokube.dev/owner"], "another");
    let list = format!("/api/v1/projects/{project}/deployments");
    assert_eq!(user.get(&list).await.expect(200)["deployments"], json!([]), "nothing is stored");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_deployment_to_a_terminating_namespace_can_be_retried() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let (user, project, namespace) = new_project(&platform, "closing").await;
    let path = user.deploy(&request(&user, project).await).await;
    // A finalizer keeps the namespace terminating.
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "held", "namespace": namespace, "finalizers": ["tests/hold"] },
    });
    admin.apply(&config).await?.ok()?;
    let namespace_path = format!("/api/v1/namespaces/{namespace}");
    admin.delete(&namespace_path, &json!({})).await?.ok()?;
    let rejected = user.post("/api/v1/deploy", &request(&user, project).await).await;
    assert!(rejected.expect_problem(409).contains("still being deleted"));
    assert!(rejected.headers.contains_key("retry-after"));
    let config_path = format!("{namespace_path}/configmaps/held");
    admin.merge_patch(&config_path, &json!({ "metadata": { "finalizers": null } })).await?.ok()?;
    admin.wait_until_deleted(&namespace_path).await?;
    // The status says that the deployment was removed, and the same request creates it again.
    let deployment = user.get(&path).await.expect(200);
    assert_eq!(
        (&deployment["status"], &deployment["error_code"]),
        (&json!("failed"), &json!("removed"))
    );
    assert_eq!(user.deploy(&request(&user, project).await).await, path, "the same deployment");
    admin
        .wait_until(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/web"), |_| true)
        .await?;
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn fields_of_other_managers_are_overwritten_except_in_the_namespace() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let (user, project, namespace) = new_project(&platform, "forced").await;
    user.deploy(&request(&user, project).await).await;
    // Another field manager sets replicas.
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    admin.merge_patch(&workload, &json!({ "spec": { "replicas": 7 } })).await?.ok()?;
    user.deploy(&request(&user, project).await).await;
    assert_eq!(admin.get(&workload).await?.ok()?["spec"]["replicas"], 2);

    // Applying the namespace is not forced: a foreign label stays and is reported.
    let label = "pod-security.kubernetes.io/enforce";
    let change = json!({ "metadata": { "labels": { label: "privileged" } } });
    admin.merge_patch(&format!("/api/v1/namespaces/{namespace}"), &change).await?.ok()?;
    let response = user.post("/api/v1/deploy", &request(&user, project).await).await.expect(202);
    assert_eq!(response["status"], "failed");
    let error = &response["errors"][0];
    assert_eq!(error["kind"], "Namespace");
    assert!(text(error, "/detail").contains("Somebody else has set"), "{error}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn an_invalid_field_is_named_and_the_next_request_repairs_the_deployment() -> Result<()> {
    let admin = cluster().await?.admin()?;
    // Only the API server knows that this class is invalid.
    let platform = config().await?.variable("apps_ingress_class", "No Such_Class!").start().await;
    let (user, project, namespace) = new_project(&platform, "invalid").await;
    let response = user.post("/api/v1/deploy", &request(&user, project).await).await.expect(202);
    assert_eq!(response["status"], "failed", "{response:#}");
    assert_eq!(response["errors"][0]["kind"], "Ingress");
    assert!(text(&response, "/errors/0/detail").contains("ingressClassName"), "{response:#}");
    assert!(text(&response, "/error_message").contains("These were applied: "), "{response:#}");
    let path = format!("/api/v1/deployments/{}", text(&response, "/deployment_id"));
    assert_eq!(user.get(&path).await.expect(200)["status"], "failed");
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    admin.get(&workload).await?.expect(404)?;
    // Without the rejected object, the same deployment continues.
    let mut fixed = request(&user, project).await;
    fixed["exposure_type"] = json!("internal");
    assert_eq!(user.deploy(&fixed).await, path);
    admin.wait_until(&workload, |_| true).await?;
    assert_eq!(user.get(&path).await.expect(200)["status"], "deploying");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn an_exceeded_quota_is_reported() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform =
        config().await?.variable("quota_pods", "1").variable("quota_volumes", "0").start().await;
    let (user, project, namespace) = new_project(&platform, "quota").await;
    let mut body = request(&user, project).await;
    let errors = user.post("/api/v1/deploy", &body).await.field_errors();
    assert!(errors["replicas"].contains("pods of 'nokube' is 1"), "{errors:?}");
    let dry_run = user.post("/api/v1/deploy?dry_run=true", &body).await.expect(200);
    assert_eq!(dry_run["accepted"], false, "{dry_run:#}");
    body["replicas"] = json!(1);
    let path = user.deploy(&body).await;
    // The platform does not judge a quota for some pods only.
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota",
        "metadata": { "name": "services", "namespace": namespace },
        "spec": { "scopes": ["NotTerminating"], "hard": { "pods": "0" } },
    });
    admin.apply(&quota).await?.ok()?;
    user.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    user.wait_for_status(&path, &["stopped"]).await;
    user.post(&format!("{path}/start"), &json!({})).await.expect(202);
    let failed = user.wait_for_status(&path, &["failed"]).await;
    assert_eq!(failed["error_code"], "quota", "{failed:#}");
    let mut with_volume = user.deployment_request(project, "stored", "nginx:1.29").await;
    with_volume["storage_size"] = json!("1Gi");
    with_volume["storage_path"] = json!("/data");
    let response = user.post("/api/v1/deploy", &with_volume).await.expect(202);
    assert_eq!(response["errors"][0]["field"], "storage_size", "{response:#}");
    assert!(text(&response, "/errors/0/detail").contains("quota"), "{response:#}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_volume_keeps_its_size_and_cannot_exceed_the_namespaces_limit() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let (user, project, namespace) = new_project(&platform, "volumes").await;
    user.deploy(&request(&user, project).await).await;
    // The administrator has made a claim larger, and another limit smaller, than the platform knows.
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": { "name": "db-data", "namespace": namespace },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "5Gi" } },
        },
    });
    admin.apply(&claim).await?.ok()?;
    let max = json!({ "type": "PersistentVolumeClaim", "max": { "storage": "6Gi" } });
    let limits = json!({
        "apiVersion": "v1", "kind": "LimitRange",
        "metadata": { "name": "smaller", "namespace": namespace }, "spec": { "limits": [max] },
    });
    admin.apply(&limits).await?.ok()?;
    let mut body = user.deployment_request(project, "db", "postgres:18").await;
    body["storage_size"] = json!("1Gi");
    body["storage_path"] = json!("/data");
    let response = user.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(response["status"], "deploying", "{response:#}");
    assert!(response["warnings"].to_string().contains("keeps its size of 5Gi"), "{response:#}");
    body["service_name"] = json!("files");
    body["storage_size"] = json!("7Gi");
    let response = user.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(response["errors"][0]["field"], "storage_size", "{response:#}");
    let expected = "maximum storage usage per PersistentVolumeClaim is 6Gi";
    assert!(text(&response, "/errors/0/detail").contains(expected), "{response:#}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_workload_of_somebody_else_is_left_as_it_is() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let (user, project, namespace) = new_project(&platform, "selector").await;
    let other = user.deployment_request(project, "other", "nginx:1.29").await;
    user.deploy(&other).await;
    let labels = json!({ "app": "theirs" });
    let workload = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "namespace": namespace },
        "spec": {
            "replicas": 0, "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "app", "image": "nginx" }] },
            },
        },
    });
    admin.apply(&workload).await?.ok()?;
    let detail =
        user.post("/api/v1/deploy", &request(&user, project).await).await.expect_problem(409);
    assert!(detail.contains("'web'") && detail.contains("nothing was changed"), "{detail}");
    let service = format!("/api/v1/namespaces/{namespace}/services/web-service");
    assert!(admin.get(&service).await?.ok().is_err(), "not even its Service");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_host_that_the_admission_policy_denies_is_reported() -> Result<()> {
    // The policy of `ops/admission` protects this host, and the platform does not know that.
    let platform = config().await?.variable("apps_domain", "nokube.example.org").start().await;
    let (user, project, _) = new_project(&platform, "policy").await;
    let response = user.post("/api/v1/deploy", &request(&user, project).await).await.expect(202);
    assert_eq!(response["status"], "failed", "{response:#}");
    assert_eq!(response["errors"][0]["kind"], "Ingress");
    let detail = text(&response, "/errors/0/detail");
    assert!(detail.contains("ValidatingAdmissionPolicy 'nokube-deployer-network'"), "{response:#}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn the_longest_names_are_accepted() -> Result<()> {
    for layout in ["flat", "by_owner"] {
        let platform = config().await?.variable("apps_host_layout", layout).start().await;
        let login =
            format!("{:a<39}", unique_login(if layout == "flat" { "long" } else { "lo-ng" }));
        let user = platform.user(&login);
        let project = user.create_project(&"p".repeat(40)).await;
        let service = "s".repeat(40);
        let mut body = user.deployment_request(project, &service, "nginx:1.29").await;
        body["env_vars"] = json!({ "A": "1" });
        body["secrets"] = json!({ "B": nokube_tests::USER_SECRET_VALUE });
        body["storage_size"] = json!("1Gi");
        body["storage_path"] = json!("/data");
        let response = user.post("/api/v1/deploy", &body).await.expect(202);
        assert_eq!(response["status"], "deploying", "{layout}: {response:#}");
        body["service_name"] = json!(format!("{service}s"));
        let errors = user.post("/api/v1/deploy", &body).await.field_errors();
        assert!(errors.contains_key("service_name"), "{errors:?}");
        platform.finish().await;
    }
    Ok(())
}

#[tokio::test]
async fn pods_rejected_by_pod_security_fail_the_deployment() -> Result<()> {
    // The namespace is stricter than the manifests, so that the API server rejects the pods.
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let (user, project, namespace) = new_project(&platform, "strict").await;
    let path = user.deploy(&request(&user, project).await).await;
    let stricter = json!({
        "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    admin.merge_patch(&format!("/api/v1/namespaces/{namespace}"), &stricter).await?.ok()?;
    let annotation =
        json!({ "spec": { "template": { "metadata": { "annotations": { "a": "b" } } } } });
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    admin.merge_patch(&workload, &annotation).await?.ok()?;
    let has_failed = |found: &Value| condition_status(found, "ReplicaFailure") == Some("True");
    admin.wait_until(&workload, has_failed).await?;
    let failed = user.wait_for_status(&path, &["failed"]).await;
    assert_eq!(failed["error_code"], "pod_security", "{failed:#}");
    assert!(text(&failed, "/error_message").contains("restricted"), "{failed:#}");
    user.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    let restarted = user.get(&path).await.expect(200);
    assert_eq!(restarted["error_code"], "refused", "the label is not forced: {restarted:#}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_missing_permission_is_named_by_ready_and_by_the_deployment() -> Result<()> {
    let cluster = cluster().await?;
    // An account without permissions.
    let token = cluster.service_account_token("default", "no-permissions").await?;
    let platform = config_with_token(cluster, &token).start().await;
    let ready = platform.operator().get("/ready").await.expect(503);
    let check =
        ready["checks"].as_array().into_iter().flatten().find(|check| check["name"] == "cluster");
    let detail = check.map(|check| text(check, "/detail")).unwrap_or_default();
    assert!(detail.contains("patch, delete deployments.apps"), "{ready:#}");
    let (user, project, _) = new_project(&platform, "unable").await;
    let rejected = user.post("/api/v1/deploy", &request(&user, project).await).await;
    assert!(rejected.expect_problem(502).contains("lacks a permission"), "{}", rejected.text);
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn ready_warns_if_no_admission_policy_restricts_the_account() -> Result<()> {
    let cluster = cluster().await?;
    let token = cluster.service_account_token("default", "cluster-admin-account").await?;
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": "cluster-admin-account" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
        "subjects": [{ "kind": "ServiceAccount", "name": "cluster-admin-account", "namespace": "default" }],
    });
    cluster.admin()?.apply(&binding).await?.ok()?;
    let platform = config_with_token(cluster, &token).start().await;
    let ready = platform.operator().get("/ready").await.expect(503);
    assert!(ready.to_string().contains("nothing restricts the platform to its own"), "{ready:#}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn the_permissions_of_ops_rbac_are_sufficient() -> Result<()> {
    let platform = config().await?.start().await;
    let ready = platform.operator().get("/ready").await.expect(200);
    let check =
        ready["checks"].as_array().into_iter().flatten().find(|check| check["name"] == "cluster");
    assert_eq!(check.map(|check| &check["ok"]), Some(&json!(true)), "{ready:#}");
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn an_unreachable_cluster_is_reported_with_the_last_known_status() -> Result<()> {
    let platform = config().await?.start().await;
    let (user, project, _) = new_project(&platform, "away").await;
    let path = user.deploy(&request(&user, project).await).await;
    user.wait_for_status(&path, &["deploying"]).await;
    // Restarts the platform with the address of a cluster that does not respond.
    let mut platform = platform;
    platform.set_variable("kubernetes_api_url", "https://127.0.0.1:9");
    platform.restart().await;
    let user = platform.reconnect(&user);
    let deployment = user.get(&path).await.expect(200);
    assert_eq!(deployment["error_code"], "cluster_unreachable", "{deployment:#}");
    assert_eq!(deployment["status"], "deploying", "the last known status");
    assert!(deployment["observed_at"].is_string());
    let rejected = user.post("/api/v1/deploy", &request(&user, project).await).await;
    assert!(rejected.expect_problem(503).contains("does not answer"));
    assert!(rejected.headers.contains_key("retry-after"));
    let list = user.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
    assert_eq!(list["deployments"][0]["error_code"], "cluster_unreachable");
    assert_eq!(list["deployments"][0]["revision"], 1, "nothing was stored");
    platform.finish().await;
    Ok(())
}
