//! The ValidatingAdmissionPolicies of `ops/rbac.yaml` and `ops/admission` deny what a thief of the deployer's token
//! could try, and accept what the platform makes.

mod attacks;
mod foreign;
mod objects;
mod previews;

use crate::platform::{cluster, text, unique_login};
use anyhow::Result;
use nokube_tests_kube::Client;
use objects::{DEPLOYER, made_objects};
use serde_json::{Value, json};

async fn deployer() -> Result<Client> {
    let cluster = cluster().await?;
    cluster.client_with_token(&cluster.service_account_token("nokube", "nokube-deployer").await?)
}

/// Waits until the deployer's role in a namespace has effect.
async fn wait_until_bound(deployer: &Client, namespace: &str) -> Result<()> {
    let permission = json!({ "namespace": namespace, "verb": "patch", "resource": "services" });
    deployer.wait_until_allowed(&permission).await
}

fn namespace(name: &str, labels: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": name, "labels": {
            "app.kubernetes.io/managed-by": "nokube",
            "pod-security.kubernetes.io/enforce": "baseline",
        } },
    });
    for (name, value) in labels.as_object().into_iter().flatten() {
        object["metadata"]["labels"][name] = value.clone();
    }
    object
}

fn role_binding(namespace: &str, role: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "nokube-deployer", "namespace": namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": DEPLOYER }],
    })
}

/// Asserts that the policy denies `object` with this message.
async fn assert_denied(deployer: &Client, object: &Value, expected: &str) -> Result<()> {
    let response = deployer.apply(object).await?;
    let message = text(&response.body, "/message");
    assert!(response.status == 422 && message.contains(expected), "{object}: {response:?}");
    Ok(())
}

#[tokio::test]
async fn the_deployer_can_only_write_in_the_platforms_namespaces() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let own_namespace = unique_login("nk-policy-");
    deployer.apply(&namespace(&own_namespace, &json!({}))).await?.ok()?;
    deployer.apply(&role_binding(&own_namespace, "nokube-deployer")).await?.ok()?;
    // A foreign namespace with a matching name.
    let foreign_namespace = unique_login("nk-foreign-");
    let bare = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": foreign_namespace } });
    admin.apply(&bare).await?.ok()?;
    for object in [
        namespace(&foreign_namespace, &json!({})),
        namespace("kube-public", &json!({})),
        namespace("tenant", &json!({})),
        role_binding(&foreign_namespace, "nokube-deployer"),
        role_binding("kube-system", "nokube-deployer"),
        role_binding("nokube", "nokube-deployer"),
    ] {
        assert_denied(&deployer, &object, "its own namespaces").await?;
    }
    // It may not bind other roles.
    deployer.apply(&role_binding(&own_namespace, "cluster-admin")).await?.expect(403)?;
    for foreign in ["ingress", foreign_namespace.as_str()] {
        let path = format!("/api/v1/namespaces/{foreign}");
        deployer.delete(&path, &json!({})).await?.expect(422)?;
    }
    deployer.get("/api/v1/namespaces/kube-system/secrets").await?.expect(403)?;
    // In the namespace for dry runs, only dry runs are allowed.
    let made = made_objects();
    let mut config = made.into_iter().find(|made| made["kind"] == "ConfigMap").unwrap();
    config["metadata"]["namespace"] = json!("nokube-preview");
    assert_denied(&deployer, &config, "its own namespaces").await?;
    let dry_run = "/api/v1/namespaces/nokube-preview/configmaps?dryRun=All";
    deployer.create(dry_run, &config).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_namespace_keeps_its_owner_and_its_level() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let name = unique_login("nk-owned-");
    let level = |level: &str| json!({ "pod-security.kubernetes.io/enforce": level });
    let owned = |more: &Value| {
        let mut object =
            namespace(&name, &json!({ "nokube.dev/owner": "a", "nokube.dev/project": "1" }));
        for (label, value) in more.as_object().into_iter().flatten() {
            object["metadata"]["labels"][label] = value.clone();
        }
        object
    };
    deployer.apply(&owned(&json!({}))).await?.ok()?;
    for change in [json!({ "nokube.dev/owner": "b" }), json!({ "nokube.dev/project": "2" })] {
        assert_denied(&deployer, &owned(&change), "to whom a namespace belongs").await?;
    }
    deployer.apply(&owned(&level("restricted"))).await?.ok()?;
    assert_denied(&deployer, &owned(&level("baseline")), "and lowers none").await?;
    let path = format!("/api/v1/namespaces/{name}");
    for label in ["nokube.dev/owner", "app.kubernetes.io/managed-by"] {
        let change = json!({ "metadata": { "labels": { label: null } } });
        deployer.merge_patch(&path, &change).await?.expect(422)?;
    }
    // An administrator may do all of that.
    let change = json!({ "metadata": { "labels": {
        "nokube.dev/owner": "b", "pod-security.kubernetes.io/enforce": "baseline",
    } } });
    admin.merge_patch(&path, &change).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn only_objects_of_deployments_are_deleted_and_older_versions_of_kinds_not_written()
-> Result<()> {
    let deployer = deployer().await?;
    let mut namespace = String::new();
    let (objects, mut paths) = (made_objects(), Vec::new());
    for object in &objects {
        deployer.apply(object).await?.ok()?;
        if object["kind"] == "RoleBinding" {
            namespace = text(object, "/metadata/namespace").to_owned();
            wait_until_bound(&deployer, &namespace).await?;
        }
        paths.push(deployer.path_of(object).await?);
    }
    let v1 = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
        "metadata": { "name": "web", "namespace": namespace },
        "spec": {
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" },
            "maxReplicas": 2,
        },
    });
    assert_denied(&deployer, &v1, "the platform's kinds of objects only").await?;
    for (object, path) in objects.iter().zip(&paths) {
        if object["kind"] == "Namespace" || object["kind"] == "RoleBinding" {
            continue;
        }
        let response = deployer.delete(path, &json!({})).await?;
        let is_of_deployment = object["metadata"]["labels"]["nokube.dev/deployment"].is_string();
        if is_of_deployment || text(object, "/metadata/name") == "web.secrets" {
            response.ok()?;
        } else {
            let message = response.expect(422)?;
            assert!(
                text(&message, "/message").contains("only objects of deployments"),
                "{message}"
            );
        }
    }
    // Not even with the label of a deployment.
    let label = json!({ "metadata": { "labels": { "nokube.dev/deployment": "a" } } });
    let policies = format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies");
    deployer.merge_patch(&format!("{policies}/nokube.default"), &label).await?.ok()?;
    deployer.delete(&format!("{policies}/nokube.default"), &json!({})).await?.expect(422)?;
    let theirs = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": "theirs", "namespace": namespace }, "spec": { "podSelector": {} },
    });
    cluster().await?.admin()?.apply(&theirs).await?.ok()?;
    let path = deployer.path_of(&theirs).await?;
    let message = deployer.delete(&path, &json!({})).await?.expect(422)?;
    assert!(
        text(&message, "/message").contains("deletes only objects of deployments"),
        "{message}"
    );
    deployer.delete(&format!("/api/v1/namespaces/{namespace}"), &json!({})).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_service_keeps_a_host_that_the_operator_no_longer_allows() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let mut ingress = json!(null);
    for object in made_objects() {
        match text(&object, "/kind") {
            "Namespace" => drop(deployer.apply(&object).await?.ok()?),
            "RoleBinding" => {
                deployer.apply(&object).await?.ok()?;
                wait_until_bound(&deployer, text(&object, "/metadata/namespace")).await?;
            }
            "Ingress" => ingress = object,
            _ => {}
        }
    }
    let with_host = |host: &str, port: u16| {
        let mut ingress = ingress.clone();
        ingress["spec"]["rules"][0]["host"] = json!(host);
        ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] =
            json!({ "number": port });
        ingress
    };
    admin.apply(&with_host("legacy.example.net", 80)).await?.ok()?;
    deployer.apply(&with_host("legacy.example.net", 8080)).await?.ok()?;
    assert_denied(&deployer, &with_host("new.example.net", 8080), "hostEndings").await
}
