//! The objects of one moment, as tests of the Kubernetes crate read them.

use anyhow::Result;
use nokube_dev_cluster::Client;
use serde_json::{Map, Value, json};

/// Reads the Deployment, its ReplicaSets and pods, and all events of the namespace, the oldest first.
pub async fn read(admin: &Client, namespace: &str) -> Result<Value> {
    let list = async |group: &str, plural: &str| {
        admin.list(&format!("/{group}/namespaces/{namespace}/{plural}")).await
    };
    let mut events = list("api/v1", "events").await?;
    events.sort_by_key(|event| event["lastTimestamp"].as_str().unwrap_or_default().to_owned());
    let mut recording = json!({
        "deployment": list("apis/apps/v1", "deployments").await?.pop(),
        "replicaSets": list("apis/apps/v1", "replicasets").await?,
        "pods": list("api/v1", "pods").await?,
        "events": events,
    });
    for (name, plural) in [("claims", "persistentvolumeclaims"), ("quotas", "resourcequotas")] {
        let objects = list("api/v1", plural).await?;
        if !objects.is_empty() {
            recording[name] = objects.into();
        }
    }
    Ok(recording)
}

/// One object a line, without what no test looks at, and with the namespace of a project.
pub fn text(recording: &Value, namespace: &str) -> String {
    let mut recording = recording.clone();
    remove(&mut recording["deployment"], &["spec/template/spec"]);
    for (list, fields) in [
        ("replicaSets", &["spec/template"][..]),
        ("pods", &["spec/tolerations", "spec/topologySpreadConstraints", "status/hostIPs"]),
        ("events", &["eventTime"]),
        ("claims", &[]),
        ("quotas", &[]),
    ] {
        for object in recording[list].as_array_mut().into_iter().flatten() {
            remove(object, fields);
        }
    }
    let empty = Map::new();
    let parts = recording.as_object().unwrap_or(&empty).iter().filter(|(_, part)| !part.is_null());
    let lines: Vec<String> = parts
        .map(|(name, part)| match part.as_array() {
            Some(objects) if !objects.is_empty() => {
                let lines: Vec<_> = objects.iter().map(|object| format!("  {object}")).collect();
                format!(" \"{name}\": [\n{}\n ]", lines.join(",\n"))
            }
            _ => format!(" \"{name}\": {part}"),
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n")).replace(namespace, "testuser-myapp")
}

fn remove(object: &mut Value, fields: &[&str]) {
    for field in ["metadata/managedFields", "metadata/resourceVersion"].iter().chain(fields) {
        let (parent, name) = field.rsplit_once('/').unwrap_or(("", field));
        let pointer = if parent.is_empty() { String::new() } else { format!("/{parent}") };
        if let Some(Value::Object(parent)) = object.pointer_mut(&pointer) {
            parent.remove(name);
        }
    }
}
