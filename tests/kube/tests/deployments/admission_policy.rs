//! The ValidatingAdmissionPolicy of `ops/rbac.yaml` denies what a thief of the deployer's token could try.

use crate::platform::{cluster, text, unique_login};
use anyhow::Result;
use nokube_tests_kube::Client;
use serde_json::{Value, json};

const DEPLOYER: &str = "system:serviceaccount:nokube:nokube-deployer";

async fn deployer() -> Result<Client> {
    let cluster = cluster().await?;
    cluster.client_with_token(&cluster.service_account_token("nokube", "nokube-deployer").await?)
}

fn namespace(name: &str, labels: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": name, "labels": {
            "app.kubernetes.io/managed-by": "nokube",
            "pod-security.kubernetes.io/enforce": "baseline",
        } },
    });
    merge(&mut object, &json!({ "metadata": { "labels": labels } }));
    object
}

fn role_binding(namespace: &str, role: &str, user: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "nokube-deployer", "namespace": namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user }],
    })
}

/// JSON merge patch: replaces lists, and null removes a member.
fn merge(object: &mut Value, changes: &Value) {
    match (object, changes) {
        (Value::Object(object), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    object.remove(name);
                } else {
                    merge(object.entry(name.clone()).or_insert(Value::Null), change);
                }
            }
        }
        (object, change) => *object = change.clone(),
    }
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
    let level = |level: &str| json!({ "pod-security.kubernetes.io/enforce": level });
    let version = |version: &str| json!({ "pod-security.kubernetes.io/enforce-version": version });
    deployer.apply(&namespace(&own_namespace, &json!({}))).await?.ok()?;
    deployer.apply(&namespace(&own_namespace, &version("latest"))).await?.ok()?;
    deployer.apply(&role_binding(&own_namespace, "nokube-deployer", DEPLOYER)).await?.ok()?;
    // A foreign namespace with a matching name.
    let foreign_namespace = unique_login("nk-foreign-");
    let bare = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": foreign_namespace } });
    admin.apply(&bare).await?.ok()?;
    for (object, message) in [
        (namespace(&own_namespace, &level("privileged")), "levels baseline and restricted"),
        (
            namespace(&unique_login("nk-new-"), &level("privileged")),
            "levels baseline and restricted",
        ),
        // An old version of the level is less strict.
        (namespace(&own_namespace, &version("v1.0")), "levels baseline and restricted"),
        (
            namespace(&own_namespace, &json!({ "istio-injection": "enabled" })),
            "no label and no annotation",
        ),
        (namespace(&foreign_namespace, &json!({})), "its own namespaces"),
        (namespace("kube-public", &json!({})), "its own namespaces"),
        (namespace("tenant", &json!({})), "its own namespaces"),
        (role_binding(&foreign_namespace, "nokube-deployer", DEPLOYER), "its own namespaces"),
        (role_binding("kube-system", "nokube-deployer", DEPLOYER), "its own namespaces"),
        (role_binding("nokube", "nokube-deployer", DEPLOYER), "its own namespaces"),
        (role_binding(&own_namespace, "nokube-deployer", "mallory"), "binds only itself"),
    ] {
        assert_denied(&deployer, &object, message).await?;
    }
    // It may not bind other roles.
    deployer.apply(&role_binding(&own_namespace, "cluster-admin", DEPLOYER)).await?.expect(403)?;
    for foreign in ["ingress", foreign_namespace.as_str()] {
        let path = format!("/api/v1/namespaces/{foreign}");
        deployer.delete(&path, &json!({})).await?.expect(422)?;
    }
    deployer.get("/api/v1/namespaces/kube-system/secrets").await?.expect(403)?;
    // In the namespace for dry runs, only dry runs are allowed.
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "tried", "namespace": "nokube-preview" },
    });
    assert_denied(&deployer, &config, "its own namespaces").await
}

#[tokio::test]
async fn the_deployer_cannot_take_the_platforms_host_or_expose_a_service() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let own_namespace = unique_login("nk-policy-");
    deployer.apply(&namespace(&own_namespace, &json!({}))).await?.ok()?;
    deployer.apply(&role_binding(&own_namespace, "nokube-deployer", DEPLOYER)).await?.ok()?;
    let permission = json!({ "namespace": own_namespace, "verb": "patch", "resource": "services" });
    deployer.wait_until_allowed(&permission).await?;

    let object = |api_version: &str, kind: &str, spec: Value| {
        json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": { "name": "web", "namespace": own_namespace }, "spec": spec,
        })
    };
    let rule = |host: Value| {
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
        let mut rule = json!({ "http": { "paths": [path] } });
        merge(&mut rule, &host);
        rule
    };
    let host = json!({ "host": "web.apps.example.org" });
    let tls = json!([{ "hosts": ["web.apps.example.org"], "secretName": "web-tls" }]);
    let ingress = json!({ "rules": [rule(host)], "tls": tls });
    let ingress = object("networking.k8s.io/v1", "Ingress", ingress);
    let route = json!({ "hostnames": ["web.apps.example.org"] });
    let route = object("gateway.networking.k8s.io/v1", "HTTPRoute", route);
    let service = json!({ "type": "ClusterIP", "ports": [{ "name": "http", "port": 80 }] });
    let service = object("v1", "Service", service);
    let pod = json!({ "containers": [{ "name": "app", "image": "nginx" }] });
    let labels = json!({ "app": "web" });
    let workload = json!({
        "replicas": 0, "selector": { "matchLabels": labels },
        "template": { "metadata": { "labels": labels }, "spec": pod },
    });
    let workload = object("apps/v1", "Deployment", workload);

    let claim = json!({
        "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } },
    });
    let claim = object("v1", "PersistentVolumeClaim", claim);

    let host = |host: &str| json!({ "spec": { "rules": [rule(json!({ "host": host }))] } });
    let tls = |tls: Value| json!({ "spec": { "tls": [tls] } });
    let hostnames = |hosts: Value| json!({ "spec": { "hostnames": hosts } });
    let annotation = |name: &str| json!({ "metadata": { "annotations": { name: "x" } } });
    let platform_host = "nokube.example.org";
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    let in_pod = |change: Value| json!({ "spec": { "template": { "spec": change } } });
    let (hosts, annotations, internal) =
        ("hosts by their names", "no annotation", "inside the cluster only");
    let (scheduling, volumes) = ("neither nodes nor priorities", "new volumes only");
    for (valid, changes) in [
        (
            &ingress,
            vec![
                (host(platform_host), hosts),
                (host("below.nokube.example.org"), hosts),
                (host("*.example.org"), hosts),
                (json!({ "spec": { "rules": [rule(json!({}))] } }), hosts),
                (json!({ "spec": { "defaultBackend": backend } }), hosts),
                (tls(json!({ "hosts": [platform_host] })), hosts),
                (tls(json!({ "secretName": "web-tls" })), hosts),
                (annotation("nginx.ingress.kubernetes.io/server-alias"), annotations),
            ],
        ),
        (
            &route,
            vec![
                (hostnames(json!(["web.apps.example.org", platform_host])), hosts),
                (hostnames(json!(["*.example.org"])), hosts),
                (hostnames(json!([])), hosts),
                (hostnames(Value::Null), hosts),
                (annotation("external-dns.alpha.kubernetes.io/hostname"), annotations),
            ],
        ),
        (
            &service,
            vec![
                (json!({ "spec": { "type": "LoadBalancer" } }), internal),
                (json!({ "spec": { "type": "NodePort" } }), internal),
                (
                    json!({ "spec": { "type": "ExternalName", "externalName": "example.org" } }),
                    internal,
                ),
                (json!({ "spec": { "externalIPs": ["192.0.2.1"] } }), internal),
                (annotation("external-dns.alpha.kubernetes.io/hostname"), annotations),
            ],
        ),
        (
            &workload,
            vec![
                (in_pod(json!({ "nodeName": "control-plane" })), scheduling),
                (in_pod(json!({ "priorityClassName": "system-node-critical" })), scheduling),
                (in_pod(json!({ "nodeSelector": { "kubernetes.io/hostname": "a" } })), scheduling),
                (in_pod(json!({ "tolerations": [{ "operator": "Exists" }] })), scheduling),
                (in_pod(json!({ "schedulerName": "theirs" })), scheduling),
                (in_pod(json!({ "volumes": [{ "name": "x", "emptyDir": {} }] })), volumes),
                (
                    in_pod(
                        json!({ "volumes": [{ "name": "x", "nfs": { "server": "x", "path": "/" } }] }),
                    ),
                    volumes,
                ),
            ],
        ),
    ] {
        // Both for a new object and for an existing one.
        for exists in [false, true] {
            if exists {
                deployer.apply(valid).await?.ok()?;
            }
            for (change, message) in &changes {
                let mut object = valid.clone();
                merge(&mut object, change);
                assert_denied(&deployer, &object, message).await?;
            }
        }
    }

    // Only for new claims: the API server itself makes these fields immutable.
    for change in [
        json!({ "spec": { "volumeName": "theirs" } }),
        json!({ "spec": { "selector": { "matchLabels": { "a": "b" } } } }),
    ] {
        let mut object = claim.clone();
        merge(&mut object, &change);
        assert_denied(&deployer, &object, volumes).await?;
    }
    deployer.apply(&claim).await?.ok()?;

    // Annotations of other controllers do not block the deployer.
    let path = admin.path_of(&ingress).await?;
    admin.merge_patch(&path, &annotation("controller.example.org/state")).await?.ok()?;
    let mut annotated = ingress.clone();
    merge(&mut annotated, &annotation("cert-manager.io/cluster-issuer"));
    deployer.apply(&annotated).await?.ok()?;
    let stored = admin.get(&path).await?.ok()?;
    assert_eq!(stored["metadata"]["annotations"].as_object().map(serde_json::Map::len), Some(2));
    deployer.delete(&path, &json!({})).await?.ok()?;
    Ok(())
}
