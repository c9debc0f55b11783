//! Deployments and their pods, routes, rights and pod security are real.

use anyhow::Result;
use nokube_tests_kube::{Cluster, Fate, Kubelet, condition};
use serde_json::{Value, json};

/// The least of a deployment that a server takes.
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
async fn a_deployment_becomes_available_and_goes_with_its_pods() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.namespace("rollout", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    let path = path(&ns);
    admin.apply(&deployment(&ns)).await?.expect(201)?;
    admin.until(&path, |found| found["status"]["unavailableReplicas"] == 2).await?;
    let sets = admin.list(&format!("/apis/apps/v1/namespaces/{ns}/replicasets")).await?;
    assert_eq!(sets.len(), 1);

    let playing = kubelet.play();
    let found = admin.until(&path, |found| condition(found, "Available") == Some("True")).await?;
    assert_eq!(found["status"]["availableReplicas"], 2);

    let foreground = json!({ "propagationPolicy": "Foreground" });
    admin.delete(&path, &foreground).await?.expect(200)?;
    admin.until_gone(&path).await?;
    assert_eq!(admin.list(&format!("/api/v1/namespaces/{ns}/pods")).await?, [json!(null); 0]);
    drop(playing);
    Ok(())
}

#[tokio::test]
async fn a_new_image_replaces_pods_one_after_another() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.namespace("update", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    let _playing = kubelet.play();
    let path = path(&ns);
    let mut wanted = deployment(&ns);
    admin.apply(&wanted).await?.ok()?;
    admin.until(&path, |found| found["status"]["availableReplicas"] == 2).await?;

    wanted["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/acme/web:2");
    admin.apply(&wanted).await?.ok()?;
    let done = |found: &Value| {
        let status = &found["status"];
        let replicas = ["observedGeneration", "replicas", "updatedReplicas", "availableReplicas"];
        replicas.iter().all(|field| status[field] == 2)
    };
    let found = admin.until(&path, done).await?;
    assert_eq!(found["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    Ok(())
}

#[tokio::test]
async fn a_route_is_taken_as_its_definition_says() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.namespace("route", &json!({})).await?);
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
async fn who_has_no_rights_is_refused_until_a_role_is_bound() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.namespace("rights", &json!({})).await?);
    let deployer = cluster.bearer(&cluster.account_token(&ns, "deployer").await?)?;
    let refused = deployer.apply(&deployment(&ns)).await?.expect(403)?;
    assert_eq!(refused["reason"], "Forbidden");

    let rights = format!(
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
    admin.apply_yaml(&rights).await?;
    let apply =
        json!({ "namespace": ns, "verb": "create", "group": "apps", "resource": "deployments" });
    deployer.until_may(&apply).await?;
    deployer.apply(&deployment(&ns)).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn restricted_pod_security_refuses_a_pod_that_may_be_root() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let admin = cluster.admin()?;
    let strict = json!({ "pod-security.kubernetes.io/enforce": "restricted" });
    let ns = cluster.namespace("strict", &strict).await?;
    admin.apply(&deployment(&ns)).await?.expect(201)?;
    let refused = |found: &Value| condition(found, "ReplicaFailure") == Some("True");
    let found = admin.until(&path(&ns), refused).await?;
    let conditions = found["status"]["conditions"].as_array().into_iter().flatten();
    let failure = conditions.into_iter().find(|one| one["type"] == "ReplicaFailure");
    let failure = failure.expect("the condition that was waited for");
    assert_eq!(failure["reason"], "FailedCreate");
    let message = failure["message"].as_str().unwrap_or_default();
    assert!(message.contains("violates PodSecurity \"restricted:latest\""), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_rollout_that_fails_leaves_the_old_pods_serving() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.namespace("stuck", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    let _playing = kubelet.play_with(|pod| {
        let image = pod["spec"]["containers"][0]["image"].as_str();
        let good = image.is_some_and(|image| image.ends_with(":1"));
        Some(if good { Fate::Ready } else { Fate::NoPull })
    });
    let mut wanted = deployment(&ns);
    wanted["spec"]["progressDeadlineSeconds"] = json!(2);
    admin.apply(&wanted).await?.ok()?;
    admin.until(&path(&ns), |found| found["status"]["availableReplicas"] == 2).await?;

    wanted["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/acme/web:2");
    admin.apply(&wanted).await?.ok()?;
    let gave_up = |found: &Value| condition(found, "Progressing") == Some("False");
    let found = admin.until(&path(&ns), gave_up).await?;
    assert_eq!(found["status"]["availableReplicas"], 2);
    Ok(())
}
