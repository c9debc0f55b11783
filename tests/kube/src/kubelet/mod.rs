//! Plays the node that is not there: takes a namespace's pods, says what becomes of them, gives
//! their logs, and completes their deletion.

mod fate;
mod logs;

pub use fate::Fate;

use crate::Client;
use anyhow::{Context, Result, bail};
use logs::Logs;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// A node that has the pods of one namespace. It ends with the test's runtime.
#[derive(Clone)]
pub struct Kubelet {
    admin: Client,
    namespace: String,
    node: String,
    logs: Logs,
}

/// A node at work by itself; dropped, it stops.
pub struct Playing(JoinHandle<()>);

impl Drop for Playing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Kubelet {
    /// Registers a node for this namespace's pods, whose logs the server fetches from here.
    pub async fn start(admin: &Client, namespace: &str) -> Result<Self> {
        let logs = Logs::default();
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

    /// The pods that this label selector takes and that are not being deleted. Waits until there
    /// are so many; longest 30 s.
    pub async fn pods(&self, selector: &str, least: usize) -> Result<Vec<Value>> {
        let begun = Instant::now();
        loop {
            let mut pods = self.list(selector).await?;
            pods.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
            if pods.len() >= least {
                return Ok(pods);
            }
            if begun.elapsed() > Duration::from_secs(30) {
                bail!("{} pods of '{selector}' in {}, not {least}", pods.len(), self.namespace);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Lets this become of the pods that this label selector takes, as soon as there are so many,
    /// with the event that a node records of a misfortune.
    pub async fn make(&self, selector: &str, least: usize, fate: &Fate) -> Result<()> {
        for pod in self.pods(selector, least).await? {
            self.make_pod(&pod, fate).await?;
        }
        Ok(())
    }

    /// Makes every new pod ready and completes deletions, until the value is dropped.
    pub fn play(&self) -> Playing {
        self.play_with(|_| Some(Fate::Ready))
    }

    /// As [`Self::play`], where each new pod's fate is chosen, or left open.
    pub fn play_with(&self, fate: impl Fn(&Value) -> Option<Fate> + Send + 'static) -> Playing {
        let kubelet = self.clone();
        Playing(tokio::spawn(async move {
            let mut known = BTreeSet::new();
            loop {
                // A pod may go, or change, between the list and what is done about it.
                for pod in kubelet.list("").await.unwrap_or_default() {
                    if !pod["metadata"]["deletionTimestamp"].is_null() {
                        let _ = kubelet.end_pod(&pod).await;
                    } else if !known.contains(&pod["metadata"]["uid"].to_string())
                        && let Some(fate) = fate(&pod)
                        && kubelet.make_pod(&pod, &fate).await.is_ok()
                    {
                        known.insert(pod["metadata"]["uid"].to_string());
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }))
    }

    /// Completes the deletion of pods that wait for their node.
    pub async fn end_pods(&self) -> Result<()> {
        for pod in self.list("").await? {
            if !pod["metadata"]["deletionTimestamp"].is_null() {
                self.end_pod(&pod).await?;
            }
        }
        Ok(())
    }

    /// Appends a line to what a container writes; `previous` is the one before the last restart.
    pub fn log(&self, pod: &str, container: &str, previous: bool, line: &str) {
        self.logs.write(&self.namespace, pod, container, previous, line);
    }

    /// Ends the output of a container: who follows it reads to its end.
    pub fn end_log(&self, pod: &str, container: &str) {
        self.logs.end(&self.namespace, pod, container);
    }

    /// Records an event about an object, as a node or a controller does.
    pub async fn event(&self, about: &Value, kind: &str, reason: &str, text: &str) -> Result<()> {
        let now = now();
        let meta = &about["metadata"];
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "generateName": "nokube-", "namespace": self.namespace },
            "involvedObject": {
                "apiVersion": "v1", "kind": about["kind"].as_str().unwrap_or("Pod"),
                "namespace": self.namespace, "name": meta["name"], "uid": meta["uid"],
            },
            "type": kind, "reason": reason, "message": text, "count": 1,
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

    fn path(&self, pod: &Value) -> Result<String> {
        let name = pod["metadata"]["name"].as_str().context("a pod without a name")?;
        Ok(format!("/api/v1/namespaces/{}/pods/{name}", self.namespace))
    }

    async fn make_pod(&self, pod: &Value, fate: &Fate) -> Result<()> {
        let path = self.path(pod)?;
        if fate.is_scheduled() && pod["spec"]["nodeName"].is_null() {
            let binding = json!({
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": { "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"] },
                "target": { "apiVersion": "v1", "kind": "Node", "name": self.node },
            });
            self.admin.create(&format!("{path}/binding"), &binding).await?.ok()?;
        }
        self.admin.patch_status(&path, &fate.status(pod, &now())).await?.ok()?;
        match fate.warning(pod) {
            Some(warning) => self.event(pod, "Warning", warning.reason, &warning.message).await,
            None => Ok(()),
        }
    }

    async fn end_pod(&self, pod: &Value) -> Result<()> {
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "gracePeriodSeconds": 0,
            "preconditions": { "uid": pod["metadata"]["uid"] },
        });
        let answer = self.admin.delete(&self.path(pod)?, &options).await?;
        // Gone already, or its successor of the same name stands there.
        if [404, 409].contains(&answer.status) {
            return Ok(());
        }
        answer.ok()?;
        Ok(())
    }
}

/// The time to the second, as Kubernetes writes it.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
