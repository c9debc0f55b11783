//! The status that a node reports about a pod.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::container::{ContainerState, Stage};
use super::image_behaviour::repository;
use super::pod_state::PodState;
use super::run_container::full_name;
use crate::kubernetes::json::{list, put, text, uid};
use crate::kubernetes::state::format_time;

pub fn pod_status(pod: &Value, state: &PodState, now: Timestamp) -> Value {
    let old = list(pod, "/status/conditions");
    let mut status = json!({"phase": "Pending"});
    if !state.is_scheduled {
        if let Some(message) = &state.unschedulable_reason {
            let mut scheduled = condition(old, "PodScheduled", false, now);
            put(&mut scheduled, "/reason", "Unschedulable");
            put(&mut scheduled, "/message", message.as_str());
            put(&mut status, "/conditions", json!([scheduled]));
        }
        return status;
    }
    if state.containers.iter().any(|container| container.started_at.is_some()) {
        put(&mut status, "/phase", "Running");
    }
    let specs = list(pod, "/spec/containers");
    let (mut ready, mut all_ready) = (
        condition(old, "Ready", state.is_ready(), now),
        condition(old, "ContainersReady", state.is_ready(), now),
    );
    if !state.is_ready() {
        let unready = state.containers.iter().zip(specs);
        let unready = unready.filter(|(container, _)| !container.is_ready);
        let names: Vec<&str> = unready.map(|(_, spec)| text(spec, "/name")).collect();
        let message = format!("containers with unready status: [{}]", names.join(" "));
        for condition in [&mut ready, &mut all_ready] {
            put(condition, "/reason", "ContainersNotReady");
            put(condition, "/message", message.as_str());
        }
    }
    let conditions = json!([
        condition(old, "Initialized", true, now),
        ready,
        all_ready,
        condition(old, "PodScheduled", true, now),
    ]);
    put(&mut status, "/conditions", conditions);
    put(&mut status, "/startTime", time_or_null(state.started_at));
    put(&mut status, "/podIP", pod_ip(pod));
    let containers = state.containers.iter().zip(specs);
    let statuses: Vec<Value> =
        containers.map(|(container, spec)| container_status(pod, container, spec)).collect();
    put(&mut status, "/containerStatuses", statuses);
    status
}

/// The address of a pod, which depends on its uid only.
pub(super) fn pod_ip(pod: &Value) -> String {
    let number =
        uid(pod).bytes().fold(7_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("10.42.{}.{}", number >> 8, number & 0xff)
}

fn condition(old: &[Value], kind: &str, is_true: bool, now: Timestamp) -> Value {
    let status = if is_true { "True" } else { "False" };
    let previous = old.iter().find(|condition| text(condition, "/type") == kind);
    let since = match previous {
        Some(previous) if text(previous, "/status") == status => {
            text(previous, "/lastTransitionTime").to_owned()
        }
        _ => format_time(now),
    };
    json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since})
}

fn container_status(pod: &Value, container: &ContainerState, spec: &Value) -> Value {
    let image = text(spec, "/image");
    let (state, last_state) = container_states(pod, container, spec);
    let mut status = json!({
        "name": text(spec, "/name"), "image": image, "imageID": "", "state": state,
        "lastState": last_state, "restartCount": container.restarts, "ready": container.is_ready,
        "started": container.stage == Stage::Running,
    });
    if container.started_at.is_some() {
        let digest = match image.split_once('@') {
            Some((_, digest)) => digest.to_owned(),
            None => format!("sha256:{}", crate::hash::sha256(image)),
        };
        put(&mut status, "/imageID", format!("{}@{digest}", repository(image)));
        let id = crate::hash::sha256(format!("{}{}", uid(pod), container.restarts));
        put(&mut status, "/containerID", format!("containerd://{id}"));
    }
    status
}

/// The current state of a container, and the state before its last restart.
fn container_states(pod: &Value, container: &ContainerState, spec: &Value) -> (Value, Value) {
    let waiting =
        |reason: &str, message: &str| json!({"waiting": {"reason": reason, "message": message}});
    let terminated = match container.last_termination {
        Some(last) => json!({"terminated": {
            "exitCode": last.exit_code, "reason": last.reason,
            "startedAt": format_time(last.started_at), "finishedAt": format_time(last.finished_at),
        }}),
        None => json!({}),
    };
    let state = match &container.stage {
        Stage::Creating | Stage::PullingImage => waiting("ContainerCreating", ""),
        Stage::PullFailed { is_backing_off: false, error } => waiting("ErrImagePull", error),
        Stage::PullFailed { error, .. } => {
            let image = text(spec, "/image");
            let message = format!("Back-off pulling image {image:?}: ErrImagePull: {error}");
            waiting("ImagePullBackOff", &message)
        }
        Stage::CreateFailed { reason, error } => waiting(reason, error),
        Stage::Running => json!({"running": {"startedAt": time_or_null(container.started_at)}}),
        Stage::Exited { is_backing_off: false } => return (terminated, json!({})),
        Stage::Exited { is_backing_off: true } => {
            let message = format!(
                "back-off {} restarting failed container={} pod={}",
                container.format_backoff(),
                text(spec, "/name"),
                full_name(pod)
            );
            waiting("CrashLoopBackOff", &message)
        }
    };
    (state, terminated)
}

fn time_or_null(time: Option<Timestamp>) -> Value {
    time.map(format_time).map_or(Value::Null, Value::from)
}
