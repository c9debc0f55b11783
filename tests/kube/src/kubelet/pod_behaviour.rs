//! The behaviours of pods, with the status and the event that a node reports for each.

use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq)]
pub enum PodBehaviour {
    /// Runs and is ready.
    Ready,
    /// Runs, but its readiness probe fails.
    Unready,
    /// Exits soon after each start.
    Crash { exit_code: i32, restarts: u32 },
    /// Is killed after each start, because it uses too much memory.
    OutOfMemory { restarts: u32 },
    /// The image cannot be pulled.
    ImagePullBackOff,
    /// A Secret or ConfigMap is missing.
    ConfigError,
    /// No node has room for the pod.
    Unschedulable,
}

/// The reason and the message of a `Warning` event.
pub struct Warning {
    pub reason: &'static str,
    pub message: String,
}

impl PodBehaviour {
    pub(super) fn is_scheduled(&self) -> bool {
        *self != Self::Unschedulable
    }

    pub(super) fn warning(&self, pod: &Value) -> Option<Warning> {
        let container = &pod["spec"]["containers"][0];
        let (image, name) = (text(&container["image"]), text(&container["name"]));
        let (reason, message) = match self {
            Self::Ready => return None,
            Self::Unready => (
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503".into(),
            ),
            Self::Crash { .. } | Self::OutOfMemory { .. } => {
                ("BackOff", back_off_message(pod, name))
            }
            Self::ImagePullBackOff => {
                ("Failed", format!("Failed to pull image \"{image}\": not found"))
            }
            Self::ConfigError => ("Failed", "Error: secret \"settings\" not found".into()),
            Self::Unschedulable => ("FailedScheduling", UNSCHEDULABLE_MESSAGE.into()),
        };
        Some(Warning { reason, message })
    }

    /// The pod's status, without `qosClass`, which the API server sets.
    pub(super) fn status(&self, pod: &Value, now: &str) -> Value {
        let condition = |kind: &str, is_true: bool, reason: &str, message: &str| {
            let status = if is_true { "True" } else { "False" };
            let mut condition =
                json!({ "type": kind, "status": status, "lastTransitionTime": now });
            if !is_true {
                condition["reason"] = reason.into();
                condition["message"] = message.into();
            }
            condition
        };
        if !self.is_scheduled() {
            let scheduled =
                condition("PodScheduled", false, "Unschedulable", UNSCHEDULABLE_MESSAGE);
            return json!({ "phase": "Pending", "conditions": [scheduled] });
        }
        let ready = *self == Self::Ready;
        let names: Vec<_> =
            list(&pod["spec"]["containers"]).map(|container| text(&container["name"])).collect();
        let unready = format!("containers with unready status: [{}]", names.join(" "));
        let is_starting = matches!(self, Self::ImagePullBackOff | Self::ConfigError);
        let address = format!("10.244.{}.{}", fastrand::u8(..), fastrand::u8(2..));
        let containers = list(&pod["spec"]["containers"]);
        let init_containers = list(&pod["spec"]["initContainers"]);
        json!({
            "phase": if is_starting { "Pending" } else { "Running" },
            "conditions": [
                condition("PodReadyToStartContainers", true, "", ""),
                condition("Initialized", true, "", ""),
                condition("Ready", ready, "ContainersNotReady", &unready),
                condition("ContainersReady", ready, "ContainersNotReady", &unready),
                condition("PodScheduled", true, "", ""),
            ],
            "hostIP": "127.0.0.1",
            "hostIPs": [{ "ip": "127.0.0.1" }],
            "podIP": address,
            "podIPs": [{ "ip": address }],
            "startTime": now,
            "containerStatuses": containers
                .map(|container| self.container_status(pod, container, now))
                .collect::<Vec<_>>(),
            "initContainerStatuses": init_containers
                .map(|container| completed_init_container(container, now))
                .collect::<Vec<_>>(),
        })
    }

    fn container_status(&self, pod: &Value, container: &Value, now: &str) -> Value {
        let (name, image) = (text(&container["name"]), text(&container["image"]));
        let waiting = |reason: &str, message: String| json!({ "waiting": { "reason": reason, "message": message } });
        let terminated = |exit_code: i32, reason: &str| {
            json!({ "terminated": {
                "exitCode": exit_code, "reason": reason, "startedAt": now, "finishedAt": now,
                "containerID": container_id("last", name),
            } })
        };
        let running = json!({ "running": { "startedAt": now } });
        let crash_loop = || waiting("CrashLoopBackOff", back_off_message(pod, name));
        let (state, last_state, restarts) = match self {
            Self::Ready | Self::Unready => (running, json!({}), 0),
            Self::Crash { exit_code, restarts } => (
                crash_loop(),
                terminated(*exit_code, if *exit_code == 0 { "Completed" } else { "Error" }),
                *restarts,
            ),
            Self::OutOfMemory { restarts } => {
                (crash_loop(), terminated(137, "OOMKilled"), *restarts)
            }
            Self::ImagePullBackOff => {
                let message =
                    format!("Back-off pulling image \"{image}\": ErrImagePull: not found");
                (waiting("ImagePullBackOff", message), json!({}), 0)
            }
            Self::ConfigError | Self::Unschedulable => {
                let message = "secret \"settings\" not found".into();
                (waiting("CreateContainerConfigError", message), json!({}), 0)
            }
        };
        let is_started = matches!(self, Self::Ready | Self::Unready);
        let mut status = json!({
            "name": name, "image": image, "imageID": "", "ready": *self == Self::Ready,
            "started": is_started, "restartCount": restarts, "state": state, "lastState": last_state,
        });
        if is_started {
            status["containerID"] = container_id("current", name).into();
            status["imageID"] = image.into();
        }
        status
    }
}

const UNSCHEDULABLE_MESSAGE: &str = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are \
                       available: 1 No preemption victims found for incoming pod.";

fn back_off_message(pod: &Value, container: &str) -> String {
    let metadata = &pod["metadata"];
    let [name, namespace, uid] = ["name", "namespace", "uid"].map(|field| text(&metadata[field]));
    format!("back-off 5m0s restarting failed container={container} pod={name}_{namespace}({uid})")
}

/// The status of an init container that succeeded.
fn completed_init_container(container: &Value, now: &str) -> Value {
    let name = text(&container["name"]);
    json!({
        "name": name, "image": container["image"], "imageID": container["image"],
        "containerID": container_id("init", name), "ready": true, "started": false, "restartCount": 0,
        "state": { "terminated": {
            "exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now,
            "containerID": container_id("init", name),
        } },
    })
}

fn container_id(kind: &str, container: &str) -> String {
    format!("containerd://{kind}-{container}")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
