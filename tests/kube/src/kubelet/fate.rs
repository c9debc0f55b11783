//! What becomes of a pod, as the status and the event that a node writes about it.

use serde_json::{Value, json};

/// What becomes of a pod's containers.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Runs and is ready.
    Ready,
    /// Runs, and its probe fails.
    Unready,
    /// Ends soon after each start.
    Crash { exit_code: i32, restarts: u32 },
    /// Ends each time for want of memory.
    OutOfMemory { restarts: u32 },
    /// The registry does not give the image.
    NoPull,
    /// A Secret or ConfigMap that it needs is missing.
    NoConfig,
    /// No node has room.
    Unschedulable,
}

/// The reason and the message of the warning that a node records.
pub struct Warning {
    pub reason: &'static str,
    pub message: String,
}

impl Fate {
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
            Self::Crash { .. } | Self::OutOfMemory { .. } => ("BackOff", back_off(pod, name)),
            Self::NoPull => ("Failed", format!("Failed to pull image \"{image}\": not found")),
            Self::NoConfig => ("Failed", "Error: secret \"settings\" not found".into()),
            Self::Unschedulable => ("FailedScheduling", NO_ROOM.into()),
        };
        Some(Warning { reason, message })
    }

    /// The pod's whole status but for what the server itself keeps (its class of service).
    pub(super) fn status(&self, pod: &Value, now: &str) -> Value {
        let condition = |kind: &str, holds: bool, reason: &str, message: &str| {
            let status = if holds { "True" } else { "False" };
            let mut condition =
                json!({ "type": kind, "status": status, "lastTransitionTime": now });
            if !holds {
                condition["reason"] = reason.into();
                condition["message"] = message.into();
            }
            condition
        };
        if !self.is_scheduled() {
            let scheduled = condition("PodScheduled", false, "Unschedulable", NO_ROOM);
            return json!({ "phase": "Pending", "conditions": [scheduled] });
        }
        let ready = *self == Self::Ready;
        let names: Vec<_> =
            list(&pod["spec"]["containers"]).map(|one| text(&one["name"])).collect();
        let unready = format!("containers with unready status: [{}]", names.join(" "));
        let starts = matches!(self, Self::NoPull | Self::NoConfig);
        let address = format!("10.244.{}.{}", fastrand::u8(..), fastrand::u8(2..));
        let containers = list(&pod["spec"]["containers"]);
        let before = list(&pod["spec"]["initContainers"]);
        json!({
            "phase": if starts { "Pending" } else { "Running" },
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
            "containerStatuses": containers.map(|one| self.container(pod, one, now)).collect::<Vec<_>>(),
            "initContainerStatuses": before.map(|one| done(one, now)).collect::<Vec<_>>(),
        })
    }

    fn container(&self, pod: &Value, container: &Value, now: &str) -> Value {
        let (name, image) = (text(&container["name"]), text(&container["image"]));
        let waiting = |reason: &str, message: String| json!({ "waiting": { "reason": reason, "message": message } });
        let ended = |exit_code: i32, reason: &str| {
            json!({ "terminated": {
                "exitCode": exit_code, "reason": reason, "startedAt": now, "finishedAt": now,
                "containerID": id("last", name),
            } })
        };
        let running = json!({ "running": { "startedAt": now } });
        let again = || waiting("CrashLoopBackOff", back_off(pod, name));
        let (state, last, restarts) = match self {
            Self::Ready | Self::Unready => (running, json!({}), 0),
            Self::Crash { exit_code, restarts } => (
                again(),
                ended(*exit_code, if *exit_code == 0 { "Completed" } else { "Error" }),
                *restarts,
            ),
            Self::OutOfMemory { restarts } => (again(), ended(137, "OOMKilled"), *restarts),
            Self::NoPull => {
                let message =
                    format!("Back-off pulling image \"{image}\": ErrImagePull: not found");
                (waiting("ImagePullBackOff", message), json!({}), 0)
            }
            Self::NoConfig | Self::Unschedulable => {
                let message = "secret \"settings\" not found".into();
                (waiting("CreateContainerConfigError", message), json!({}), 0)
            }
        };
        let started = matches!(self, Self::Ready | Self::Unready);
        let mut status = json!({
            "name": name, "image": image, "imageID": "", "ready": *self == Self::Ready,
            "started": started, "restartCount": restarts, "state": state, "lastState": last,
        });
        if started {
            status["containerID"] = id("now", name).into();
            status["imageID"] = image.into();
        }
        status
    }
}

const NO_ROOM: &str = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are \
                       available: 1 No preemption victims found for incoming pod.";

fn back_off(pod: &Value, container: &str) -> String {
    let meta = &pod["metadata"];
    let [name, namespace, uid] = ["name", "namespace", "uid"].map(|field| text(&meta[field]));
    format!("back-off 5m0s restarting failed container={container} pod={name}_{namespace}({uid})")
}

/// A container that runs before the others and has done so.
fn done(container: &Value, now: &str) -> Value {
    let name = text(&container["name"]);
    json!({
        "name": name, "image": container["image"], "imageID": container["image"],
        "containerID": id("init", name), "ready": true, "started": false, "restartCount": 0,
        "state": { "terminated": {
            "exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now,
            "containerID": id("init", name),
        } },
    })
}

fn id(when: &str, container: &str) -> String {
    format!("containerd://{when}-{container}")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
