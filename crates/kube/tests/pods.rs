//! What a pod says of itself, in words that a developer can act upon.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nokube_kube::observe::PodSeen;
use serde_json::{Value, json};

const IMAGE: &str = "ghcr.io/amzhm/testuser-myapp-frontend:v401";

/// A pod with one container in this status.
fn pod(status: Value) -> Value {
    json!({
        "metadata": { "name": "frontend-1-2" },
        "spec": { "containers": [{
            "name": "app", "image": IMAGE, "resources": { "limits": { "memory": "512Mi" } },
        }]},
        "status": { "phase": "Running", "containerStatuses": [status] },
    })
}

fn read(pod: Value) -> PodSeen {
    serde_json::from_value(pod).unwrap()
}

/// Checks code, reason and whether it is stuck, and that the message has these words.
#[track_caller]
fn check(pod: Value, (code, reason, stuck): (&str, &str, bool), words: &str) {
    let row = pod.to_string();
    let trouble = read(pod).trouble().unwrap_or_else(|| panic!("no trouble in {row}"));
    assert_eq!(
        (trouble.code, trouble.reason.as_str(), trouble.stuck),
        (code, reason, stuck),
        "{row}"
    );
    assert!(trouble.message.contains(words), "{} has not: {words}", trouble.message);
}

fn waiting(reason: &str, message: &str) -> Value {
    pod(json!({ "state": { "waiting": { "reason": reason, "message": message } } }))
}

#[test]
fn an_image_that_cannot_be_pulled_is_told_why() {
    let pull = format!(
        "failed to pull and unpack image \"{IMAGE}\": failed to resolve reference \"{IMAGE}\": "
    );
    let table = [
        (format!("{pull}unexpected status: 401 Unauthorized"), "does not let us"),
        (format!("{pull}unexpected status: 403 Forbidden"), "does not let us"),
        (
            "pull access denied, repository does not exist or may require authorization".into(),
            "does not let us",
        ),
        (format!("{pull}{IMAGE}: not found"), "no such image or tag"),
        ("manifest unknown".into(), "no such image or tag"),
        ("429 Too Many Requests - toomanyrequests: rate limit".into(), "rate limit"),
        ("dial tcp: lookup ghcr.io: no such host".into(), "cannot be reached"),
        ("net/http: TLS handshake timeout".into(), "cannot be reached"),
        ("no match for platform in manifest".into(), "processors"),
        // The image's own name says nothing about why, whatever is in it.
        (format!("Back-off pulling image \"{IMAGE}\""), "refuses"),
        (String::new(), "refuses"),
    ];
    for (message, words) in table {
        for reason in ["ErrImagePull", "ImagePullBackOff"] {
            check(waiting(reason, &message), ("image_pull", reason, true), words);
        }
    }
    let named_denied = "Back-off pulling image \"docker.io/denied/unauthorized:404\"";
    let mut pod = waiting("ImagePullBackOff", named_denied);
    pod["spec"]["containers"][0]["image"] = "docker.io/denied/unauthorized:404".into();
    check(pod, ("image_pull", "ImagePullBackOff", true), "refuses");
    check(
        waiting("InvalidImageName", ""),
        ("image_name", "InvalidImageName", true),
        "no image that can be pulled",
    );
}

#[test]
fn a_container_that_cannot_be_made_is_told_why() {
    let table = [
        ("container has runAsNonRoot and image will run as root", "USER 1000"),
        ("container has runAsNonRoot and image has non-numeric user (node)", "USER 1000"),
        ("secret \"frontend-secret-1\" not found", "Deploy it again"),
        ("configmap \"frontend-env-1\" not found", "Deploy it again"),
        ("exec: \"x\": executable file not found in $PATH", "not in the image"),
        ("something else", "something else"),
    ];
    for (message, words) in table {
        for reason in ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"] {
            check(waiting(reason, message), ("container_config", reason, true), words);
        }
    }
}

#[test]
fn a_crash_is_told_with_what_its_exit_code_means() {
    let table = [
        (0, "ended by itself"),
        (1, "Its log says why"),
        (126, "start command cannot be run"),
        (127, "start command cannot be run"),
        (137, "killed"),
        (139, "segmentation fault"),
        (143, "told to end"),
    ];
    for (code, words) in table {
        let ended =
            json!({ "terminated": { "reason": "Error", "exitCode": code, "message": "boom\n" } });
        let loop_ =
            json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 5m0s" } });
        let status = json!({ "restartCount": 5, "state": loop_, "lastState": ended });
        check(pod(status.clone()), ("crash", "CrashLoopBackOff", true), words);
        check(
            pod(status.clone()),
            ("crash", "CrashLoopBackOff", true),
            &format!("exit code {code}"),
        );
        check(pod(status), ("crash", "CrashLoopBackOff", true), "It said: boom");
        let first = json!({ "restartCount": 0, "state": ended });
        check(pod(first), ("crash", "Error", false), words);
    }
    check(waiting("CrashLoopBackOff", ""), ("crash", "CrashLoopBackOff", true), "Its log says why");
}

#[test]
fn out_of_memory_is_told_with_the_limit() {
    let ended = json!({ "terminated": { "reason": "OOMKilled", "exitCode": 137 } });
    let running = json!({ "running": {} });
    let crash = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
    let table = [
        (json!({ "restartCount": 0, "state": ended }), false),
        (json!({ "restartCount": 3, "state": ended }), true),
        (json!({ "restartCount": 3, "state": crash, "lastState": ended }), true),
        (json!({ "restartCount": 3, "state": running, "lastState": ended }), true),
        (json!({ "restartCount": 3, "ready": true, "state": running, "lastState": ended }), false),
    ];
    for (status, stuck) in table {
        check(pod(status), ("out_of_memory", "OOMKilled", stuck), "its limit of 512Mi");
    }
    let mut unlimited = pod(json!({ "state": ended }));
    unlimited["spec"] = json!({});
    check(unlimited, ("out_of_memory", "OOMKilled", false), "its limit and was killed");
}

#[test]
fn what_runs_again_is_no_trouble() {
    let ended = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
    let running = json!({ "running": { "startedAt": "2026-01-01T00:00:00Z" } });
    for status in [
        json!({ "state": running }),
        json!({ "ready": true, "state": running }),
        json!({ "ready": true, "restartCount": 9, "state": running, "lastState": ended }),
        json!({ "ready": false, "restartCount": 1, "state": running, "lastState": ended }),
        json!({ "state": { "waiting": { "reason": "ContainerCreating" } } }),
        json!({ "state": { "waiting": { "reason": "PodInitializing" } } }),
        json!({}),
    ] {
        assert_eq!(read(pod(status.clone())).trouble(), None, "{status}");
    }
    let again = json!({ "ready": false, "restartCount": 2, "state": running, "lastState": ended });
    check(pod(again), ("crash", "Error", true), "exit code 1");
}

#[test]
fn a_pod_that_finds_no_machine_is_told_what_is_lacking() {
    let scheduled = |reason: &str, message: &str| {
        let condition = json!({
            "type": "PodScheduled", "status": "False", "reason": reason, "message": message,
        });
        json!({ "status": { "phase": "Pending", "conditions": [condition] } })
    };
    let table = [
        ("0/3 nodes are available: 3 Insufficient memory.", "lower memory_request"),
        ("0/3 nodes are available: 3 Insufficient cpu.", "lower cpu_request or replicas"),
        ("0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.", "CPU and memory"),
        ("pod has unbound immediate PersistentVolumeClaims", "volume"),
        (
            "0/1 nodes are available: 1 node(s) had volume node affinity conflict.",
            "another machine",
        ),
        ("0/1 nodes are available: 1 node(s) had untolerated taint", "Tell the administrator"),
    ];
    for (message, words) in table {
        let pod = scheduled("Unschedulable", message);
        check(pod.clone(), ("unschedulable", "Unschedulable", true), words);
        check(pod, ("unschedulable", "Unschedulable", true), message);
    }
    assert_eq!(read(scheduled("SchedulingGated", "")).trouble(), None);
}

#[test]
fn a_pod_that_was_ended_is_told_so() {
    let failed = |reason: &str, message: &str| json!({ "status": { "phase": "Failed", "reason": reason, "message": message } });
    let evicted = failed("Evicted", "The node was low on resource: memory.");
    check(evicted, ("pod_failed", "Evicted", false), "low on resource: memory");
    check(failed("Shutdown", "node is going"), ("pod_failed", "Shutdown", false), "node is going");
}

#[test]
fn init_containers_count_too_and_a_container_beside_ours_does_not_stand_for_it() {
    let mut init = pod(json!({ "state": { "waiting": { "reason": "PodInitializing" } } }));
    let no_image = json!({ "waiting": { "reason": "ErrImagePull", "message": "not found" } });
    init["status"]["initContainerStatuses"] = json!([{ "state": no_image }]);
    check(init, ("image_pull", "ErrImagePull", true), "no such image");
    let mut meshed = waiting("ImagePullBackOff", "not found");
    let own = meshed["spec"]["containers"][0].clone();
    meshed["spec"]["containers"] = json!([{ "name": "a-proxy", "image": "proxy" }, own]);
    check(meshed, ("image_pull", "ImagePullBackOff", true), IMAGE);
}

#[test]
fn a_log_is_asked_for_where_it_tells_something() {
    let ended = json!({ "terminated": { "exitCode": 1 } });
    let table = [
        (json!({ "state": { "running": {} } }), false, false),
        (json!({ "state": { "running": {} }, "lastState": ended, "restartCount": 1 }), true, true),
        (json!({ "state": ended, "restartCount": 1 }), true, false),
        (json!({ "state": ended }), true, false),
    ];
    for (status, crashed, restarted) in table {
        let pod = read(pod(status.clone()));
        assert_eq!((pod.has_crashed(), pod.has_restarted()), (crashed, restarted), "{status}");
    }
}
