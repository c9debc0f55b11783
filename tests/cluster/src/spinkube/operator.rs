//! What SpinKube's operator makes of a SpinApp whose executor has a `spinImage`: a Deployment and a Service. Written
//! from its source (`internal/controller` and `pkg/spinapp`, 2026).

use super::Images;
use serde_json::{Value, json};

const NAME: &str = "core.spinkube.dev/app-name";

/// The objects with those of the operator in place of the SpinApp and its executor, and with images that nodes can pull.
pub fn as_operator(objects: Vec<Value>, images: &Images) -> Vec<Value> {
    let mut made = Vec::new();
    for mut object in objects {
        match object["kind"].as_str().unwrap_or_default() {
            "SpinApp" => made.extend([deployment(&object, images), service(&object)]),
            "SpinAppExecutor" => {}
            "StatefulSet" => {
                object["spec"]["template"]["spec"]["containers"][0]["image"] = json!(images.store);
                made.push(object);
            }
            "CronJob" => {
                let template = &mut object["spec"]["jobTemplate"]["spec"]["template"];
                template["spec"]["containers"][0]["image"] = json!(images.curl);
                made.push(object);
            }
            _ => made.push(object),
        }
    }
    made
}

fn metadata(app: &Value) -> Value {
    json!({
        "name": app["metadata"]["name"],
        "namespace": app["metadata"]["namespace"],
        "labels": { NAME: app["metadata"]["name"] },
    })
}

/// The labels by which the Deployment and the Service find the pods.
fn selector(app: &Value) -> Value {
    let name = app["metadata"]["name"].as_str().unwrap();
    json!({ NAME: name, format!("core.spinkube.dev/app.{name}.status"): "ready" })
}

fn deployment(app: &Value, images: &Images) -> Value {
    let spec = &app["spec"];
    let mut labels = spec["podLabels"].clone();
    for (name, value) in selector(app).as_object().unwrap() {
        labels[name] = value.clone();
    }
    let mut env: Vec<Value> = Vec::new();
    for variable in spec["variables"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap().to_uppercase();
        env.push(json!({
            "name": format!("SPIN_VARIABLE_{name}"), "valueFrom": variable["valueFrom"],
        }));
    }
    let config = "/runtime-config.toml";
    let mut volumes = vec![json!({ "name": "spin-runtime-config", "secret": {
        "secretName": spec["runtimeConfig"]["loadFromSecret"], "optional": true,
        "items": [{ "key": "runtime-config.toml", "path": "runtime-config.toml" }],
    } })];
    volumes.extend(spec["volumes"].as_array().unwrap().iter().cloned());
    let mut mounts = vec![json!({
        "name": "spin-runtime-config", "readOnly": true, "mountPath": config,
        "subPath": "runtime-config.toml",
    })];
    mounts.extend(spec["volumeMounts"].as_array().unwrap().iter().cloned());
    let probe = |name: &str| {
        let mut probe = spec["checks"][name].clone();
        probe["httpGet"]["port"] = json!(80);
        probe
    };
    // Spin's would be `up --listen 0.0.0.0:80 -f IMAGE --runtime-config-file …`, with SPIN_WASMTIME_POOLING=0, which
    // docs/spinkube.md sets.
    let args = json!([
        "--from",
        "/app/spin.toml",
        "--listen",
        "0.0.0.0:80",
        "--runtime-config-file",
        config,
        "--disable-pooling",
    ]);
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(app),
        "spec": {
            "replicas": spec["replicas"],
            "selector": { "matchLabels": selector(app) },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "containers": [{
                        "name": app["metadata"]["name"],
                        "image": images.platform,
                        "command": ["local-host"],
                        "args": args,
                        "ports": [{ "name": "http-app", "containerPort": 80 }],
                        "env": env,
                        "volumeMounts": mounts,
                        "resources": spec["resources"],
                        "livenessProbe": probe("liveness"),
                        "readinessProbe": probe("readiness"),
                    }],
                    "volumes": volumes,
                },
            },
        },
    })
}

fn service(app: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(app),
        "spec": {
            "type": "ClusterIP",
            "selector": selector(app),
            "ports": [{ "name": "http-app", "protocol": "TCP", "port": 80, "targetPort": "http-app" }],
        },
    })
}
