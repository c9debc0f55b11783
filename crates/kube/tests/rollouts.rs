//! The state of a rollout by the rules of `kubectl rollout status`.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::id;
use nokube_domain::deployments::{ObservedState, Progress, Rollout};
use nokube_kube::observe::{
    ClusterSnapshot, List, ObservedDeployment, ObservedEvent, ObservedPod, ObservedReplicaSet,
    PartialObject,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A finished rollout of two pods, with `status` in its status.
fn deployment(status: Value) -> Value {
    let mut body = json!({
        "metadata": {
            "name": "frontend", "uid": "d", "generation": 4,
            "annotations": { "nokube.dev/revision": "7", "deployment.kubernetes.io/revision": "2" },
        },
        "spec": { "replicas": 2 },
        "status": {
            "observedGeneration": 4, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2,
            "availableReplicas": 2, "conditions": [],
        },
    });
    body["status"].as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
    body
}

fn replica_set(number: &str, hash: &str, owner: &str) -> Value {
    json!({ "metadata": {
        "uid": format!("r{number}"), "ownerReferences": [{ "uid": owner }],
        "labels": { "pod-template-hash": hash },
        "annotations": { "deployment.kubernetes.io/revision": number },
    }})
}

fn pod(hash: &str, ready: bool, state: Value) -> Value {
    let digest = if hash == "new" { "a" } else { "b" };
    json!({
        "metadata": { "name": format!("frontend-{hash}-1"), "labels": { "pod-template-hash": hash } },
        "spec": { "containers": [{ "name": "app", "image": "nginx" }] },
        "status": {
            "phase": "Running",
            "conditions": [{ "type": "Ready", "status": if ready { "True" } else { "False" } }],
            "containerStatuses": [{
                "name": "app", "ready": ready, "restartCount": 3, "state": state,
                "imageID": format!("docker.io/library/nginx@sha256:{}", digest.repeat(64)),
            }],
        },
    })
}

fn running() -> Value {
    json!({ "running": { "startedAt": "2026-01-01T00:00:00Z" } })
}

fn no_image() -> Value {
    json!({ "waiting": { "reason": "ImagePullBackOff", "message": "not found" } })
}

fn rollout_of(deployment: Value, pods: &[Value]) -> Rollout {
    let sets = [
        replica_set("1", "old", "d"),
        replica_set("2", "new", "d"),
        replica_set("9", "foreign", "x"),
    ];
    let snapshot = ClusterSnapshot {
        deployments: vec![labelled(deployment)],
        replica_sets: sets.map(labelled).into(),
        pods: pods.iter().cloned().map(labelled).collect(),
        ..ClusterSnapshot::default()
    };
    match snapshot.observed(id()) {
        ObservedState::Present(rollout) => *rollout,
        other => panic!("{other:?}"),
    }
}

/// An object with the deployment's label.
fn labelled<T: DeserializeOwned>(mut object: Value) -> T {
    object["metadata"]["labels"]["nokube.dev/deployment"] = id().to_string().into();
    serde_json::from_value(object).unwrap()
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    let condition = json!({ "type": kind, "status": status, "reason": reason, "message": message });
    json!({ "conditions": [condition] })
}

#[test]
fn progress_follows_the_rules_of_kubectl_rollout_status() {
    use Progress::{Done, Incomplete, Overdue, Rolling, Unobserved};
    let overdue = || condition("Progressing", "False", "ProgressDeadlineExceeded", "");
    let completed = |available: u32| {
        let mut status = condition("Progressing", "True", "NewReplicaSetAvailable", "");
        status["availableReplicas"] = available.into();
        status
    };
    let mut overdue_and_unready = overdue();
    overdue_and_unready["availableReplicas"] = 0.into();
    // A rollback has just begun: the condition is of the rollout before.
    let mut rolled_back = completed(2);
    rolled_back["updatedReplicas"] = 0.into();
    let table = [
        (json!({}), Done),
        (json!({ "observedGeneration": 3 }), Unobserved),
        (json!({ "observedGeneration": 5 }), Done),
        (overdue(), Overdue),
        (overdue_and_unready, Overdue),
        (json!({ "updatedReplicas": 1 }), Rolling),
        (json!({ "replicas": 3 }), Rolling),
        (json!({ "availableReplicas": 1 }), Rolling),
        (json!({ "updatedReplicas": 3, "replicas": 3, "availableReplicas": 3 }), Done),
        (condition("Progressing", "True", "ReplicaSetUpdated", ""), Done),
        (completed(2), Done),
        (completed(1), Incomplete),
        (completed(0), Incomplete),
        (rolled_back, Rolling),
    ];
    for (status, progress) in table {
        assert_eq!(rollout_of(deployment(status.clone()), &[]).progress, progress, "{status}");
    }
    let mut stopped = deployment(json!({}));
    stopped["spec"]["replicas"] = 0.into();
    stopped["status"] = json!({ "observedGeneration": 4 });
    assert_eq!(rollout_of(stopped, &[]).progress, Done);
    let new = json!({ "metadata": { "generation": 1 }, "spec": { "replicas": 2 }, "status": {} });
    assert_eq!(rollout_of(new, &[]).progress, Unobserved);
    let outdated =
        deployment(json!({ "observedGeneration": 3, "conditions": overdue()["conditions"] }));
    assert_eq!(
        rollout_of(outdated, &[]).progress,
        Unobserved,
        "that condition is of the previous revision"
    );
}

/// The code of the worst issue.
fn code(rollout: &Rollout) -> Option<String> {
    rollout.issues.first().map(|issue| issue.code.to_string())
}

#[test]
fn a_rollout_has_its_numbers_and_the_running_digest() {
    let pods = [pod("new", true, running()), pod("old", true, running())];
    let rollout = rollout_of(deployment(json!({ "readyReplicas": 2 })), &pods);
    assert_eq!((rollout.revision, rollout.ready, rollout.total), (7, 2, 2));
    assert_eq!(rollout.current_ready, 1);
    assert_eq!(rollout.digest, Some(common::digest('a')));
    assert_eq!(rollout.issues, []);
    let mut strange = deployment(json!({}));
    strange["metadata"]["annotations"]["nokube.dev/revision"] = "many".into();
    assert_eq!(rollout_of(strange, &[]).revision, 0);
}

#[test]
fn only_pods_of_the_newest_replica_set_count() {
    let rolling = || deployment(json!({ "updatedReplicas": 1, "replicas": 3 }));
    let with_pods = |pods: &[Value]| rollout_of(rolling(), pods);
    for hash in ["old", "foreign"] {
        let rollout = with_pods(&[pod(hash, false, no_image())]);
        assert_eq!(
            (rollout.progress, code(&rollout), rollout.digest),
            (Progress::Rolling, None, None)
        );
        assert!(!rollout.pods[0].current);
    }
    let rollout = with_pods(&[pod("old", true, running()), pod("new", false, no_image())]);
    assert_eq!((rollout.current_ready, code(&rollout).as_deref()), (0, Some("image_pull")));
    assert_eq!(rollout.pods.iter().map(|pod| pod.current).collect::<Vec<_>>(), [false, true]);
    let mut terminating = pod("new", false, no_image());
    terminating["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    let rollout = with_pods(&[terminating]);
    assert_eq!((code(&rollout), rollout.pods[0].reason.as_deref()), (None, Some("Terminating")));
    // Until the controller acts on the new spec, the newest pods are of the previous revision.
    let mut outdated = rolling();
    outdated["metadata"]["generation"] = 5.into();
    assert_eq!(code(&rollout_of(outdated, &[pod("new", false, no_image())])), None);
}

#[test]
fn an_issue_that_does_not_pass_by_itself_comes_first() {
    let once = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
    let mut crashed = pod("new", false, once);
    crashed["status"]["containerStatuses"][0]["restartCount"] = 0.into();
    let rolling = || deployment(json!({ "availableReplicas": 1 }));
    let rollout = rollout_of(rolling(), &[crashed.clone()]);
    assert_eq!(code(&rollout).as_deref(), Some("crash"));
    assert!(rollout.issues[0].temporary, "it crashed only once");
    let rollout = rollout_of(rolling(), &[crashed, pod("new", false, no_image())]);
    let codes: Vec<_> = rollout.issues.iter().map(|issue| issue.code.to_string()).collect();
    assert_eq!(codes, ["image_pull", "crash"]);
    let done = rollout_of(deployment(json!({})), &[pod("new", true, running())]);
    assert_eq!((done.progress, done.issues), (Progress::Done, vec![]));
}

#[test]
fn pods_with_the_same_issue_give_it_once() {
    let pods = [pod("new", false, no_image()), pod("new", false, no_image())];
    let rollout = rollout_of(deployment(json!({ "availableReplicas": 0 })), &pods);
    assert_eq!(rollout.issues.len(), 1);
    assert!(rollout.pods.iter().all(|pod| pod.issues.len() == 1), "each pod has its own");
}

/// It was out of memory an hour ago and has been ready since then.
#[test]
fn a_recovered_pod_does_not_fail_a_rollout() {
    let mut pod = pod("new", true, running());
    let oom = json!({ "terminated": { "reason": "OOMKilled", "exitCode": 137 } });
    pod["status"]["containerStatuses"][0]["lastState"] = oom;
    let rollout = rollout_of(deployment(json!({ "availableReplicas": 1 })), &[pod]);
    assert_eq!((rollout.progress, code(&rollout)), (Progress::Rolling, None));
    assert_eq!(rollout.pods[0].code.as_deref(), Some("out_of_memory"), "shown with the pod");
}

/// While old pods terminate, they count for the quota.
#[test]
fn a_quota_may_pass_while_pods_terminate() {
    let message = "pods \"x\" is forbidden: exceeded quota: nokube, requested: pods=1, used: pods=1, limited: pods=1";
    let refused = || {
        let mut status = condition("ReplicaFailure", "True", "FailedCreate", message);
        status["availableReplicas"] = 0.into();
        deployment(status)
    };
    let rollout = rollout_of(refused(), &[]);
    assert_eq!((code(&rollout).as_deref(), rollout.issues[0].temporary), (Some("quota"), false));
    let mut terminating = pod("old", true, running());
    terminating["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert!(rollout_of(refused(), &[terminating]).issues[0].temporary);
    let over = condition("ReplicaFailure", "False", "FailedCreate", "x");
    assert_eq!(rollout_of(deployment(over), &[]).progress, Progress::Done);
}

#[test]
fn a_policy_that_rejects_pods_is_named() {
    for (message, name) in [
        ("ValidatingAdmissionPolicy 'p1' with binding 'b' denied request: x", "(p1)"),
        ("admission webhook \"validation.gatekeeper.sh\" denied the request: [p2] x", "(p2)"),
        ("admission webhook \"p3.example.org\" denied the request: x", "(p3.example.org)"),
    ] {
        let mut status = condition("ReplicaFailure", "True", "FailedCreate", message);
        status["availableReplicas"] = 0.into();
        let issue = rollout_of(deployment(status), &[]).issues.remove(0);
        assert!(issue.message.contains(name), "{issue:?}");
        assert_eq!(issue.detail.as_deref(), Some(message));
    }
}

#[test]
fn a_replica_set_that_cannot_be_created_gives_its_cause() {
    let message = "admission webhook \"x\" denied the request: no";
    let mut status = condition("Progressing", "False", "ReplicaSetCreateError", message);
    status["updatedReplicas"] = 0.into();
    assert_eq!(code(&rollout_of(deployment(status), &[])).as_deref(), Some("admission_denied"));
}

#[test]
fn a_rollout_over_its_deadline_gives_its_cause() {
    let mut status = condition("Progressing", "False", "ProgressDeadlineExceeded", "");
    status["availableReplicas"] = 0.into();
    let overdue = || deployment(status.clone());
    let issue = rollout_of(overdue(), &[]).issues.remove(0);
    assert_eq!(issue.code.to_string(), "not_ready");
    assert!(issue.text().contains("no progress for 10 minutes"), "{issue:?}");
    let rollout = rollout_of(overdue(), &[pod("new", false, no_image())]);
    assert_eq!(code(&rollout).as_deref(), Some("image_pull"), "a pod says more");
}

#[test]
fn nulls_and_unknown_fields_are_accepted() {
    let metadata = json!({
        "name": null, "uid": null, "resourceVersion": null, "generation": null, "labels": null,
        "annotations": null, "creationTimestamp": null, "deletionTimestamp": null,
        "ownerReferences": null, "managedFields": null, "selfLink": "x",
    });
    let status = json!({ "name": null, "ready": null, "restartCount": null, "imageID": null,
        "state": null, "lastState": { "waiting": null, "running": null, "terminated": null }, "x": 1 });
    let deployment = json!({ "kind": "Deployment", "metadata": metadata, "spec": null, "status": {
        "observedGeneration": null, "replicas": null, "conditions": null, "collisionCount": 1 } });
    let pod = json!({ "metadata": metadata, "spec": { "containers": [{ "image": null, "resources": null },
        { "resources": { "limits": null } }, { "resources": { "limits": { "memory": 5 } } }] },
        "status": { "phase": null, "conditions": [{ "type": "Ready", "status": "True", "reason": null,
            "message": null, "lastProbeTime": null }], "containerStatuses": [status],
            "initContainerStatuses": null, "startTime": null } });
    serde_json::from_value::<ObservedPod>(pod.clone()).unwrap();
    let rollout = rollout_of(deployment.clone(), &[pod, json!({ "status": null }), json!({})]);
    assert_eq!((rollout.progress, rollout.pods.len()), (Progress::Rolling, 3));
    for empty in [json!({}), json!({ "metadata": null, "spec": null, "status": null })] {
        serde_json::from_value::<ObservedDeployment>(empty.clone()).unwrap();
        serde_json::from_value::<ObservedReplicaSet>(empty.clone()).unwrap();
        serde_json::from_value::<PartialObject>(empty).unwrap();
    }
    for items in [json!({ "items": null }), json!({}), json!({ "items": [] })] {
        assert!(serde_json::from_value::<List<ObservedPod>>(items).unwrap().items.is_empty());
    }
    let event = json!({ "metadata": metadata, "involvedObject": {}, "type": null, "reason": "Pulled",
        "count": null, "firstTimestamp": null, "lastTimestamp": null, "eventTime": "2026-01-01T00:00:00.000001Z" });
    let event: ObservedEvent = serde_json::from_value(event).unwrap();
    assert_eq!(event.last_occurred_at(), "2026-01-01T00:00:00.000001Z".parse().ok());
    let rollout: PartialObject = serde_json::from_value(json!({ "metadata": { "managedFields": [
        { "manager": "nokube", "operation": "Apply", "fieldsV1": {} } ] } }))
    .unwrap();
    assert!(rollout.metadata.is_managed_by_nokube());
    assert!(!PartialObject::default().metadata.is_managed_by_nokube());
}

#[test]
fn events_of_a_service_are_recognized_by_the_name_of_their_object() {
    let is_about = |kind: &str, name: &str| {
        let event = json!({ "involvedObject": { "kind": kind, "name": name } });
        let event: ObservedEvent = serde_json::from_value(event).unwrap();
        event.is_about(&"shop".parse().unwrap())
    };
    for (kind, own, foreign) in [
        ("Deployment", "shop", "shop-api"),
        ("ReplicaSet", "shop-7d9c5b8f4", "shop-api-7d9c5b8f4"),
        ("Pod", "shop-7d9c5b8f4-x2x4z", "shop-api-7d9c5b8f4-x2x4z"),
        ("PersistentVolumeClaim", "shop-data", "shop-api-data"),
        ("Service", "shop-service", "shop"),
    ] {
        assert!(is_about(kind, own), "{kind} {own}");
        assert!(!is_about(kind, foreign), "{kind} {foreign}");
    }
}
