//! Failures of pods, with messages that developers can act upon.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nokube_kube::observe::ObservedPod;
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

fn read(pod: Value) -> ObservedPod {
    serde_json::from_value(pod).unwrap()
}

/// Checks the failure's code, reason and permanence, and that its message contains `text`.
#[track_caller]
fn check(pod: Value, (code, reason, is_permanent): (&str, &str, bool), text: &str) {
    let row = pod.to_string();
    let failure = read(pod).failure().unwrap_or_else(|| panic!("no failure in {row}"));
    assert_eq!(
        (&*failure.code.to_string(), failure.reason.as_str(), failure.is_permanent),
        (code, reason, is_permanent),
        "{row}"
    );
    assert!(failure.message.contains(text), "{} does not contain {text}", failure.message);
}

fn waiting(reason: &str, message: &str) -> Value {
    pod(json!({ "state": { "waiting": { "reason": reason, "message": message } } }))
}

#[test]
fn an_image_pull_failure_gives_its_cause() {
    let pull = format!(
        "failed to pull and unpack image \"{IMAGE}\": failed to resolve reference \"{IMAGE}\": "
    );
    let table = [
        (format!("{pull}unexpected status: 401 Unauthorized"), "denies access"),
        (format!("{pull}unexpected status: 403 Forbidden"), "denies access"),
        (
            "pull access denied, repository does not exist or may require authorization".into(),
            "denies access",
        ),
        (format!("{pull}{IMAGE}: not found"), "no such image or tag"),
        ("manifest unknown".into(), "no such image or tag"),
        ("429 Too Many Requests - toomanyrequests: rate limit".into(), "rate limit"),
        ("dial tcp: lookup ghcr.io: no such host".into(), "cannot be reached"),
        ("net/http: TLS handshake timeout".into(), "cannot be reached"),
        ("no match for platform in manifest".into(), "processors"),
        // Words in the image's own name are not taken for the cause.
        (format!("Back-off pulling image \"{IMAGE}\""), "rejects the request"),
        (String::new(), "rejects the request"),
    ];
    for (message, text) in table {
        for reason in ["ErrImagePull", "ImagePullBackOff"] {
            check(waiting(reason, &message), ("image_pull", reason, true), text);
        }
    }
    let named_denied = "Back-off pulling image \"docker.io/denied/unauthorized:404\"";
    let mut pod = waiting("ImagePullBackOff", named_denied);
    pod["spec"]["containers"][0]["image"] = "docker.io/denied/unauthorized:404".into();
    check(pod, ("image_pull", "ImagePullBackOff", true), "rejects the request");
    check(
        waiting("InvalidImageName", ""),
        ("image_name", "InvalidImageName", true),
        "not a valid image name",
    );
}

#[test]
fn a_container_config_failure_gives_its_cause() {
    let table = [
        ("container has runAsNonRoot and image will run as root", "USER 1000"),
        ("container has runAsNonRoot and image has non-numeric user (node)", "USER 1000"),
        ("secret \"frontend-secret-1\" not found", "Deploy it again"),
        ("configmap \"frontend-env-1\" not found", "Deploy it again"),
        ("something else", "something else"),
    ];
    for (message, text) in table {
        for reason in ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"] {
            check(waiting(reason, message), ("container_config", reason, true), text);
        }
    }
}

/// Messages of containerd, CRI-O and runc.
#[test]
fn the_message_about_a_missing_program_names_the_fields_that_set_it() {
    let no_command = "The image does not say which program to run. Give it in the field command";
    let not_found = "is not in the image, or not executable";
    let table = [
        ("failed to generate spec: no command specified", no_command),
        ("no command specified", no_command),
        ("exec: \"npm start\": executable file not found in $PATH: unknown", not_found),
        (
            "runc create failed: exec: \"/app/run\": stat /app/run: no such file or directory",
            not_found,
        ),
        ("container init: exec: \"/app/run\": permission denied: unknown", not_found),
        ("exec /usr/local/bin/run.sh: no such file or directory", not_found),
    ];
    let code = "start_command";
    for (message, text) in table {
        for reason in ["CreateContainerError", "RunContainerError"] {
            check(waiting(reason, message), (code, reason, true), text);
            check(waiting(reason, message), (code, reason, true), "command");
        }
        // What Kubernetes says after the first attempt.
        let ended = json!({ "terminated": {
            "reason": "StartError", "exitCode": 128, "message": message,
        }});
        check(pod(json!({ "state": ended })), (code, "StartError", false), text);
        let back_off = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        let status = json!({ "restartCount": 3, "state": back_off, "lastState": ended });
        check(pod(status), (code, "CrashLoopBackOff", true), text);
    }
    // The launcher of an image that buildpacks made, without a default process.
    let ended = json!({ "terminated": { "reason": "Error", "exitCode": 82 } });
    check(pod(json!({ "state": ended })), (code, "Error", false), "Give it in the field args");
}

#[test]
fn another_start_error_is_shown_with_the_runtimes_message() {
    let message = "error mounting \"/data\": no such file or directory";
    let ended =
        json!({ "terminated": { "reason": "StartError", "exitCode": 128, "message": message } });
    check(pod(json!({ "state": ended })), ("container_config", "StartError", false), message);
}

#[test]
fn a_crash_gives_the_meaning_of_its_exit_code() {
    let table = [
        (0, "ended without an error"),
        (1, "Its log says why"),
        (126, "start command cannot be run"),
        (127, "start command cannot be run"),
        (127, "command and args give another one"),
        (137, "killed"),
        (139, "segmentation fault"),
        (143, "SIGTERM"),
    ];
    for (code, text) in table {
        let ended =
            json!({ "terminated": { "reason": "Error", "exitCode": code, "message": "boom\n" } });
        let loop_ =
            json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 5m0s" } });
        let status = json!({ "restartCount": 5, "state": loop_, "lastState": ended });
        check(pod(status.clone()), ("crash", "CrashLoopBackOff", true), text);
        check(
            pod(status.clone()),
            ("crash", "CrashLoopBackOff", true),
            &format!("exit code {code}"),
        );
        check(pod(status), ("crash", "CrashLoopBackOff", true), "It said: boom");
        let first = json!({ "restartCount": 0, "state": ended });
        check(pod(first), ("crash", "Error", false), text);
    }
    check(waiting("CrashLoopBackOff", ""), ("crash", "CrashLoopBackOff", true), "Its log says why");
}

#[test]
fn out_of_memory_gives_the_limit() {
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
    for (status, is_permanent) in table {
        check(pod(status), ("out_of_memory", "OOMKilled", is_permanent), "its limit of 512Mi");
    }
    let mut unlimited = pod(json!({ "state": ended }));
    unlimited["spec"] = json!({});
    check(unlimited, ("out_of_memory", "OOMKilled", false), "its limit and was killed");
}

#[test]
fn a_container_that_runs_again_has_no_failure() {
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
        assert_eq!(read(pod(status.clone())).failure(), None, "{status}");
    }
    let again = json!({ "ready": false, "restartCount": 2, "state": running, "lastState": ended });
    check(pod(again), ("crash", "Error", true), "exit code 1");
}

#[test]
fn an_unschedulable_pod_gives_the_missing_resource() {
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
    for (message, text) in table {
        let pod = scheduled("Unschedulable", message);
        check(pod.clone(), ("unschedulable", "Unschedulable", true), text);
        check(pod, ("unschedulable", "Unschedulable", true), message);
    }
    assert_eq!(read(scheduled("SchedulingGated", "")).failure(), None);
}

#[test]
fn a_failed_pod_gives_its_reason() {
    let failed = |reason: &str, message: &str| json!({ "status": { "phase": "Failed", "reason": reason, "message": message } });
    let evicted = failed("Evicted", "The node was low on resource: memory.");
    check(evicted, ("pod_failed", "Evicted", false), "low on resource: memory");
    check(failed("Shutdown", "node is going"), ("pod_failed", "Shutdown", false), "node is going");
}

#[test]
fn init_containers_count_and_sidecar_images_do_not() {
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
fn the_log_before_the_restart_has_the_crash() {
    let ended = json!({ "terminated": { "exitCode": 1 } });
    let table = [
        (json!({ "state": { "running": {} } }), false, false),
        (json!({ "state": { "running": {} }, "lastState": ended, "restartCount": 1 }), true, true),
        (json!({ "state": ended, "restartCount": 1 }), true, false),
        (json!({ "state": ended }), true, false),
    ];
    for (status, crashed, restarted) in table {
        let pod = read(pod(status.clone()));
        assert_eq!((pod.has_crashed(), pod.has_previous_log()), (crashed, restarted), "{status}");
    }
}
