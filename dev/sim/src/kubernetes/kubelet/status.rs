//! The status that a node reports about a pod.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::container::{ContainerState, Stage};
use super::image_behaviour;
use super::pod_state::PodState;
use crate::kubernetes::json::{list, name, namespace, put, text, uid};
use crate::kubernetes::state::format_time;
use crate::kubernetes::write::defaulting;

/// Whether all containers are ready.
pub fn is_ready(pod: &Value, state: &PodState) -> bool {
    let count = list(pod, "/spec/containers").len();
    count > 0
        && state.containers.len() == count
        && state.containers.iter().all(|container| container.is_ready)
}

pub fn pod_status(pod: &Value, state: &PodState, now: Timestamp) -> Value {
    let old = list(pod, "/status/conditions");
    let mut status = json!({
        "phase": "Pending", "qosClass": defaulting::qos_class(pod),
        "observedGeneration": pod.pointer("/metadata/generation").cloned().unwrap_or(json!(1)),
    });
    if !state.is_scheduled {
        let reason = state.unschedulable_reason.clone().unwrap_or_default();
        if !reason.is_empty() {
            let scheduled = condition(old, "PodScheduled", false, "Unschedulable", &reason, now);
            put(&mut status, "/conditions", json!([scheduled]));
        }
        return status;
    }
    let is_initialized =
        state.init_containers.iter().all(|container| container.stage == Stage::Completed);
    let has_started = state.containers.iter().any(|container| container.started_at.is_some());
    if is_initialized && has_started {
        put(&mut status, "/phase", "Running");
    }
    let ready = is_ready(pod, state);
    let unready = unready_containers(pod, state);
    let (reason, message) = match ready {
        true => ("", String::new()),
        false => ("ContainersNotReady", format!("containers with unready status: [{unready}]")),
    };
    let (init_reason, init_message) = match is_initialized {
        true => ("", String::new()),
        false => ("ContainersNotInitialized", "containers with incomplete status".to_owned()),
    };
    let conditions = json!([
        condition(old, "PodReadyToStartContainers", has_started || ready, "", "", now),
        condition(old, "Initialized", is_initialized, init_reason, &init_message, now),
        condition(old, "Ready", ready, reason, &message, now),
        condition(old, "ContainersReady", ready, reason, &message, now),
        condition(old, "PodScheduled", true, "", "", now),
    ]);
    put(&mut status, "/conditions", conditions);
    if let Some(started_at) = state.started_at {
        put(&mut status, "/startTime", format_time(started_at));
        let host = format!("10.0.0.{}", state.address.0);
        put(&mut status, "/hostIP", host.clone());
        put(&mut status, "/hostIPs", json!([{"ip": host}]));
        if has_started {
            let address = format!("10.244.{}.{}", state.address.0, state.address.1);
            put(&mut status, "/podIP", address.clone());
            put(&mut status, "/podIPs", json!([{"ip": address}]));
        }
    }
    let container_statuses = |states: &[ContainerState], path: &str| {
        let specs = list(pod, path).iter();
        states
            .iter()
            .zip(specs)
            .map(|(state, spec)| container_status(pod, state, spec, is_initialized, path))
            .collect()
    };
    let init: Vec<Value> = container_statuses(&state.init_containers, "/spec/initContainers");
    if !init.is_empty() {
        put(&mut status, "/initContainerStatuses", init);
    }
    let main: Vec<Value> = container_statuses(&state.containers, "/spec/containers");
    put(&mut status, "/containerStatuses", main);
    status
}

/// The names of the unready containers.
fn unready_containers(pod: &Value, state: &PodState) -> String {
    let containers = state.containers.iter().zip(list(pod, "/spec/containers"));
    let names = containers
        .filter(|(container, _)| !container.is_ready)
        .map(|(_, spec)| text(spec, "/name"));
    names.collect::<Vec<_>>().join(" ")
}

fn condition(
    old: &[Value],
    kind: &str,
    is_true: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let status = if is_true { "True" } else { "False" };
    let previous = old.iter().find(|condition| text(condition, "/type") == kind);
    let since = match previous {
        Some(previous) if text(previous, "/status") == status => {
            text(previous, "/lastTransitionTime").to_owned()
        }
        _ => format_time(now),
    };
    let mut condition = json!({
        "type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since,
    });
    for (field, value) in [("reason", reason), ("message", message)] {
        if !value.is_empty() {
            put(&mut condition, &format!("/{field}"), value);
        }
    }
    condition
}

fn container_status(
    pod: &Value,
    container: &ContainerState,
    spec: &Value,
    is_initialized: bool,
    path: &str,
) -> Value {
    let image = text(spec, "/image");
    let id = |restarts: u32| {
        let seed = format!("{}{}{restarts}", uid(pod), text(spec, "/name"));
        format!("containerd://{}", crate::hash::sha256(seed))
    };
    let terminated = |restarts: u32| match container.last_termination {
        Some(last) => json!({
            "exitCode": last.exit_code, "reason": last.reason,
            "startedAt": format_time(last.started_at),
            "finishedAt": format_time(last.finished_at), "containerID": id(restarts),
        }),
        None => Value::Null,
    };
    let waiting = |reason: &str, message: &str| {
        let mut state = json!({"waiting": {"reason": reason}});
        if !message.is_empty() {
            put(&mut state, "/waiting/message", message);
        }
        state
    };
    let mut last = json!({});
    let state = match &container.stage {
        Stage::Creating | Stage::PullingImage if !is_initialized && path == "/spec/containers" => {
            waiting("PodInitializing", "")
        }
        Stage::Creating | Stage::PullingImage if path == "/spec/initContainers" => {
            waiting("PodInitializing", "")
        }
        Stage::Creating | Stage::PullingImage => waiting("ContainerCreating", ""),
        Stage::PullFailed { is_backing_off: false, error } => waiting("ErrImagePull", error),
        Stage::PullFailed { error, .. } => {
            let message = format!("Back-off pulling image {image:?}: ErrImagePull: {error}");
            waiting("ImagePullBackOff", &message)
        }
        Stage::ConfigError(error) => waiting("CreateContainerConfigError", error),
        Stage::Running => {
            if container.last_termination.is_some() {
                last = json!({"terminated": terminated(container.restarts.saturating_sub(1))});
            }
            json!({"running": {"startedAt": time_or_null(container.started_at)}})
        }
        Stage::Exited { is_backing_off: false } => {
            json!({"terminated": terminated(container.restarts)})
        }
        Stage::Exited { is_backing_off: true } => {
            last = json!({"terminated": terminated(container.restarts)});
            let message = format!(
                "back-off {} restarting failed container={} pod={}_{}({})",
                container.format_backoff(),
                text(spec, "/name"),
                name(pod),
                namespace(pod),
                uid(pod)
            );
            waiting("CrashLoopBackOff", &message)
        }
        Stage::Completed => json!({"terminated": {
            "exitCode": 0, "reason": "Completed", "startedAt": time_or_null(container.started_at),
            "finishedAt": time_or_null(container.started_at), "containerID": id(0),
        }}),
    };
    let is_pulled = container.started_at.is_some();
    let mut status = json!({
        "name": text(spec, "/name"), "image": image, "imageID": "", "state": state,
        "lastState": last, "restartCount": container.restarts,
        "ready": container.is_ready || container.stage == Stage::Completed,
        "started": matches!(container.stage, Stage::Running),
    });
    if is_pulled {
        let digest = match image.split_once('@') {
            Some((_, digest)) => digest.to_owned(),
            None => format!("sha256:{}", crate::hash::sha256(image)),
        };
        let repository = image_behaviour::canonical(image);
        let repository = image_behaviour::repository(&repository).to_owned();
        put(&mut status, "/imageID", format!("{repository}@{digest}"));
        put(&mut status, "/containerID", id(container.restarts));
    }
    status
}

fn time_or_null(time: Option<Timestamp>) -> Value {
    time.map(format_time).map_or(Value::Null, Value::from)
}
