//! What others have added to the platform's objects stays, and does not keep the platform from applying them.

use super::{deployer, objects::made_objects, wait_until_bound};
use crate::platform::{cluster, text};
use anyhow::{Context, Result};
use nokube_tests_kube::Client;
use serde_json::{Value, json};

const ANNOTATION: &str = "theirs.example.org/state";

#[tokio::test]
async fn what_others_have_added_passes_unchanged_and_not_changed() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    for object in made_objects() {
        deployer.apply(&object).await?.ok()?;
        if object["kind"] == "RoleBinding" {
            wait_until_bound(&deployer, text(&object, "/metadata/namespace")).await?;
        }
        let path = admin.path_of(&object).await?;
        add_as_others_do(&admin, &path, text(&object, "/kind")).await?;

        // The platform applies its next revision, and a client patches a part of it.
        let applied = deployer.apply(&next_revision(&object)).await?;
        let applied = applied.ok().with_context(|| object.to_string())?;
        assert_eq!(applied["metadata"]["annotations"][ANNOTATION], "x", "{path}");
        assert_eq!(applied["metadata"]["labels"]["theirs.example.org/team"], "x", "{path}");
        if object["kind"] == "Deployment" {
            let pod = &applied["spec"]["template"]["spec"];
            let containers = pod["containers"].as_array().map(Vec::len);
            assert_eq!((containers, &pod["dnsPolicy"]), (Some(2), &json!("Default")), "{pod:#}");
        }
        let part_of = json!({ "metadata": { "labels": { "app.kubernetes.io/part-of": "again" } } });
        deployer.merge_patch(&path, &part_of).await?.ok().with_context(|| path.clone())?;

        let (annotation, label) = ("changes no annotation", "changes only the platform's labels");
        for (change, says) in [
            (json!({ "annotations": { ANNOTATION: "y" } }), annotation),
            (json!({ "annotations": { ANNOTATION: null } }), annotation),
            (json!({ "labels": { "theirs.example.org/team": "y" } }), label),
            (json!({ "labels": { "theirs.example.org/team": null } }), label),
            (json!({ "finalizers": [] }), "adds and removes no finalizer"),
        ] {
            if change["finalizers"].is_array() && object["kind"] == "Namespace" {
                continue;
            }
            let response = deployer.merge_patch(&path, &json!({ "metadata": change })).await?;
            let message = response.expect(422)?;
            assert!(text(&message, "/message").contains(says), "{path}: {message}");
        }
        admin.merge_patch(&path, &json!({ "metadata": { "finalizers": null } })).await?.ok()?;
    }
    Ok(())
}

/// Labels, annotations and finalizers of controllers; in a Deployment what administrators and webhooks add.
async fn add_as_others_do(admin: &Client, path: &str, kind: &str) -> Result<()> {
    let mut change = json!({ "metadata": {
        "annotations": { ANNOTATION: "x", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
        "labels": { "theirs.example.org/team": "x" },
        "finalizers": ["theirs.example.org/hold"],
    }});
    match kind {
        "Namespace" => change["metadata"]["finalizers"] = Value::Null,
        "ServiceAccount" => {
            change["metadata"]["labels"]["app.kubernetes.io/instance"] = json!("theirs");
        }
        "Service" => {
            change["spec"] =
                json!({ "publishNotReadyAddresses": true, "externalIPs": ["192.0.2.1"] });
        }
        "Ingress" => {
            let backend = json!({ "service": { "name": "theirs", "port": { "number": 80 } } });
            change["spec"] = json!({ "defaultBackend": backend });
        }
        "HorizontalPodAutoscaler" => {
            change["spec"] = json!({ "behavior": { "scaleDown": { "selectPolicy": "Disabled" } } });
        }
        "Deployment" => change["spec"] = changed_pods(),
        _ => {}
    }
    let response = match kind {
        "HTTPRoute" => admin.merge_patch(path, &change).await?,
        _ => admin.kubectl_patch(path, &change).await?,
    };
    response.ok().with_context(|| path.to_owned())?;
    Ok(())
}

fn changed_pods() -> Value {
    let from_node = json!({ "fieldRef": { "fieldPath": "status.hostIP" } });
    let app = json!({
        "name": "app", "workingDir": "/", "env": [{ "name": "THEIRS", "valueFrom": from_node }],
        "ports": [{ "name": "theirs", "containerPort": 9, "hostPort": 9, "protocol": "TCP" }],
        "volumeMounts": [{ "name": "theirs", "mountPath": "/theirs" }],
        "resources": { "limits": { "hugepages-2Mi": "2Mi" } },
        "securityContext": { "runAsUser": 1 },
        "lifecycle": { "postStart": { "exec": { "command": ["x"] } } },
    });
    let sidecar = json!({ "name": "sidecar", "image": "nginx" });
    json!({ "minReadySeconds": 3, "template": {
        "metadata": {
            "annotations": { "kubectl.kubernetes.io/restartedAt": "x" },
            "labels": { "theirs.example.org/team": "x" },
        },
        "spec": {
            "nodeSelector": { "a": "b" }, "tolerations": [{ "operator": "Exists" }],
            "dnsPolicy": "Default", "volumes": [{ "name": "theirs", "emptyDir": {} }],
            "imagePullSecrets": [{ "name": "theirs" }], "securityContext": { "runAsUser": 1 },
            "initContainers": [{ "name": "first", "image": "nginx" }],
            "containers": [app, sidecar],
        },
    }})
}

/// What the platform would apply next: another image, other variables and amounts.
fn next_revision(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["labels"]["app.kubernetes.io/part-of"] = json!("changed");
    if object["kind"] == "Deployment" {
        let template = &mut object["spec"]["template"];
        template["metadata"]["annotations"] = json!({ "nokube.dev/restarted-at": "x" });
        let container = &mut template["spec"]["containers"][0];
        container["image"] = json!("nginx:1.30");
        container["env"] = json!([{ "name": "PORT", "value": "99" }]);
        container["resources"]["limits"]["cpu"] = json!("700m");
    }
    object
}
