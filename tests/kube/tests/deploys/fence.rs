//! What somebody with the deployer's token could try: the fence of `ops/rbac.yaml` refuses it.

use crate::platform::{cluster, somebody, text};
use anyhow::Result;
use nokube_tests_kube::Client;
use serde_json::{Value, json};

const OWN: &str = "system:serviceaccount:nokube:nokube-deployer";

async fn deployer() -> Result<Client> {
    let cluster = cluster().await?;
    cluster.bearer(&cluster.account_token("nokube", "nokube-deployer").await?)
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

fn binding(place: &str, role: &str, user: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "nokube-deployer", "namespace": place },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user }],
    })
}

/// `changes` laid over `object`: a list stands for the whole list, null takes away.
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

/// The fence refuses `object`, in its own words.
async fn refused(deployer: &Client, object: &Value, words: &str) -> Result<()> {
    let answer = deployer.apply(object).await?;
    let why = text(&answer.body, "/message");
    assert!(answer.status == 422 && why.contains(words), "{object} was answered {answer:?}");
    Ok(())
}

#[tokio::test]
async fn the_fence_keeps_the_deployer_in_the_platforms_namespaces() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let mine = somebody("nk-fence-");
    let level = |level: &str| json!({ "pod-security.kubernetes.io/enforce": level });
    let version = |version: &str| json!({ "pod-security.kubernetes.io/enforce-version": version });
    deployer.apply(&namespace(&mine, &json!({}))).await?.ok()?;
    deployer.apply(&namespace(&mine, &version("latest"))).await?.ok()?;
    deployer.apply(&binding(&mine, "nokube-deployer", OWN)).await?.ok()?;
    // One of somebody else's that happens to be called so.
    let theirs = somebody("nk-theirs-");
    let bare = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": theirs } });
    admin.apply(&bare).await?.ok()?;
    for (object, words) in [
        (namespace(&mine, &level("privileged")), "levels baseline and restricted"),
        (namespace(&somebody("nk-new-"), &level("privileged")), "levels baseline and restricted"),
        // Of the level as it was then, which lets through what it refuses today.
        (namespace(&mine, &version("v1.0")), "levels baseline and restricted"),
        (namespace(&mine, &json!({ "istio-injection": "enabled" })), "no label and no annotation"),
        (namespace(&theirs, &json!({})), "its own namespaces"),
        (namespace("kube-public", &json!({})), "its own namespaces"),
        (namespace("tenant", &json!({})), "its own namespaces"),
        (binding(&theirs, "nokube-deployer", OWN), "its own namespaces"),
        (binding("kube-system", "nokube-deployer", OWN), "its own namespaces"),
        (binding("nokube", "nokube-deployer", OWN), "its own namespaces"),
        (binding(&mine, "nokube-deployer", "mallory"), "binds only itself"),
    ] {
        refused(&deployer, &object, words).await?;
    }
    // Another role is none that it may bind.
    deployer.apply(&binding(&mine, "cluster-admin", OWN)).await?.expect(403)?;
    for kept in ["ingress", theirs.as_str()] {
        let place = format!("/api/v1/namespaces/{kept}");
        deployer.delete(&place, &json!({})).await?.expect(422)?;
    }
    deployer.get("/api/v1/namespaces/kube-system/secrets").await?.expect(403)?;
    // In its own namespace it tries only.
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "tried", "namespace": "nokube-preview" },
    });
    refused(&deployer, &config, "its own namespaces").await
}

#[tokio::test]
async fn the_fence_lets_nobody_take_the_platforms_host_or_leave_by_a_service() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let mine = somebody("nk-fence-");
    deployer.apply(&namespace(&mine, &json!({}))).await?.ok()?;
    deployer.apply(&binding(&mine, "nokube-deployer", OWN)).await?.ok()?;
    let right = json!({ "namespace": mine, "verb": "patch", "resource": "services" });
    deployer.until_may(&right).await?;

    let object = |api: &str, kind: &str, spec: Value| {
        json!({
            "apiVersion": api, "kind": kind,
            "metadata": { "name": "web", "namespace": mine }, "spec": spec,
        })
    };
    let rule = |host: Value| {
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
        let mut rule = json!({ "http": { "paths": [path] } });
        merge(&mut rule, &host);
        rule
    };
    let ours = json!({ "host": "web.apps.example.org" });
    let tls = json!([{ "hosts": ["web.apps.example.org"], "secretName": "web-tls" }]);
    let ingress = json!({ "rules": [rule(ours)], "tls": tls });
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
    let platform = "nokube.example.org";
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    let in_pod = |change: Value| json!({ "spec": { "template": { "spec": change } } });
    let (hosts, notes, inside) =
        ("hosts by their names", "no annotation", "inside the cluster only");
    let (placed, new) = ("neither nodes nor priorities", "new volumes only");
    for (good, wrong) in [
        (
            &ingress,
            vec![
                (host(platform), hosts),
                (host("below.nokube.example.org"), hosts),
                (host("*.example.org"), hosts),
                (json!({ "spec": { "rules": [rule(json!({}))] } }), hosts),
                (json!({ "spec": { "defaultBackend": backend } }), hosts),
                (tls(json!({ "hosts": [platform] })), hosts),
                (tls(json!({ "secretName": "web-tls" })), hosts),
                (annotation("nginx.ingress.kubernetes.io/server-alias"), notes),
            ],
        ),
        (
            &route,
            vec![
                (hostnames(json!(["web.apps.example.org", platform])), hosts),
                (hostnames(json!(["*.example.org"])), hosts),
                (hostnames(json!([])), hosts),
                (hostnames(Value::Null), hosts),
                (annotation("external-dns.alpha.kubernetes.io/hostname"), notes),
            ],
        ),
        (
            &service,
            vec![
                (json!({ "spec": { "type": "LoadBalancer" } }), inside),
                (json!({ "spec": { "type": "NodePort" } }), inside),
                (
                    json!({ "spec": { "type": "ExternalName", "externalName": "example.org" } }),
                    inside,
                ),
                (json!({ "spec": { "externalIPs": ["192.0.2.1"] } }), inside),
                (annotation("external-dns.alpha.kubernetes.io/hostname"), notes),
            ],
        ),
        (
            &workload,
            vec![
                (in_pod(json!({ "nodeName": "control-plane" })), placed),
                (in_pod(json!({ "priorityClassName": "system-node-critical" })), placed),
                (in_pod(json!({ "nodeSelector": { "kubernetes.io/hostname": "a" } })), placed),
                (in_pod(json!({ "tolerations": [{ "operator": "Exists" }] })), placed),
                (in_pod(json!({ "schedulerName": "theirs" })), placed),
                (in_pod(json!({ "volumes": [{ "name": "x", "emptyDir": {} }] })), new),
                (
                    in_pod(
                        json!({ "volumes": [{ "name": "x", "nfs": { "server": "x", "path": "/" } }] }),
                    ),
                    new,
                ),
            ],
        ),
    ] {
        // New, and over one that stands.
        for stands in [false, true] {
            if stands {
                deployer.apply(good).await?.ok()?;
            }
            for (change, words) in &wrong {
                let mut object = good.clone();
                merge(&mut object, change);
                refused(&deployer, &object, words).await?;
            }
        }
    }

    // What a claim that stands is bound to is fixed by the server itself.
    for change in [
        json!({ "spec": { "volumeName": "theirs" } }),
        json!({ "spec": { "selector": { "matchLabels": { "a": "b" } } } }),
    ] {
        let mut object = claim.clone();
        merge(&mut object, &change);
        refused(&deployer, &object, new).await?;
    }
    deployer.apply(&claim).await?.ok()?;

    // Controllers write annotations of their own, which are in nobody's way.
    let path = admin.path_of(&ingress).await?;
    admin.merge(&path, &annotation("controller.example.org/state")).await?.ok()?;
    let mut mended = ingress.clone();
    merge(&mut mended, &annotation("cert-manager.io/cluster-issuer"));
    deployer.apply(&mended).await?.ok()?;
    let stands = admin.get(&path).await?.ok()?;
    assert_eq!(stands["metadata"]["annotations"].as_object().map(serde_json::Map::len), Some(2));
    deployer.delete(&path, &json!({})).await?.ok()?;
    Ok(())
}
