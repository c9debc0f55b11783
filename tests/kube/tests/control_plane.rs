//! The control plane is a real one: deployments, pods, routes, RBAC and pod security.

use anyhow::Result;
use nokube_tests_kube::{Cluster, Kubelet, PodBehaviour, condition_status};
use serde_json::{Value, json};

/// A minimal valid Deployment.
pub fn deployment(namespace: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "web", "namespace": namespace },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": "ghcr.io/acme/web:1" }] },
            },
        },
    })
}

pub fn path(namespace: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/web")
}

#[tokio::test]
async fn a_deployment_becomes_available_and_is_deleted_with_its_pods() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.create_namespace("rollout", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    let path = path(&ns);
    admin.apply(&deployment(&ns)).await?.expect(201)?;
    admin.wait_until(&path, |found| found["status"]["unavailableReplicas"] == 2).await?;
    let sets = admin.list(&format!("/apis/apps/v1/namespaces/{ns}/replicasets")).await?;
    assert_eq!(sets.len(), 1);

    let running_kubelet = kubelet.run();
    let found = admin
        .wait_until(&path, |found| condition_status(found, "Available") == Some("True"))
        .await?;
    assert_eq!(found["status"]["availableReplicas"], 2);

    let foreground = json!({ "propagationPolicy": "Foreground" });
    admin.delete(&path, &foreground).await?.expect(200)?;
    admin.wait_until_deleted(&path).await?;
    assert_eq!(admin.list(&format!("/api/v1/namespaces/{ns}/pods")).await?, [json!(null); 0]);
    drop(running_kubelet);
    Ok(())
}

#[tokio::test]
async fn a_new_image_replaces_all_pods() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.create_namespace("update", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    let _running_kubelet = kubelet.run();
    let path = path(&ns);
    let mut object = deployment(&ns);
    admin.apply(&object).await?.ok()?;
    admin.wait_until(&path, |found| found["status"]["availableReplicas"] == 2).await?;

    object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/acme/web:2");
    admin.apply(&object).await?.ok()?;
    let is_rolled_out = |found: &Value| {
        let status = &found["status"];
        let replicas = ["observedGeneration", "replicas", "updatedReplicas", "availableReplicas"];
        replicas.iter().all(|field| status[field] == 2)
    };
    let found = admin.wait_until(&path, is_rolled_out).await?;
    assert_eq!(found["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    Ok(())
}

#[tokio::test]
async fn a_route_gets_the_defaults_of_its_definition() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.create_namespace("route", &json!({})).await?);
    let manifest = format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: web, namespace: {ns} }}
spec: {{ selector: {{ app: web }}, ports: [{{ port: 80 }}] }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: web, namespace: {ns} }}
spec:
  hostnames: [web.example.com]
  rules: [{{ backendRefs: [{{ name: web, port: 80 }}] }}]
"
    );
    let applied = admin.apply_yaml(&manifest).await?;
    assert_eq!(applied[1]["spec"]["rules"][0]["backendRefs"][0]["kind"], "Service");
    Ok(())
}

#[tokio::test]
async fn an_account_without_permissions_is_rejected_until_a_role_is_bound() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.create_namespace("rbac", &json!({})).await?);
    let deployer =
        cluster.client_with_token(&cluster.service_account_token(&ns, "deployer").await?)?;
    let rejected = deployer.apply(&deployment(&ns)).await?.expect(403)?;
    assert_eq!(rejected["reason"], "Forbidden");

    let role = format!(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{ name: deployer, namespace: {ns} }}
rules: [{{ apiGroups: [apps], resources: [deployments], verbs: [get, create, patch] }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{ name: deployer, namespace: {ns} }}
roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer }}
subjects: [{{ kind: ServiceAccount, namespace: {ns}, name: deployer }}]
"
    );
    admin.apply_yaml(&role).await?;
    let permission =
        json!({ "namespace": ns, "verb": "create", "group": "apps", "resource": "deployments" });
    deployer.wait_until_allowed(&permission).await?;
    deployer.apply(&deployment(&ns)).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn restricted_pod_security_rejects_a_pod_that_may_run_as_root() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let admin = cluster.admin()?;
    let strict = json!({ "pod-security.kubernetes.io/enforce": "restricted" });
    let ns = cluster.create_namespace("strict", &strict).await?;
    admin.apply(&deployment(&ns)).await?.expect(201)?;
    let has_failed = |found: &Value| condition_status(found, "ReplicaFailure") == Some("True");
    let found = admin.wait_until(&path(&ns), has_failed).await?;
    let conditions = found["status"]["conditions"].as_array().into_iter().flatten();
    let failure = conditions.into_iter().find(|condition| condition["type"] == "ReplicaFailure");
    let failure = failure.expect("the test waited for this condition");
    assert_eq!(failure["reason"], "FailedCreate");
    let message = failure["message"].as_str().unwrap_or_default();
    assert!(message.contains("violates PodSecurity \"restricted:latest\""), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_failing_rollout_keeps_the_old_pods() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.create_namespace("stuck", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    let _running_kubelet = kubelet.run_with(|pod| {
        let image = pod["spec"]["containers"][0]["image"].as_str();
        let is_good = image.is_some_and(|image| image.ends_with(":1"));
        Some(if is_good { PodBehaviour::Ready } else { PodBehaviour::ImagePullBackOff })
    });
    let mut object = deployment(&ns);
    object["spec"]["progressDeadlineSeconds"] = json!(2);
    admin.apply(&object).await?.ok()?;
    admin.wait_until(&path(&ns), |found| found["status"]["availableReplicas"] == 2).await?;

    object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/acme/web:2");
    admin.apply(&object).await?.ok()?;
    let has_timed_out = |found: &Value| condition_status(found, "Progressing") == Some("False");
    let found = admin.wait_until(&path(&ns), has_timed_out).await?;
    assert_eq!(found["status"]["availableReplicas"], 2);
    Ok(())
}
