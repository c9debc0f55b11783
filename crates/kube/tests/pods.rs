//! Issues of pods, with messages that developers can act upon. Each reason of Kubernetes has a test in `reasons`.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nokube_domain::deployments::Issue;
use nokube_kube::observe::{ObservedEvent, ObservedPod, PodContext};
use serde_json::{Value, json};

const IMAGE: &str = "ghcr.io/amzhm/testuser-myapp-frontend:v401";

/// A pod with one container in this status.
fn pod(status: Value) -> Value {
    let mut status = status;
    status["name"] = "app".into();
    json!({
        "metadata": { "name": "frontend-1-2", "uid": "p" },
        "spec": { "containers": [{
            "name": "app", "image": IMAGE, "resources": { "limits": { "memory": "512Mi" } },
            "startupProbe": { "httpGet": { "path": "/healthz", "port": 8080 } },
            "livenessProbe": { "httpGet": { "path": "/healthz", "port": 8080 } },
            "readinessProbe": { "tcpSocket": { "port": 8080 }, "timeoutSeconds": 3 },
        }]},
        "status": { "phase": "Running", "containerStatuses": [status] },
    })
}

fn read(pod: Value) -> ObservedPod {
    serde_json::from_value(pod).unwrap()
}

fn issues(pod: Value, events: &[Value]) -> Vec<Issue> {
    let events: Vec<ObservedEvent> =
        events.iter().map(|event| serde_json::from_value(event.clone()).unwrap()).collect();
    let events: Vec<_> = events.iter().collect();
    read(pod).issues(&PodContext { events: &events, read_at: None })
}

/// Checks the worst issue's code, reason and whether it can pass by itself, and that its text contains `part`.
#[track_caller]
fn check(pod: Value, (code, reason, temporary): (&str, &str, bool), part: &str) {
    let row = pod.to_string();
    let issues = issues(pod, &[]);
    let issue = issues.first().unwrap_or_else(|| panic!("no issue in {row}"));
    assert_eq!(
        (&*issue.code.to_string(), issue.reason.as_deref(), issue.temporary),
        (code, Some(reason), temporary),
        "{row}"
    );
    assert!(issue.text().contains(part), "{} does not contain {part}", issue.text());
}

fn waiting(reason: &str, message: &str) -> Value {
    pod(json!({ "state": { "waiting": { "reason": reason, "message": message } } }))
}

/// Only an answer of the registry itself is permanent.
#[test]
fn an_image_pull_gives_its_cause() {
    let pull = format!(
        "failed to pull and unpack image \"{IMAGE}\": failed to resolve reference \"{IMAGE}\": "
    );
    let table = [
        (format!("{pull}unexpected status: 401 Unauthorized"), "denies access", false),
        (format!("{pull}unexpected status: 403 Forbidden"), "denies access", false),
        (
            "pull access denied, repository does not exist or may require authorization".into(),
            "denies access",
            false,
        ),
        (format!("{pull}{IMAGE}: not found"), "no such image or tag", false),
        ("manifest unknown".into(), "no such image or tag", false),
        ("no match for platform in manifest: not found".into(), "processors", false),
        ("429 Too Many Requests - toomanyrequests: rate limit".into(), "rate limit", true),
        (format!("{pull}unexpected status: 503 Service Unavailable"), "a fault of its own", true),
        ("dial tcp: lookup ghcr.io: no such host".into(), "cannot be reached", true),
        ("net/http: TLS handshake timeout".into(), "cannot be reached", true),
        ("Head \"https://ghcr.io/v2/x/manifests/1\": EOF".into(), "cannot be reached", true),
        ("write /var/lib/x: no space left on device".into(), "disk of the machine is full", true),
        ("pull QPS exceeded".into(), "pulls many images just now", true),
        // Words in the image's own name and in URLs are not taken for the cause.
        (format!("Back-off pulling image \"{IMAGE}\""), "cannot be pulled yet", true),
        ("Get \"https://x.org/denied/unauthorized\": EOF".into(), "cannot be reached", true),
        (String::new(), "cannot be pulled yet", true),
    ];
    for (message, part, temporary) in table {
        for reason in ["ErrImagePull", "ImagePullBackOff"] {
            let code = if message.contains("no space") { "node_error" } else { "image_pull" };
            check(waiting(reason, &message), (code, reason, temporary), part);
            check(waiting(reason, &message), (code, reason, temporary), message.trim());
        }
    }
    let named_denied = "Back-off pulling image \"docker.io/denied: x/unauthorized:404\"";
    let mut pod = waiting("ImagePullBackOff", named_denied);
    pod["spec"]["containers"][0]["image"] = "docker.io/denied: x/unauthorized:404".into();
    check(pod, ("image_pull", "ImagePullBackOff", true), "cannot be pulled yet");
}

/// The platform's registry token has expired: that is not the developer's fault.
#[test]
fn an_own_image_that_cannot_be_pulled_is_the_platforms_fault() {
    let mut pod = waiting("ErrImagePull", "unexpected status: 401 Unauthorized");
    pod["spec"]["imagePullSecrets"] = json!([{ "name": "nokube-registry" }]);
    check(pod.clone(), ("image_pull", "ErrImagePull", false), "was built by this platform");
    check(pod, ("image_pull", "ErrImagePull", false), "Tell the administrator");
}

/// Kubernetes says `RunContainerError`, `StartError` and `CrashLoopBackOff` in turn.
#[test]
fn a_missing_program_is_the_same_issue_in_each_state() {
    let message = "exec: \"/app/run\": stat /app/run: no such file or directory";
    let part = "is not in the image, or not executable";
    let ended = json!({ "terminated": {
        "reason": "StartError", "exitCode": 128, "message": message,
    }});
    let back_off = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
    let later = json!({ "restartCount": 3, "state": back_off, "lastState": ended });
    for (pod, reason) in [
        (waiting("RunContainerError", message), "RunContainerError"),
        (pod(json!({ "state": ended })), "StartError"),
        (pod(later), "CrashLoopBackOff"),
    ] {
        check(pod.clone(), ("start_command", reason, false), part);
        check(pod, ("start_command", reason, false), message);
    }
}

#[test]
fn a_crash_says_how_long_the_program_ran() {
    let ended = |seconds: i64| {
        let start = nokube_domain::Timestamp::from_second(1_800_000_000).unwrap();
        let finish = nokube_domain::Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        json!({ "terminated": {
            "reason": "Error", "exitCode": 1, "message": "boom\n",
            "startedAt": start.to_string(), "finishedAt": finish.to_string(),
        }})
    };
    let table = [
        (0, "right after its start"),
        (5, "right after its start"),
        (20, "after 20 seconds"),
        (300, "after 5 minutes"),
        (7_200, "after 2 hours"),
        (864_000, "after 10 days"),
    ];
    for (seconds, part) in table {
        let back_off = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        let status = json!({ "restartCount": 5, "state": back_off, "lastState": ended(seconds) });
        check(pod(status.clone()), ("crash", "CrashLoopBackOff", false), part);
        check(pod(status), ("crash", "CrashLoopBackOff", false), "boom");
        let first = json!({ "restartCount": 0, "state": ended(seconds) });
        check(pod(first), ("crash", "Error", true), part);
    }
    let unknown = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
    check(pod(json!({ "state": unknown })), ("crash", "Error", true), "ends unexpectedly");
    check(
        waiting("CrashLoopBackOff", ""),
        ("crash", "CrashLoopBackOff", false),
        "Its log says why",
    );
}

#[test]
fn out_of_memory_gives_the_limit() {
    let ended = json!({ "terminated": { "reason": "OOMKilled", "exitCode": 137 } });
    let running = json!({ "running": {} });
    let crash = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
    let table = [
        (json!({ "restartCount": 0, "state": ended }), true),
        (json!({ "restartCount": 3, "state": ended }), false),
        (json!({ "restartCount": 3, "state": crash, "lastState": ended }), false),
        (json!({ "restartCount": 3, "state": running, "lastState": ended }), false),
        (json!({ "restartCount": 3, "ready": true, "state": running, "lastState": ended }), true),
    ];
    for (status, temporary) in table {
        check(pod(status), ("out_of_memory", "OOMKilled", temporary), "its limit of 512Mi");
    }
    let mut unlimited = pod(json!({ "state": ended }));
    unlimited["spec"] = json!({});
    check(unlimited, ("out_of_memory", "OOMKilled", true), "its limit and was killed");
}

#[test]
fn a_container_that_runs_again_has_no_issue() {
    let ended = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
    let running = json!({ "running": { "startedAt": "2026-01-01T00:00:00Z" } });
    for status in [
        json!({ "state": running }),
        json!({ "ready": true, "state": running }),
        json!({ "ready": true, "restartCount": 9, "state": running, "lastState": ended }),
        json!({ "ready": false, "restartCount": 1, "state": running, "lastState": ended }),
        json!({ "state": { "waiting": { "reason": "ContainerCreating" } } }),
        json!({ "state": { "waiting": { "reason": "PodInitializing" } } }),
        // Its machine was started again.
        json!({ "restartCount": 1, "state": { "waiting": { "reason": "ContainerCreating" } },
            "lastState": ended }),
        json!({}),
    ] {
        assert_eq!(issues(pod(status.clone()), &[]), [], "{status}");
    }
    let again = json!({ "ready": false, "restartCount": 2, "state": running, "lastState": ended });
    check(pod(again), ("crash", "Error", false), "exit code 1");
}

/// An event about the container `app`.
fn event(at: &str, kind: &str, reason: &str, message: &str) -> Value {
    json!({
        "involvedObject": { "kind": "Pod", "uid": "p", "fieldPath": "spec.containers{app}" },
        "type": kind, "reason": reason, "message": message, "count": 1, "lastTimestamp": at,
    })
}

fn unhealthy(at: &str, message: &str) -> Value {
    event(at, "Warning", "Unhealthy", message)
}

const STARTED: &str = "2026-01-01T00:01:00Z";

fn running() -> Value {
    pod(json!({ "state": { "running": { "startedAt": STARTED } } }))
}

#[test]
fn a_failed_check_says_which_one_and_what_came_back() {
    let refused = "Startup probe failed: Get \"http://10.0.0.9:8080/healthz\": dial tcp 10.0.0.9:8080: connect: connection refused";
    let of = |at, message| issues(running(), &[unhealthy(at, message)]);
    let found = of("2026-01-01T00:01:05Z", refused);
    assert!(found[0].message.contains("The startup check (GET :8080/healthz) is refused"));
    assert_eq!((found[0].detail.as_deref(), found[0].temporary), (Some(refused), true));
    assert_eq!(of("2026-01-01T00:01:02Z", refused), [], "it was only just started");
    assert_eq!(of("2026-01-01T00:00:30Z", refused), [], "of an earlier run");
    let found =
        of("2026-01-01T00:01:01Z", "Startup probe failed: HTTP probe failed with statuscode: 404");
    assert!(found[0].message.contains("gets the response 404"), "{found:?}");
    let found =
        of("2026-01-01T00:01:30Z", "Readiness probe failed: dial tcp 10.0.0.9:8080: i/o timeout");
    assert!(
        found[0].message.contains("(a connection to port 8080) gets no response within 3 seconds")
    );
    // A word in the path is not taken for the cause.
    let found =
        of("2026-01-01T00:01:30Z", "Readiness probe failed: Get \"http://10.0.0.9/timeout\": x");
    assert!(found[0].message.ends_with("fails."), "{found:?}");
}

/// A program that ends in an orderly way when its liveness check fails has the exit code 0.
#[test]
fn a_program_that_was_ended_for_its_check_has_not_crashed() {
    let ended = |code: i32| {
        json!({ "terminated": { "reason": "Error", "exitCode": code,
            "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:40Z" } })
    };
    let back_off = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
    let pod_of =
        |code| pod(json!({ "restartCount": 4, "state": back_off, "lastState": ended(code) }));
    let events = [
        unhealthy(
            "2026-01-01T00:00:30Z",
            "Liveness probe failed: HTTP probe failed with statuscode: 500",
        ),
        event(
            "2026-01-01T00:00:30Z",
            "Normal",
            "Killing",
            "Container app failed liveness probe, will be restarted",
        ),
    ];
    for code in [0, 2, 137, 143] {
        let found = issues(pod_of(code), &events);
        assert_eq!((&*found[0].code.to_string(), found[0].temporary), ("not_ready", false));
        let message = &found[0].message;
        assert!(message.contains("The liveness check (GET :8080/healthz) gets the response 500"));
        assert!(message.ends_with("It was ended for that after 40 seconds."), "{message}");
    }
    let found = issues(pod_of(0), &[]);
    assert_eq!(found[0].code.to_string(), "crash", "no event says that it was ended");
    let earlier = [unhealthy("2025-12-31T23:00:00Z", "Liveness probe failed: x")];
    assert_eq!(issues(pod_of(1), &earlier)[0].code.to_string(), "crash", "of an earlier run");
}

#[test]
fn a_pod_in_container_creating_has_the_newest_warning() {
    let mut creating = waiting("ContainerCreating", "");
    creating["status"]["phase"] = "Pending".into();
    let mount =
        event("2026-01-01T00:01:00Z", "Warning", "FailedMount", "MountVolume.SetUp failed: x");
    let sandbox = event(
        "2026-01-01T00:02:00Z",
        "Warning",
        "FailedCreatePodSandBox",
        "failed to setup network for sandbox",
    );
    let found = issues(creating.clone(), &[sandbox.clone(), mount.clone()]);
    assert_eq!(found[0].reason.as_deref(), Some("FailedCreatePodSandBox"));
    assert!(found[0].temporary && found[0].message.contains("network"), "{found:?}");
    let pulling = event("2026-01-01T00:03:00Z", "Normal", "Pulling", "Pulling image \"x\"");
    assert_eq!(issues(creating.clone(), &[mount.clone(), pulling]), [], "that is over");
    let mut of_another = mount;
    of_another["involvedObject"]["uid"] = "other".into();
    assert_eq!(issues(creating, &[of_another]), []);
}

#[test]
fn a_pod_that_its_machine_does_not_take_up_says_so() {
    let untouched = json!({
        "metadata": { "name": "frontend-1-2", "creationTimestamp": "2026-01-01T00:00:00Z" },
        "spec": { "nodeName": "node1" }, "status": { "phase": "Pending" },
    });
    let at = |time: &str| {
        let context = PodContext { read_at: time.parse().ok(), ..PodContext::default() };
        read(untouched.clone()).issues(&context)
    };
    assert_eq!(at("2026-01-01T00:00:10Z"), []);
    assert_eq!(at("2026-01-01T00:00:21Z")[0].code.to_string(), "node_error");
}

#[test]
fn a_failed_pod_gives_its_reason() {
    let failed = |reason: &str, message: &str| json!({ "metadata": { "name": "x" }, "status": { "phase": "Failed", "reason": reason, "message": message } });
    let evicted = failed("Evicted", "The node was low on resource: memory. ");
    check(evicted, ("evicted", "Evicted", true), "ran out of memory");
    let disk = failed("Evicted", "The node was low on resource: ephemeral-storage. ");
    check(disk, ("evicted", "Evicted", true), "The disk of its machine was full");
    let shutdown =
        failed("Terminated", "Pod was terminated in response to imminent node shutdown.");
    check(shutdown, ("node_lost", "Terminated", true), "imminent node shutdown");
    check(failed("Strange", ""), ("pod_failed", "Strange", true), "Kubernetes ended it: Strange.");
    check(failed("", ""), ("pod_failed", "Failed", true), "Kubernetes ended it: Failed.");
}

#[test]
fn the_container_at_fault_is_named() {
    let no_image = json!({ "waiting": { "reason": "ErrImagePull", "message": "not found" } });
    let with_init = |spec: Value, status: Value| {
        let mut pod = pod(json!({ "state": { "waiting": { "reason": "PodInitializing" } } }));
        pod["spec"]["initContainers"] = json!([spec]);
        pod["status"]["initContainerStatuses"] = json!([status]);
        pod
    };
    let setup = || json!({ "name": "setup", "image": "setup:1" });
    let init = with_init(setup(), json!({ "name": "setup", "state": no_image }));
    check(init.clone(), ("image_pull", "ErrImagePull", false), "setup:1");
    check(init, ("image_pull", "ErrImagePull", false), "which the cluster added");
    // It has done its work, however often it was restarted.
    let ended = json!({ "terminated": { "reason": "Completed", "exitCode": 0 } });
    let done = json!({ "name": "setup", "restartCount": 4, "state": ended });
    assert_eq!(issues(with_init(setup(), done), &[]), []);
    let sidecar = || json!({ "name": "setup", "image": "setup:1", "restartPolicy": "Always" });
    let crash = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
    let running = json!({ "running": {} });
    let restarted = json!({ "name": "setup", "ready": true, "restartCount": 1, "state": running, "lastState": crash });
    assert_eq!(issues(with_init(sidecar(), restarted), &[]), []);
    // A sidecar that ends without an error has failed, unlike an init container.
    let ended = json!({ "name": "setup", "restartCount": 4, "state": ended });
    assert_eq!(issues(with_init(sidecar(), ended), &[])[0].code.to_string(), "crash");
    // The image is that of the container, not of its neighbour.
    let mut meshed = waiting("ImagePullBackOff", "not found");
    let own = meshed["spec"]["containers"][0].clone();
    meshed["spec"]["containers"] = json!([{ "name": "a-proxy", "image": "proxy" }, own]);
    check(meshed, ("image_pull", "ImagePullBackOff", false), IMAGE);
}
