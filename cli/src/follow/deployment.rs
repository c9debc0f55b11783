//! What a deployment does at the moment, and whether it has ended.

use super::{issues, statuses::deployment_status};
use crate::{
    api::deployments::{Deployment, DeploymentStatus, Pod},
    text,
};
use std::time::Duration;

/// How long the address of a service may be unreachable that runs, before that is a failure: a route is accepted some
/// seconds after it was made.
const SETTLING: Duration = Duration::from_secs(15);

/// Whether a deployment has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Waiting,
    /// It runs, and nothing says that its address is unreachable.
    Ready,
    Failed,
}

/// `running_for`: since when it has been seen running.
pub fn verdict(deployment: &Deployment, running_for: Duration) -> Verdict {
    // The status is the last known one.
    if deployment.issues.iter().any(|issue| issue.code == "cluster_unreachable") {
        return Verdict::Waiting;
    }
    match deployment.status.as_str() {
        DeploymentStatus::RUNNING if !is_unreachable(deployment) => Verdict::Ready,
        DeploymentStatus::RUNNING if running_for < SETTLING || may_pass(deployment) => {
            Verdict::Waiting
        }
        DeploymentStatus::RUNNING
        | DeploymentStatus::DEGRADED
        | DeploymentStatus::FAILED
        | DeploymentStatus::STOPPED => Verdict::Failed,
        // Pending, deploying, or a status of a newer platform.
        _ => Verdict::Waiting,
    }
}

pub fn is_unreachable(deployment: &Deployment) -> bool {
    deployment.reachable.as_deref() == Some("no")
}

fn may_pass(deployment: &Deployment) -> bool {
    deployment.issues.iter().all(|issue| issue.temporary)
}

/// In one line: its status, how many pods are ready, and what is wrong.
pub fn phase(deployment: &Deployment) -> String {
    let status = deployment_status(&deployment.status);
    let (ready, all) = progress(deployment);
    let is_stopped = deployment.status.as_str() == DeploymentStatus::STOPPED;
    let ready = match is_stopped {
        true => String::new(),
        false => text!(", {ready} of {all} ready", ", {ready} sur {all} prêtes"),
    };
    let why = match deployment.issues.first() {
        Some(issue) => format!(": {}", issues::message(issue)),
        None => waiting_for(deployment).map(|what| format!(": {what}")).unwrap_or_default(),
    };
    format!("{status}{ready}{why}")
}

/// How many pods are ready, of how many. During a rollout only those of the newest revision count.
fn progress(deployment: &Deployment) -> (u32, u32) {
    let is_rollout = deployment.status.as_str() == DeploymentStatus::DEPLOYING;
    let current = deployment.pods.iter().filter(|pod| pod.current && pod.ready).count();
    let ready = match is_rollout && !deployment.pods.is_empty() {
        true => u32::try_from(current).unwrap_or(u32::MAX),
        false => deployment.replicas_ready,
    };
    (ready, deployment.replicas_total)
}

/// What a rollout waits for.
fn waiting_for(deployment: &Deployment) -> Option<String> {
    if deployment.status.as_str() != DeploymentStatus::DEPLOYING {
        return None;
    }
    let current: Vec<_> = deployment.pods.iter().filter(|pod| pod.current).collect();
    let not_ready: Vec<_> = current.iter().filter(|pod| !pod.ready).collect();
    match (current.is_empty(), not_ready.is_empty()) {
        (true, _) => Some(text!("pods are created", "les instances sont créées")),
        (false, true) => None,
        (false, false) if not_ready.iter().any(|pod| pod.phase != "Running") => {
            Some(text!("the image is pulled", "l’image est téléchargée"))
        }
        (false, false) => {
            Some(text!("health checks are awaited", "les vérifications de santé sont attendues"))
        }
    }
}

/// The pod whose log says most about a failure: of the newest revision, not ready, and started most often.
pub fn failed_pod(deployment: &Deployment) -> Option<&Pod> {
    let failed = deployment.pods.iter().filter(|pod| pod.current && !pod.ready);
    failed.max_by_key(|pod| pod.restarts)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    pub fn deployment(fields: Value) -> Deployment {
        serde_json::from_value(deployment_json(fields)).unwrap()
    }

    /// A deployment with these fields besides the usual ones.
    pub fn deployment_json(fields: Value) -> Value {
        let mut deployment = json!({
            "deployment_id": "d1", "project_id": 1, "service_name": "shop", "preview": null, "display_name": "shop",
            "status": "deploying", "image_name": "r.example.org/alice/shop", "image_digest": null, "build_id": "b1",
            "replicas_ready": 0, "replicas_total": 2, "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z", "error_code": null, "error_message": null, "issues": [],
            "access_url": "http://shop.example.org", "reachable": "yes", "revision": 3, "release": 3,
            "automatic": false, "automation_paused": null, "pods": [],
        });
        deployment.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        deployment
    }

    fn pod(name: &str, phase: &str, ready: bool, restarts: u32) -> Value {
        json!({"name": name, "phase": phase, "ready": ready, "current": true, "restarts": restarts,
            "reason": null, "message": null, "started_at": null})
    }

    fn issue(code: &str, temporary: bool) -> Value {
        json!([{"code": code, "message": "It is wrong.", "action": "Change it.", "detail": null,
            "object": null, "temporary": temporary}])
    }

    fn verdict_of(fields: Value, running_for: u64) -> Verdict {
        verdict(&deployment(fields), Duration::from_secs(running_for))
    }

    #[test]
    fn it_is_ready_once_it_runs_and_nothing_says_that_it_is_unreachable() {
        for reachable in [json!("yes"), json!("unknown"), Value::Null] {
            let running = json!({"status": "running", "reachable": reachable});
            assert_eq!(verdict_of(running, 0), Verdict::Ready);
        }
        assert_eq!(verdict_of(json!({"status": "deploying"}), 0), Verdict::Waiting);
        assert_eq!(verdict_of(json!({"status": "pending"}), 0), Verdict::Waiting);
        assert_eq!(verdict_of(json!({"status": "verifying"}), 0), Verdict::Waiting);
    }

    #[test]
    fn a_rollout_that_failed_is_not_waited_for() {
        for status in ["failed", "degraded", "stopped"] {
            assert_eq!(verdict_of(json!({"status": status}), 0), Verdict::Failed);
        }
        let unreachable = json!({"status": "failed", "issues": issue("cluster_unreachable", true)});
        assert_eq!(verdict_of(unreachable, 0), Verdict::Waiting);
    }

    #[test]
    fn an_address_may_need_some_seconds_and_a_certificate_longer() {
        let rejected = json!({"status": "running", "reachable": "no", "issues": issue("route_rejected", false)});
        assert_eq!(verdict_of(rejected.clone(), 14), Verdict::Waiting);
        assert_eq!(verdict_of(rejected, 15), Verdict::Failed);
        let certificate = json!({"status": "running", "reachable": "no", "issues": issue("certificate_not_ready", true)});
        assert_eq!(verdict_of(certificate, 300), Verdict::Waiting);
    }

    #[test]
    fn a_rollout_counts_its_own_pods_and_says_what_it_waits_for() {
        let old = json!({"name": "old", "phase": "Running", "ready": true, "current": false, "restarts": 0,
            "reason": null, "message": null, "started_at": null});
        let rollout = |pods: Value| phase(&deployment(json!({"replicas_ready": 2, "pods": pods})));
        assert_eq!(rollout(json!([old])), "deploying, 0 of 2 ready: pods are created");
        let pulling = json!([old, pod("a", "Pending", false, 0)]);
        assert_eq!(rollout(pulling), "deploying, 0 of 2 ready: the image is pulled");
        let checked = json!([pod("a", "Running", true, 0), pod("b", "Running", false, 0)]);
        assert_eq!(rollout(checked), "deploying, 1 of 2 ready: health checks are awaited");
        let crashing = deployment(json!({"issues": issue("crash", true)}));
        assert_eq!(phase(&crashing), "deploying, 0 of 2 ready: It is wrong.");
        assert_eq!(phase(&deployment(json!({"status": "stopped"}))), "stopped");
    }

    #[test]
    fn the_log_of_the_pod_that_restarts_most_says_why() {
        let pods = json!([
            pod("a", "Running", true, 9),
            pod("b", "Running", false, 1),
            pod("c", "Running", false, 4)
        ]);
        let failed = |deployment: &Deployment| failed_pod(deployment).map(|pod| pod.name.clone());
        assert_eq!(failed(&deployment(json!({"pods": pods}))).as_deref(), Some("c"));
        assert_eq!(failed(&deployment(json!({}))), None);
    }
}
