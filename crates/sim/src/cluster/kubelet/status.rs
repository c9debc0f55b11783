//! A pod's status, as its node writes it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::behaviour;
use super::container::{ContainerRun, Stage};
use super::pod::{PodRun, written};
use crate::cluster::defaults;
use crate::cluster::json::{list, name, namespace, put, text, uid};
use crate::cluster::model::time;

/// Whether all its containers are ready.
pub fn is_ready(pod: &Value, run: &PodRun) -> bool {
    let all = list(pod, "/spec/containers").len();
    all > 0 && run.containers.len() == all && run.containers.iter().all(|one| one.ready)
}

pub fn pod(pod: &Value, run: &PodRun, now: Timestamp) -> Value {
    let old = list(pod, "/status/conditions");
    let mut status = json!({
        "phase": "Pending", "qosClass": defaults::qos(pod),
        "observedGeneration": pod.pointer("/metadata/generation").cloned().unwrap_or(json!(1)),
    });
    if !run.placed {
        let why = run.unschedulable.clone().unwrap_or_default();
        if !why.is_empty() {
            let one = condition(old, "PodScheduled", false, "Unschedulable", &why, now);
            put(&mut status, "/conditions", json!([one]));
        }
        return status;
    }
    let inits_done = run.init.iter().all(|one| one.stage == Stage::Done);
    let begun = run.containers.iter().any(|one| one.started.is_some());
    if inits_done && begun {
        put(&mut status, "/phase", "Running");
    }
    let ready = is_ready(pod, run);
    let waiting = unready(pod, run);
    let (reason, message) = match ready {
        true => ("", String::new()),
        false => ("ContainersNotReady", format!("containers with unready status: [{waiting}]")),
    };
    let (init_reason, init_message) = match inits_done {
        true => ("", String::new()),
        false => ("ContainersNotInitialized", "containers with incomplete status".to_owned()),
    };
    let conditions = json!([
        condition(old, "PodReadyToStartContainers", begun || ready, "", "", now),
        condition(old, "Initialized", inits_done, init_reason, &init_message, now),
        condition(old, "Ready", ready, reason, &message, now),
        condition(old, "ContainersReady", ready, reason, &message, now),
        condition(old, "PodScheduled", true, "", "", now),
    ]);
    put(&mut status, "/conditions", conditions);
    if let Some(started) = run.started {
        put(&mut status, "/startTime", time(started));
        let host = format!("10.0.0.{}", run.address.0);
        put(&mut status, "/hostIP", host.clone());
        put(&mut status, "/hostIPs", json!([{"ip": host}]));
        if begun {
            let address = format!("10.244.{}.{}", run.address.0, run.address.1);
            put(&mut status, "/podIP", address.clone());
            put(&mut status, "/podIPs", json!([{"ip": address}]));
        }
    }
    let all = |runs: &[ContainerRun], at: &str| {
        let specs = list(pod, at).iter();
        runs.iter()
            .zip(specs)
            .map(|(one, spec)| container(pod, one, spec, inits_done, at))
            .collect()
    };
    let of_init: Vec<Value> = all(&run.init, "/spec/initContainers");
    if !of_init.is_empty() {
        put(&mut status, "/initContainerStatuses", of_init);
    }
    let of_main: Vec<Value> = all(&run.containers, "/spec/containers");
    put(&mut status, "/containerStatuses", of_main);
    status
}

fn unready(pod: &Value, run: &PodRun) -> String {
    let pairs = run.containers.iter().zip(list(pod, "/spec/containers"));
    let names = pairs.filter(|(one, _)| !one.ready).map(|(_, spec)| text(spec, "/name"));
    names.collect::<Vec<_>>().join(" ")
}

fn condition(
    old: &[Value],
    kind: &str,
    holds: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let status = if holds { "True" } else { "False" };
    let before = old.iter().find(|one| text(one, "/type") == kind);
    let since = match before {
        Some(one) if text(one, "/status") == status => text(one, "/lastTransitionTime").to_owned(),
        _ => time(now),
    };
    let mut one = json!({
        "type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since,
    });
    for (field, value) in [("reason", reason), ("message", message)] {
        if !value.is_empty() {
            put(&mut one, &format!("/{field}"), value);
        }
    }
    one
}

fn container(pod: &Value, one: &ContainerRun, spec: &Value, initialized: bool, at: &str) -> Value {
    let image = text(spec, "/image");
    let id = |which: u32| {
        let seed = format!("{}{}{which}", uid(pod), text(spec, "/name"));
        format!("containerd://{}", crate::model::ids::sha256(seed))
    };
    let terminated = |which: u32| match one.ended {
        Some((began, ended, reason, code)) => json!({
            "exitCode": code, "reason": reason, "startedAt": time(began),
            "finishedAt": time(ended), "containerID": id(which),
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
    let state = match &one.stage {
        Stage::Creating | Stage::Pulling if !initialized && at == "/spec/containers" => {
            waiting("PodInitializing", "")
        }
        Stage::Creating | Stage::Pulling if at == "/spec/initContainers" => {
            waiting("PodInitializing", "")
        }
        Stage::Creating | Stage::Pulling => waiting("ContainerCreating", ""),
        Stage::PullFailed { backing_off: false, error } => waiting("ErrImagePull", error),
        Stage::PullFailed { error, .. } => {
            let message = format!("Back-off pulling image {image:?}: ErrImagePull: {error}");
            waiting("ImagePullBackOff", &message)
        }
        Stage::ConfigError(error) => waiting("CreateContainerConfigError", error),
        Stage::Running => {
            if one.ended.is_some() {
                last = json!({"terminated": terminated(one.restarts.saturating_sub(1))});
            }
            json!({"running": {"startedAt": written(one.started)}})
        }
        Stage::Ended { backing_off: false } => json!({"terminated": terminated(one.restarts)}),
        Stage::Ended { backing_off: true } => {
            last = json!({"terminated": terminated(one.restarts)});
            let message = format!(
                "back-off {} restarting failed container={} pod={}_{}({})",
                one.pause(),
                text(spec, "/name"),
                name(pod),
                namespace(pod),
                uid(pod)
            );
            waiting("CrashLoopBackOff", &message)
        }
        Stage::Done => json!({"terminated": {
            "exitCode": 0, "reason": "Completed", "startedAt": written(one.started),
            "finishedAt": written(one.started), "containerID": id(0),
        }}),
    };
    let pulled = one.started.is_some();
    let mut status = json!({
        "name": text(spec, "/name"), "image": image, "imageID": "", "state": state,
        "lastState": last, "restartCount": one.restarts,
        "ready": one.ready || one.stage == Stage::Done,
        "started": matches!(one.stage, Stage::Running),
    });
    if pulled {
        let digest = match image.split_once('@') {
            Some((_, digest)) => digest.to_owned(),
            None => format!("sha256:{}", crate::model::ids::sha256(image)),
        };
        let repository = behaviour::canonical(image);
        let repository = behaviour::repository(&repository).to_owned();
        put(&mut status, "/imageID", format!("{repository}@{digest}"));
        put(&mut status, "/containerID", id(one.restarts));
    }
    status
}
