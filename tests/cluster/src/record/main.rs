//! Records what a real cluster says of Deployments in all kinds of situations, for the tests of the Kubernetes
//! crate: `make record-cluster`, or `record-cluster NAME...` for some of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // For tests.

mod condition;
mod recording;
mod registries;

use anyhow::{Context, Result, ensure};
use condition::Condition;
use futures::{StreamExt, stream};
use nokube_dev_cluster::{Client, Cluster, Options};
use nokube_tests_cluster::push_faulty_images;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

const SITUATIONS: &str = include_str!("situations.json");
/// A Deployment as the platform makes them.
const DEPLOYMENT: &str = include_str!("deployment.json");
/// How many situations are recorded at a time.
const PARALLEL: usize = 12;
const TIMEOUT: Duration = Duration::from_secs(150);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    #[serde(default = "baseline")]
    pod_security: String,
    #[serde(default)]
    objects: Vec<Value>,
    /// Objects without a namespace; `NAMESPACE` in them is that of the situation.
    #[serde(default)]
    cluster_objects: Vec<Value>,
    /// It takes a node away, so it runs last.
    #[serde(default)]
    alone: bool,
    steps: Vec<Step>,
}

fn baseline() -> String {
    "baseline".into()
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
struct Step {
    /// Changes to the Deployment: of its `spec`, `pod` and `container`, other `containers`, the `revision`.
    deploy: Option<Value>,
    until: Option<Condition>,
    /// The name of the file.
    record: Option<String>,
    /// The image of an ephemeral container.
    debug: Option<String>,
    #[serde(default)]
    delete_pods: bool,
    /// `stop` or `start`, of node 2.
    kubelet: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let cluster = match std::env::var("NOKUBE_CLUSTER").as_deref() {
        Ok("running") => Cluster::attach()?,
        _ => Cluster::start(&Options::default()).await?,
    };
    push_faulty_images(&cluster).await?;
    registries::start(&cluster).await?;
    let situations: BTreeMap<String, Situation> = serde_json::from_str(SITUATIONS)?;
    let chosen = situations.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let (alone, others): (Vec<_>, Vec<_>) = chosen.partition(|(_, situation)| situation.alone);
    let cluster = &cluster;
    let results = stream::iter(others)
        .map(|(name, situation)| record_situation(cluster, name, situation))
        .buffer_unordered(PARALLEL)
        .collect::<Vec<_>>()
        .await;
    let mut failed = 0;
    for result in results {
        failed += usize::from(is_failure(result));
    }
    for (name, situation) in alone {
        failed += usize::from(is_failure(record_situation(cluster, name, situation).await));
    }
    ensure!(failed == 0, "{failed} situations could not be recorded");
    Ok(())
}

fn is_failure(result: Result<()>) -> bool {
    if let Err(error) = &result {
        eprintln!("{error:#}");
    }
    result.is_err()
}

async fn record_situation(cluster: &Cluster, name: &str, situation: &Situation) -> Result<()> {
    let admin = cluster.admin()?;
    let namespace = format!("record-{name}");
    let namespace_object = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {
            "name": namespace,
            "labels": { "pod-security.kubernetes.io/enforce": situation.pod_security },
        },
    });
    admin.apply(&namespace_object).await?.ok()?;
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "nokube-app" },
    });
    for object in [account].iter().chain(&situation.objects) {
        let mut object = object.clone();
        object["metadata"]["namespace"] = namespace.as_str().into();
        admin.apply(&object).await?.ok()?;
    }
    let cluster_objects: Vec<Value> = situation
        .cluster_objects
        .iter()
        .map(|object| serde_json::from_str(&object.to_string().replace("NAMESPACE", &namespace)))
        .collect::<Result<_, _>>()?;
    for object in &cluster_objects {
        admin.apply(object).await?.ok()?;
    }
    if !cluster_objects.is_empty() {
        // The API server takes a moment to know them.
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let mut result = Ok(());
    for step in &situation.steps {
        if result.is_ok() || step.kubelet.is_some() {
            result = result.and(run_step(cluster, &admin, &namespace, step).await);
        }
    }
    for object in &cluster_objects {
        admin.delete(&admin.path_of(object).await?, &json!({})).await?;
    }
    admin.delete(&format!("/api/v1/namespaces/{namespace}"), &json!({})).await?;
    result.with_context(|| name.to_owned())
}

async fn run_step(cluster: &Cluster, admin: &Client, namespace: &str, step: &Step) -> Result<()> {
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    if let Some(changes) = &step.deploy {
        admin.apply(&deployment(changes, namespace)?).await?.ok()?;
    }
    if let Some(image) = &step.debug {
        let pod = &admin.list(&pods).await?[0];
        let path =
            format!("{pods}/{}/ephemeralcontainers", pod["metadata"]["name"].as_str().unwrap());
        let container = json!({ "name": "debugger", "image": image, "targetContainerName": "app" });
        let change = json!({ "spec": { "ephemeralContainers": [container] } });
        admin.kubectl_patch(&path, &change).await?.ok()?;
    }
    if step.delete_pods {
        admin.delete(&pods, &json!({})).await?.ok()?;
    }
    match step.kubelet.as_deref() {
        Some("stop") => cluster.kill_kubelet(2).await?,
        Some(_) => cluster.start_kubelet(2).await?,
        None => {}
    }
    if let Some(until) = &step.until {
        let recording = wait_until(admin, namespace, until).await?;
        if let Some(name) = &step.record {
            let folder =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/kube/tests/recorded");
            let text = recording::text(&recording, namespace);
            std::fs::write(folder.join(format!("{name}.json")), text)?;
            println!("{name}");
        }
    }
    Ok(())
}

async fn wait_until(admin: &Client, namespace: &str, until: &Condition) -> Result<Value> {
    let started_at = Instant::now();
    loop {
        let recording = recording::read(admin, namespace).await?;
        if until.holds(&recording) {
            return Ok(recording);
        }
        ensure!(started_at.elapsed() < TIMEOUT, "not {until:?}: {recording:#}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The Deployment with the changes.
fn deployment(changes: &Value, namespace: &str) -> Result<Value> {
    let mut deployment: Value = serde_json::from_str(DEPLOYMENT)?;
    deployment["metadata"]["namespace"] = namespace.into();
    if let Some(revision) = changes["revision"].as_u64() {
        for name in ["revision", "release"] {
            deployment["metadata"]["annotations"][format!("nokube.dev/{name}")] =
                revision.to_string().into();
        }
    }
    merge(&mut deployment["spec"], &changes["spec"]);
    let pod = &mut deployment["spec"]["template"]["spec"];
    merge(pod, &changes["pod"]);
    let mut container = changes["container"].clone();
    if let Some(variables) = container["env"].as_object() {
        let port = json!({ "name": "PORT", "value": "8080" });
        let variables =
            variables.iter().map(|(name, value)| json!({ "name": name, "value": value }));
        container["env"] = variables.chain([port]).collect();
    } else if let Some(fields) = container.as_object_mut() {
        fields.remove("env");
    }
    merge(&mut pod["containers"][0], &container);
    if let (Some(all), Some(others)) =
        (pod["containers"].as_array_mut(), changes["containers"].as_array())
    {
        all.extend(others.iter().cloned());
    }
    Ok(deployment)
}

/// As a merge patch: `null` removes.
fn merge(target: &mut Value, changes: &Value) {
    for (name, change) in changes.as_object().into_iter().flatten() {
        match change {
            Value::Null => {
                target.as_object_mut().map(|fields| fields.remove(name));
            }
            Value::Object(_) if target[name].is_object() => merge(&mut target[name], change),
            _ => target[name] = change.clone(),
        }
    }
}
