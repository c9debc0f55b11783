//! How far a rollout has come, by the rules of `kubectl rollout status`, and whose a namespace is.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{platform, story};
use nokube_domain::deploy::{Progress, Rollout};
use nokube_kube::{
    Platform,
    manifest::{namespace, namespace_labels},
    observe::{
        DeploymentSeen, EventSeen, Evidence, List, Object, PodSeen, ReplicaSetSeen, Standing,
        namespace_of, rollout,
    },
    platform::PodSecurity,
};
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

fn seen(deployment: Value, pods: &[Value]) -> Rollout {
    let sets = json!({ "items": [
        replica_set("1", "old", "d"), replica_set("2", "new", "d"), replica_set("9", "foreign", "x"),
    ]});
    let deployment: DeploymentSeen = serde_json::from_value(deployment).unwrap();
    let sets: List<ReplicaSetSeen> = serde_json::from_value(sets).unwrap();
    let pods: List<PodSeen> = serde_json::from_value(json!({ "items": pods })).unwrap();
    let (replica_sets, pods) = (&sets.items, &pods.items);
    rollout(&Evidence { deployment: &deployment, replica_sets, pods })
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    let condition = json!({ "type": kind, "status": status, "reason": reason, "message": message });
    json!({ "conditions": [condition] })
}

#[test]
fn each_rule_of_kubectl_rollout_status() {
    use Progress::{Done, Rolling, Stuck};
    let overdue = || condition("Progressing", "False", "ProgressDeadlineExceeded", "");
    let mut overdue_and_unready = overdue();
    overdue_and_unready["availableReplicas"] = 0.into();
    let table = [
        (json!({}), Done),
        (json!({ "observedGeneration": 3 }), Rolling),
        (json!({ "observedGeneration": 5 }), Done),
        (overdue(), Stuck),
        (overdue_and_unready, Stuck),
        (json!({ "updatedReplicas": 1 }), Rolling),
        (json!({ "replicas": 3 }), Rolling),
        (json!({ "availableReplicas": 1 }), Rolling),
        (json!({ "updatedReplicas": 3, "replicas": 3, "availableReplicas": 3 }), Done),
        (condition("Progressing", "True", "ReplicaSetUpdated", ""), Done),
    ];
    for (status, progress) in table {
        assert_eq!(seen(deployment(status.clone()), &[]).progress, progress, "{status}");
    }
    let mut stopped = deployment(json!({}));
    stopped["spec"]["replicas"] = 0.into();
    stopped["status"] = json!({ "observedGeneration": 4 });
    assert_eq!(seen(stopped, &[]).progress, Done);
    let new = json!({ "metadata": { "generation": 1 }, "spec": { "replicas": 2 }, "status": {} });
    assert_eq!(seen(new, &[]).progress, Rolling);
    let unseen =
        deployment(json!({ "observedGeneration": 3, "conditions": overdue()["conditions"] }));
    assert_eq!(seen(unseen, &[]).progress, Rolling, "that was the revision before");
}

#[test]
fn a_rollout_tells_its_numbers_and_the_digest_that_runs() {
    let told = seen(deployment(json!({ "readyReplicas": 1 })), &[pod("new", true, running())]);
    assert_eq!((told.revision, told.ready, told.total), (7, 1, 2));
    assert_eq!(told.digest, Some(common::digest('a')));
    assert_eq!(told.trouble, None);
    let mut strange = deployment(json!({}));
    strange["metadata"]["annotations"]["nokube.dev/revision"] = "many".into();
    assert_eq!(seen(strange, &[]).revision, 0);
}

#[test]
fn only_pods_of_the_newest_replica_set_count() {
    let rolling = || deployment(json!({ "updatedReplicas": 1, "replicas": 3 }));
    let of = |pods: &[Value]| seen(rolling(), pods);
    for hash in ["old", "foreign"] {
        let told = of(&[pod(hash, false, no_image())]);
        assert_eq!((told.progress, told.trouble, told.digest), (Progress::Rolling, None, None));
        assert!(!told.pods[0].current);
    }
    let told = of(&[pod("old", true, running()), pod("new", false, no_image())]);
    let (code, message) = told.trouble.unwrap();
    assert_eq!((told.progress, code.as_str()), (Progress::Stuck, "image_pull"));
    assert!(message.ends_with("The pods of the revision before go on serving."), "{message}");
    assert_eq!(told.pods.iter().map(|pod| pod.current).collect::<Vec<_>>(), [false, true]);
    let alone = of(&[pod("new", false, no_image())]);
    assert!(!alone.trouble.unwrap().1.contains("go on serving"));
    let mut leaving = pod("new", false, no_image());
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    let told = of(&[leaving]);
    assert_eq!((told.trouble, told.pods[0].reason.as_deref()), (None, Some("Terminating")));
    // Until the controller has seen what was applied, the newest pods are of the revision before.
    let mut unseen = rolling();
    unseen["metadata"]["generation"] = 5.into();
    assert_eq!(seen(unseen, &[pod("new", false, no_image())]).trouble, None);
}

#[test]
fn what_will_not_mend_itself_is_told_first() {
    let once = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
    let mut crashed = pod("new", false, once);
    crashed["status"]["containerStatuses"][0]["restartCount"] = 0.into();
    let rolling = || deployment(json!({ "availableReplicas": 1 }));
    let told = seen(rolling(), &[crashed.clone()]);
    assert_eq!((told.progress, told.trouble.unwrap().0.as_str()), (Progress::Rolling, "crash"));
    let told = seen(rolling(), &[crashed, pod("new", false, no_image())]);
    assert_eq!((told.progress, told.trouble.unwrap().0.as_str()), (Progress::Stuck, "image_pull"));
    let done = seen(deployment(json!({})), &[pod("new", true, running())]);
    assert_eq!((done.progress, done.trouble), (Progress::Done, None));
}

/// Out of memory an hour ago, and well since: no reason to call the rollout failed.
#[test]
fn a_pod_that_is_well_again_does_not_stop_a_rollout() {
    let mut pod = pod("new", true, running());
    let oom = json!({ "terminated": { "reason": "OOMKilled", "exitCode": 137 } });
    pod["status"]["containerStatuses"][0]["lastState"] = oom;
    let told = seen(deployment(json!({ "availableReplicas": 1 })), &[pod]);
    assert_eq!(told.progress, Progress::Rolling);
}

#[test]
fn pods_that_cannot_be_made_are_told_in_words() {
    let table = [
        (
            "pods \"x\" is forbidden: exceeded quota: nokube, requested: pods=1, used: pods=10, limited: pods=10",
            "quota",
            "quota does not allow more (nokube, requested: pods=1",
        ),
        (
            "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
            "pod_security",
            "USER 1000",
        ),
        (
            "pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces",
            "pod_security",
            "host namespaces",
        ),
        (
            "pods \"x\" is forbidden: maximum memory usage per Container is 512Mi, but limit is 1Gi",
            "limits",
            "512Mi",
        ),
        ("error looking up service account n/nokube-app", "failed_create", "nokube-app"),
    ];
    for (message, code, words) in table {
        let failure = condition("ReplicaFailure", "True", "FailedCreate", message);
        let mut status = deployment(failure);
        status["status"]["updatedReplicas"] = 0.into();
        let told = seen(status, &[]);
        let (found, detail) = told.trouble.unwrap();
        assert_eq!((told.progress, found.as_str()), (Progress::Stuck, code));
        assert!(detail.contains(words), "{detail}");
    }
    let over = condition("ReplicaFailure", "False", "FailedCreate", "x");
    assert_eq!(seen(deployment(over), &[]).progress, Progress::Done);
}

#[test]
fn a_rollout_that_goes_on_for_too_long_is_told_why() {
    let overdue = || {
        let mut status = condition("Progressing", "False", "ProgressDeadlineExceeded", "");
        status["availableReplicas"] = 0.into();
        deployment(status)
    };
    let (code, message) = seen(overdue(), &[pod("new", false, running())]).trouble.unwrap();
    assert_eq!(code, "not_ready");
    assert!(message.contains("readiness_check_path"), "{message}");
    let (code, message) = seen(overdue(), &[]).trouble.unwrap();
    assert!(code == "not_ready" && message.contains("no progress"), "{message}");
}

#[test]
fn nulls_and_fields_that_nobody_knows_are_no_trouble() {
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
    let told = seen(deployment.clone(), &[pod, json!({ "status": null }), json!({})]);
    assert_eq!((told.progress, told.pods.len()), (Progress::Rolling, 3));
    for empty in [json!({}), json!({ "metadata": null, "spec": null, "status": null })] {
        serde_json::from_value::<DeploymentSeen>(empty.clone()).unwrap();
        serde_json::from_value::<ReplicaSetSeen>(empty.clone()).unwrap();
        serde_json::from_value::<Object>(empty).unwrap();
    }
    for items in [json!({ "items": null }), json!({}), json!({ "items": [] })] {
        assert!(serde_json::from_value::<List<PodSeen>>(items).unwrap().items.is_empty());
    }
    let event = json!({ "metadata": metadata, "involvedObject": {}, "type": null, "reason": "Pulled",
        "count": null, "firstTimestamp": null, "lastTimestamp": null, "eventTime": "2026-01-01T00:00:00.000001Z" });
    let event: EventSeen = serde_json::from_value(event).unwrap();
    assert_eq!(event.at(), event.event_time);
    let told: Object = serde_json::from_value(json!({ "metadata": { "managedFields": [
        { "manager": "nokube", "operation": "Apply", "fieldsV1": {} } ] } }))
    .unwrap();
    assert!(told.metadata.is_ours());
    assert!(!Object::default().metadata.is_ours());
}

#[test]
fn a_namespace_is_ours_by_its_labels_alone() {
    let story = story(json!({}));
    let tenant = story.deployed().tenant;
    let found = |change: &dyn Fn(&mut Value)| {
        let mut body = namespace(&platform(), &tenant).body;
        change(&mut body["metadata"]);
        let object: Object = serde_json::from_value(body).unwrap();
        namespace_of(Some(&object), &platform(), &tenant)
    };
    assert_eq!(namespace_of(None, &platform(), &tenant), Standing::Absent);
    assert_eq!(found(&|_| {}), Standing::Ours { stale: false });
    let more = |m: &mut Value| m["labels"]["team"] = "x".into();
    assert_eq!(found(&more), Standing::Ours { stale: false }, "others may add theirs");
    let leaving = |m: &mut Value| m["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert_eq!(found(&leaving), Standing::Leaving);
    for label in ["nokube.dev/owner", "nokube.dev/project"] {
        assert_eq!(found(&|m| m["labels"][label] = "x".into()), Standing::Foreign);
        let without = |m: &mut Value| drop(m["labels"].as_object_mut().unwrap().remove(label));
        assert_eq!(found(&without), Standing::Foreign);
    }
    assert_eq!(found(&|m| m["labels"] = Value::Null), Standing::Foreign);
    let both = |m: &mut Value| {
        leaving(m);
        m["labels"] = json!({});
    };
    assert_eq!(found(&both), Standing::Foreign);
    let strict = Platform { pod_security: PodSecurity::Restricted, ..platform() };
    let object: Object = serde_json::from_value(namespace(&platform(), &tenant).body).unwrap();
    assert_eq!(namespace_of(Some(&object), &strict, &tenant), Standing::Ours { stale: true });
    assert_eq!(namespace_labels(&strict, &tenant)["pod-security.kubernetes.io/warn"], "restricted");
}
