//! What a real API server refuses ends in the right answer, and nothing is half done for ever.

use crate::platform::{cluster, plan, plan_with_token, somebody, text};
use anyhow::Result;
use nokube_tests::{User, World};
use serde_json::{Value, json};

async fn project_of(world: &World, name: &str) -> (User, u64, String) {
    let login = somebody(name);
    let user = world.user(&login);
    let project = user.project("app").await;
    (user, project, format!("nk-{login}-app"))
}

async fn wanted(user: &User, project: u64) -> Value {
    user.wanted_deployment(project, "web", "nginx:1.29").await
}

#[tokio::test]
async fn a_namespace_of_somebody_elses_is_left_alone() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let (user, project, namespace) = project_of(&world, "theirs").await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": namespace, "labels": { "nokube.dev/owner": "another" } },
    });
    admin.apply(&theirs).await?.ok()?;
    let refused = user.post("/api/v1/deploy", &wanted(&user, project).await).await;
    assert!(refused.problem(409).contains("belongs to somebody else"));
    let tried = user.post("/api/v1/deploy?dry_run=true", &wanted(&user, project).await).await;
    assert_eq!(tried.expect(200)["accepted"], false);
    let found = admin.get(&format!("/api/v1/namespaces/{namespace}")).await?.ok()?;
    assert_eq!(found["metadata"]["labels"]["nokube.dev/owner"], "another");
    let list = format!("/api/v1/projects/{project}/deployments");
    assert_eq!(user.get(&list).await.expect(200)["deployments"], json!([]), "nothing is kept");
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_is_waited_for() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let (user, project, namespace) = project_of(&world, "leaving").await;
    let path = user.deploy(&wanted(&user, project).await).await;
    // A finalizer keeps it terminating.
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "held", "namespace": namespace, "finalizers": ["tests/hold"] },
    });
    admin.apply(&config).await?.ok()?;
    let place = format!("/api/v1/namespaces/{namespace}");
    admin.delete(&place, &json!({})).await?.ok()?;
    let refused = user.post("/api/v1/deploy", &wanted(&user, project).await).await;
    assert!(refused.problem(409).contains("still being deleted"));
    assert!(refused.headers.contains_key("retry-after"));
    let held = format!("{place}/configmaps/held");
    admin.merge(&held, &json!({ "metadata": { "finalizers": null } })).await?.ok()?;
    admin.until_gone(&place).await?;
    // It is said that it was removed, and the same request makes it anew.
    let seen = user.get(&path).await.expect(200);
    assert_eq!((&seen["status"], &seen["error_code"]), (&json!("failed"), &json!("removed")));
    assert_eq!(user.deploy(&wanted(&user, project).await).await, path, "the same deployment");
    admin.until(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/web"), |_| true).await?;
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn a_field_that_another_manager_owns_is_taken_where_the_platform_decides() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let (user, project, namespace) = project_of(&world, "forced").await;
    user.deploy(&wanted(&user, project).await).await;
    // Somebody with kubectl sets replicas, and a label of the namespace.
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    admin.merge(&workload, &json!({ "spec": { "replicas": 7 } })).await?.ok()?;
    user.deploy(&wanted(&user, project).await).await;
    assert_eq!(admin.get(&workload).await?.ok()?["spec"]["replicas"], 2);

    // The namespace is never forced: what another set there stays, and is said.
    let label = "pod-security.kubernetes.io/enforce";
    let change = json!({ "metadata": { "labels": { label: "privileged" } } });
    admin.merge(&format!("/api/v1/namespaces/{namespace}"), &change).await?.ok()?;
    let answer = user.post("/api/v1/deploy", &wanted(&user, project).await).await.expect(202);
    assert_eq!(answer["status"], "failed");
    let fault = &answer["errors"][0];
    assert_eq!(fault["kind"], "Namespace");
    assert!(text(fault, "/detail").contains("Somebody else has set"), "{fault}");
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn an_invalid_field_is_named_what_stands_is_said_and_the_next_request_repairs() -> Result<()>
{
    let admin = cluster().await?.admin()?;
    // A network that Kubernetes does not take, though it is one: only the API server knows.
    let bad = plan().await?.set("apps_ingress_class", "No Such_Class!").start().await;
    let (user, project, namespace) = project_of(&bad, "invalid").await;
    let answer = user.post("/api/v1/deploy", &wanted(&user, project).await).await.expect(202);
    assert_eq!(answer["status"], "failed", "{answer:#}");
    assert_eq!(answer["errors"][0]["kind"], "Ingress");
    assert!(text(&answer, "/errors/0/detail").contains("ingressClassName"), "{answer:#}");
    assert!(text(&answer, "/error_message").contains("These stand: "), "{answer:#}");
    let path = format!("/api/v1/deployments/{}", text(&answer, "/deployment_id"));
    assert_eq!(user.get(&path).await.expect(200)["status"], "failed");
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    admin.get(&workload).await?.expect(404)?;
    // Without what was refused, the same deployment goes on from there.
    let mut mended = wanted(&user, project).await;
    mended["exposure_type"] = json!("internal");
    assert_eq!(user.deploy(&mended).await, path);
    admin.until(&workload, |_| true).await?;
    assert_eq!(user.get(&path).await.expect(200)["status"], "deploying");
    bad.end().await;
    Ok(())
}

#[tokio::test]
async fn a_quota_says_what_it_does_not_allow() -> Result<()> {
    let world = plan().await?.set("quota_pods", "1").set("quota_volumes", "0").start().await;
    let (user, project, _) = project_of(&world, "quota").await;
    let path = user.deploy(&wanted(&user, project).await).await;
    let failed = user.until(&path, &["failed"]).await;
    assert_eq!(failed["error_code"], "quota", "{failed:#}");
    assert!(text(&failed, "/error_message").contains("pods=1"), "{failed:#}");
    let mut stored = user.wanted_deployment(project, "stored", "nginx:1.29").await;
    stored["storage_size"] = json!("1Gi");
    stored["storage_path"] = json!("/data");
    let answer = user.post("/api/v1/deploy", &stored).await.expect(202);
    assert_eq!(answer["errors"][0]["field"], "storage_size", "{answer:#}");
    assert!(text(&answer, "/errors/0/detail").contains("quota"), "{answer:#}");
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn pod_security_is_explained_by_the_image() -> Result<()> {
    // A namespace that allows less than the manifests claim: pods are refused when they are made.
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let (user, project, namespace) = project_of(&world, "strict").await;
    let path = user.deploy(&wanted(&user, project).await).await;
    let stricter = json!({
        "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    admin.merge(&format!("/api/v1/namespaces/{namespace}"), &stricter).await?.ok()?;
    user.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    let restarted = user.get(&path).await.expect(200);
    assert_eq!(restarted["status"], "failed", "the namespace's label is not forced: {restarted:#}");
    let stamp = json!({ "spec": { "template": { "metadata": { "annotations": { "a": "b" } } } } });
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    admin.merge(&workload, &stamp).await?.ok()?;
    admin
        .until(&workload, |found| {
            let conditions = found["status"]["conditions"].as_array().into_iter().flatten();
            conditions.into_iter().any(|c| c["type"] == "ReplicaFailure" && c["status"] == "True")
        })
        .await?;
    let seen = user.get(&path).await.expect(200);
    assert!(
        seen.to_string().contains("PodSecurity") || seen["error_code"] == "refused",
        "{seen:#}"
    );
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn a_missing_right_is_named_by_ready_and_by_the_deployment() -> Result<()> {
    let cluster = cluster().await?;
    // An account without any rights.
    let token = cluster.account_token("default", "nobody-in-particular").await?;
    let world = plan_with_token(cluster, &token).start().await;
    let ready = world.operator().get("/ready").await.expect(503);
    let check = ready["checks"].as_array().into_iter().flatten().find(|c| c["name"] == "cluster");
    let detail = check.map(|check| text(check, "/detail")).unwrap_or_default();
    assert!(detail.contains("patch, delete deployments.apps"), "{ready:#}");
    let (user, project, _) = project_of(&world, "unable").await;
    let refused = user.post("/api/v1/deploy", &wanted(&user, project).await).await;
    assert!(refused.problem(502).contains("lacks a right"), "{}", refused.text);
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn an_account_that_may_do_everything_is_told_that_no_fence_holds_it() -> Result<()> {
    let cluster = cluster().await?;
    let token = cluster.account_token("default", "almighty").await?;
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": "almighty" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
        "subjects": [{ "kind": "ServiceAccount", "name": "almighty", "namespace": "default" }],
    });
    cluster.admin()?.apply(&binding).await?.ok()?;
    let world = plan_with_token(cluster, &token).start().await;
    let ready = world.operator().get("/ready").await.expect(503);
    assert!(ready.to_string().contains("nothing keeps the platform in its own"), "{ready:#}");
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn the_operators_rights_are_all_that_is_needed() -> Result<()> {
    let world = plan().await?.start().await;
    let ready = world.operator().get("/ready").await.expect(200);
    let check = ready["checks"].as_array().into_iter().flatten().find(|c| c["name"] == "cluster");
    assert_eq!(check.map(|check| &check["ok"]), Some(&json!(true)), "{ready:#}");
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_away_is_said_with_what_was_last_seen() -> Result<()> {
    let world = plan().await?.start().await;
    let (user, project, _) = project_of(&world, "away").await;
    let path = user.deploy(&wanted(&user, project).await).await;
    user.until(&path, &["deploying"]).await;
    // The same platform, with a cluster that does not answer.
    let mut world = world;
    world.set("kubernetes_api_url", "https://127.0.0.1:9");
    world.restart().await;
    let user = world.user_again(&user);
    let seen = user.get(&path).await.expect(200);
    assert_eq!(seen["error_code"], "cluster_unreachable", "{seen:#}");
    assert_eq!(seen["status"], "deploying", "as it was last seen");
    assert!(seen["observed_at"].is_string());
    let refused = user.post("/api/v1/deploy", &wanted(&user, project).await).await;
    assert!(refused.problem(503).contains("does not answer"));
    assert!(refused.headers.contains_key("retry-after"));
    let list = user.get(&format!("/api/v1/projects/{project}/deployments")).await.expect(200);
    assert_eq!(list["deployments"][0]["error_code"], "cluster_unreachable");
    assert_eq!(list["deployments"][0]["revision"], 1, "nothing was written");
    world.end().await;
    Ok(())
}
