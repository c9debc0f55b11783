//! A scripted kubelet: binds a namespace's pods to a node, reports the status that a test chooses, serves
//! their logs, and completes their deletion. It runs no containers.

mod container_logs;
mod pod_behaviour;

pub use pod_behaviour::PodBehaviour;

use crate::Client;
use anyhow::{Context, Result, bail};
use container_logs::ContainerLogs;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// The node for the pods of one namespace. It stops with the test's async runtime.
#[derive(Clone)]
pub struct Kubelet {
    admin: Client,
    namespace: String,
    node: String,
    logs: ContainerLogs,
}

/// A kubelet that handles new pods in the background. It stops when it is dropped.
pub struct RunningKubelet(JoinHandle<()>);

impl Drop for RunningKubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Kubelet {
    /// Registers a node, from which the API server fetches the logs of pods.
    pub async fn start(admin: &Client, namespace: &str) -> Result<Self> {
        let logs = ContainerLogs::default();
        let port = logs.serve().await?;
        let node = format!("node-{namespace}");
        let object = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": node } });
        admin.apply(&object).await?.ok()?;
        let status = json!({
            "addresses": [{ "type": "InternalIP", "address": "127.0.0.1" }],
            "daemonEndpoints": { "kubeletEndpoint": { "Port": port } },
            "conditions": [{ "type": "Ready", "status": "True", "reason": "KubeletReady" }],
        });
        admin.patch_status(&format!("/api/v1/nodes/{node}"), &status).await?.ok()?;
        Ok(Self { admin: admin.clone(), namespace: namespace.into(), node, logs })
    }

    /// Waits until at least `min` pods match the label selector, and returns them. Terminating pods do not
    /// count. Fails after 30 s.
    pub async fn wait_for_pods(&self, selector: &str, min: usize) -> Result<Vec<Value>> {
        let started_at = Instant::now();
        loop {
            let mut pods = self.list(selector).await?;
            pods.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
            if pods.len() >= min {
                return Ok(pods);
            }
            if started_at.elapsed() > WAIT_TIMEOUT {
                bail!("{} pods of '{selector}' in {}, not {min}", pods.len(), self.namespace);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until at least `min` pods match the label selector. Then reports the behaviour's status for
    /// them, and records an event if it is a failure.
    pub async fn set_behaviour(
        &self,
        selector: &str,
        min: usize,
        behaviour: &PodBehaviour,
    ) -> Result<()> {
        for pod in self.wait_for_pods(selector, min).await? {
            self.report_pod(&pod, behaviour).await?;
        }
        Ok(())
    }

    /// Reports every new pod as ready and completes deletions, until the returned value is dropped.
    pub fn run(&self) -> RunningKubelet {
        self.run_with(|_| Some(PodBehaviour::Ready))
    }

    /// Like [`Self::run`], but chooses the behaviour of each new pod. None leaves the pod pending.
    pub fn run_with(
        &self,
        behaviour: impl Fn(&Value) -> Option<PodBehaviour> + Send + 'static,
    ) -> RunningKubelet {
        let kubelet = self.clone();
        RunningKubelet(tokio::spawn(async move {
            let mut reported = BTreeSet::new();
            loop {
                // Errors are ignored, because a pod may change or be deleted after it was listed.
                for pod in kubelet.list("").await.unwrap_or_default() {
                    if !pod["metadata"]["deletionTimestamp"].is_null() {
                        let _ = kubelet.complete_deletion(&pod).await;
                    } else if !reported.contains(&pod["metadata"]["uid"].to_string())
                        && let Some(behaviour) = behaviour(&pod)
                        && kubelet.report_pod(&pod, &behaviour).await.is_ok()
                    {
                        reported.insert(pod["metadata"]["uid"].to_string());
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }))
    }

    /// Completes the deletion of all terminating pods.
    pub async fn complete_deletions(&self) -> Result<()> {
        for pod in self.list("").await? {
            if !pod["metadata"]["deletionTimestamp"].is_null() {
                self.complete_deletion(&pod).await?;
            }
        }
        Ok(())
    }

    /// Appends a line to a container's log. `previous` is the log before the latest restart.
    pub fn write_log(&self, pod: &str, container: &str, previous: bool, line: &str) {
        self.logs.write(&self.namespace, pod, container, previous, line);
    }

    /// Ends a container's log, and with it the responses that follow it.
    pub fn close_log(&self, pod: &str, container: &str) {
        self.logs.close(&self.namespace, pod, container);
    }

    /// Records an event about an object. `event_type` is `Normal` or `Warning`.
    pub async fn record_event(
        &self,
        object: &Value,
        event_type: &str,
        reason: &str,
        message: &str,
    ) -> Result<()> {
        let now = now();
        let metadata = &object["metadata"];
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "generateName": "nokube-", "namespace": self.namespace },
            "involvedObject": {
                "apiVersion": "v1", "kind": object["kind"].as_str().unwrap_or("Pod"),
                "namespace": self.namespace, "name": metadata["name"], "uid": metadata["uid"],
            },
            "type": event_type, "reason": reason, "message": message, "count": 1,
            "firstTimestamp": now, "lastTimestamp": now,
            "source": { "component": "kubelet", "host": self.node },
        });
        let path = format!("/api/v1/namespaces/{}/events", self.namespace);
        self.admin.create(&path, &event).await?.ok()?;
        Ok(())
    }

    async fn list(&self, selector: &str) -> Result<Vec<Value>> {
        let path = format!("/api/v1/namespaces/{}/pods?labelSelector={selector}", self.namespace);
        self.admin.list(&path).await
    }

    fn pod_path(&self, pod: &Value) -> Result<String> {
        let name = pod["metadata"]["name"].as_str().context("a pod without a name")?;
        Ok(format!("/api/v1/namespaces/{}/pods/{name}", self.namespace))
    }

    async fn report_pod(&self, pod: &Value, behaviour: &PodBehaviour) -> Result<()> {
        let path = self.pod_path(pod)?;
        if behaviour.is_scheduled() && pod["spec"]["nodeName"].is_null() {
            let binding = json!({
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": { "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"] },
                "target": { "apiVersion": "v1", "kind": "Node", "name": self.node },
            });
            self.admin.create(&format!("{path}/binding"), &binding).await?.ok()?;
        }
        self.admin.patch_status(&path, &behaviour.status(pod, &now())).await?.ok()?;
        match behaviour.warning(pod) {
            Some(warning) => {
                self.record_event(pod, "Warning", warning.reason, &warning.message).await
            }
            None => Ok(()),
        }
    }

    async fn complete_deletion(&self, pod: &Value) -> Result<()> {
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "gracePeriodSeconds": 0,
            "preconditions": { "uid": pod["metadata"]["uid"] },
        });
        let response = self.admin.delete(&self.pod_path(pod)?, &options).await?;
        // The pod was deleted already, or replaced by one of the same name.
        if [404, 409].contains(&response.status) {
            return Ok(());
        }
        response.ok()?;
        Ok(())
    }
}

/// The current time in the format of Kubernetes, to the second.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
