//! Objects that were recorded on a real cluster, and the issue that follows from each.

use super::{is_from, row};
use nokube_domain::{
    Timestamp,
    deployments::{ObservedState, Progress, Rollout},
};
use nokube_kube::observe::{ClusterSnapshot, CrashLog};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Whether the worst issue can pass by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outlook {
    Temporary,
    Permanent,
}
use Outlook::{Permanent, Temporary};

/// Recordings in which the service does not run as requested: the row of the worst issue, and a part of its text.
const ISSUES: &[(&str, &str, Outlook, &str)] = &[
    ("check-access-slow-start", "check-refused", Temporary, "startup check"),
    ("check-localhost", "check-refused", Temporary, "not 127.0.0.1 or localhost"),
    ("check-not-found", "check-not-found", Temporary, "(GET :8080/healthz) gets the response 404"),
    (
        "check-server-error",
        "check-server-error",
        Temporary,
        "(GET :8080/ready) gets the response 503",
    ),
    ("check-startup-killed", "check-refused", Temporary, "startup check"),
    ("check-timeout", "check-timeout", Temporary, "no response within 3 seconds"),
    ("check-wrong-port", "check-refused", Temporary, "nothing listens on port 8080"),
    ("create-limit-range", "limit-range", Permanent, "64Mi, but limit is 128Mi"),
    ("create-pod-security", "pod-security-root", Permanent, "USER 1000"),
    ("create-policy", "policy", Permanent, "rejects its pods (require-team-label)"),
    ("create-priority-class", "create-rejected", Permanent, "no PriorityClass with name"),
    ("create-quota", "quota", Permanent, "requested: limits.memory=128Mi"),
    ("create-runtime-class", "create-rejected", Permanent, "RuntimeClass \"no-such-class\""),
    ("create-service-account", "service-account", Temporary, "no-such-account"),
    ("create-webhook-away", "webhook-away", Temporary, "validate.policy.example.org"),
    ("create-webhook-refused", "webhook-away", Temporary, "connection refused"),
    ("deadline", "image-not-found", Permanent, "no such image or tag"),
    (
        "evicted-container-storage",
        "evicted-own-storage",
        Permanent,
        "total limit of containers 50Ki",
    ),
    ("exit-0", "exit-0", Permanent, "right after its start, with exit code 0"),
    ("exit-1", "exit-other", Permanent, "right after its start, with exit code 1"),
    ("exit-139", "exit-segfault", Permanent, "exit code 139"),
    ("exit-82-buildpacks", "exit-launcher", Permanent, "buildpacks"),
    ("exit-after-20-seconds", "exit-other", Permanent, "after 20 seconds, with exit code 3"),
    ("exit-memory", "exit-memory", Permanent, "its limit of 128Mi"),
    ("image-certificate", "image-registry-certificate", Temporary, "x509"),
    ("image-connection-closed", "image-registry-unreachable", Temporary, "EOF"),
    ("image-connection-refused", "image-registry-unreachable", Temporary, "connection refused"),
    ("image-forbidden", "image-access", Permanent, "403 Forbidden"),
    ("image-name", "image-name", Permanent, "must be lowercase"),
    ("image-never-pull", "image-never-pull", Permanent, "pull policy of Never"),
    ("image-no-repository", "image-not-found", Permanent, "team/nothing:v1"),
    ("image-not-found", "image-not-found", Permanent, "Back-off pulling image"),
    ("image-not-found-at-once", "image-not-found", Permanent, "code = NotFound"),
    ("image-own-token", "image-own-access", Permanent, "the registry rejects the platform's login"),
    ("image-platform", "image-platform", Permanent, "no match for platform"),
    ("image-private", "image-access", Permanent, "no basic auth credentials"),
    ("image-private-token", "image-access", Permanent, "401 Unauthorized"),
    ("image-rate-limit", "image-rate-limit", Temporary, "429 Too Many Requests"),
    ("image-registry-error", "image-registry-error", Temporary, "500 Internal Server Error"),
    ("image-registry-name", "image-registry-unreachable", Temporary, "lookup registry.example.net"),
    ("image-registry-unavailable", "image-registry-error", Temporary, "503 Service Unavailable"),
    ("image-token-forbidden", "image-access", Permanent, "403 Forbidden"),
    (
        "init-crashes",
        "exit-other",
        Permanent,
        "The container vault-agent-init, which the cluster added",
    ),
    ("init-finished-app-crashes", "exit-other", Permanent, "The program ends right after"),
    ("init-image", "image-not-found", Permanent, "registry.example.org/team/vault:nothing cannot"),
    ("native-sidecar-crashes", "exit-other", Permanent, "The container istio-proxy, which"),
    ("node-kubelet-away", "not-taken-up", Temporary, "has not started to work on it"),
    ("node-lost", "node-not-ready", Temporary, "does not respond any more"),
    ("older-serves-exit", "exit-other", Permanent, "exit code 1"),
    ("older-serves-image", "image-not-found", Permanent, "no such image or tag"),
    ("older-serves-quota", "quota", Permanent, "used: pods=1, limited: pods=1"),
    ("readiness-lost", "check-timeout", Temporary, "The readiness check (GET :8080/ready)"),
    ("scale-up-cpu", "scheduling-cpu", Temporary, "2 Insufficient cpu"),
    ("schedule-claim-class", "claim-class", Temporary, "\"no-such-class\" not found"),
    ("schedule-claim-missing", "scheduling-claim-missing", Temporary, "persistentvolumeclaim"),
    ("schedule-cpu", "scheduling-cpu", Temporary, "lower cpu_request or replicas"),
    ("schedule-gate", "scheduling-gated", Temporary, "scheduling gates"),
    ("schedule-host-port", "scheduling-other", Temporary, "didn't have free ports"),
    ("schedule-memory", "scheduling-memory", Temporary, "lower memory_request or replicas"),
    ("schedule-node-selector", "scheduling-other", Temporary, "node affinity/selector"),
    ("schedule-taint", "scheduling-other", Temporary, "anti-affinity"),
    ("sidecar-app-crashes", "exit-other", Permanent, "The program ends right after"),
    ("sidecar-image", "image-not-found", Permanent, "The container istio-proxy, which"),
    ("sidecar-not-ready", "check-refused", Temporary, "The container istio-proxy, which"),
    ("start-bad-subpath", "start-mount", Temporary, "failed to create subPath"),
    ("start-missing-command", "start-command", Permanent, "/no-such-program"),
    ("start-missing-command-at-once", "start-command", Permanent, "field command"),
    ("start-missing-directory", "start-working-directory", Permanent, "mkdir /app"),
    ("start-missing-program", "start-command", Permanent, "/usr/bin/server"),
    ("start-missing-secret", "start-missing-variables", Permanent, "web-secrets-1"),
    ("start-missing-variables", "start-missing-variables", Permanent, "web-variables-1"),
    ("start-named-user", "start-named-user", Permanent, "non-numeric user (web)"),
    ("start-no-command", "start-no-command", Permanent, "no command specified"),
    ("start-not-a-program", "exit-other", Permanent, "exit code 1"),
    ("start-not-root", "start-root", Permanent, "image will run as root"),
    ("start-other-processor", "exit-other", Permanent, "exit code 1"),
    ("start-post-start-hook", "post-start-hook", Temporary, "PostStartHook failed"),
    ("start-sandbox-runtime", "sandbox", Temporary, "no runtime for \"runsc\""),
    ("volume-csi-driver", "mount", Temporary, "secrets-store.csi.k8s.io"),
    ("volume-host-path", "mount", Temporary, "hostPath type check failed"),
    ("volume-missing-secret", "mount-missing-object", Temporary, "web-certificate"),
    ("volume-nfs", "mount", Temporary, "unknown filesystem type"),
    ("volume-not-writable", "exit-other", Permanent, "exit code 1"),
];

/// Recordings in which nothing is wrong, although containers have ended or pods are being started.
const WELL: &[(&str, Progress)] = &[
    ("check-liveness-later", Progress::Done),
    ("check-liveness-restarted", Progress::Done),
    ("ephemeral-image", Progress::Done),
    ("evicted-empty-dir", Progress::Done),
    ("init-finished-running", Progress::Done),
    ("init-running", Progress::Rolling),
    ("native-sidecar-running", Progress::Done),
    ("pod-deleted", Progress::Incomplete),
    ("restarted-once", Progress::Done),
    ("rolling", Progress::Rolling),
    ("running", Progress::Done),
    ("schedule-claim-unbound", Progress::Done),
    ("sidecar-crashes", Progress::Done),
    ("volume-running", Progress::Done),
];

pub fn rows() -> impl Iterator<Item = &'static str> {
    ISSUES.iter().map(|(_, id, ..)| *id)
}

fn folder() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded").into()
}

fn read(name: &str) -> (ClusterSnapshot, Rollout) {
    let bytes = fs::read(folder().join(format!("{name}.json"))).unwrap();
    let recorded: Value = serde_json::from_slice(&bytes).unwrap();
    let objects = |key: &str| recorded[key].clone();
    let label = &recorded["deployment"]["metadata"]["labels"]["nokube.dev/deployment"];
    let id = label.as_str().unwrap().parse().unwrap();
    let created = &recorded["deployment"]["metadata"]["creationTimestamp"];
    let created: Timestamp = created.as_str().unwrap().parse().unwrap();
    let snapshot = ClusterSnapshot {
        deployments: vec![serde_json::from_value(objects("deployment")).unwrap()],
        replica_sets: serde_json::from_value(objects("replicaSets")).unwrap(),
        pods: serde_json::from_value(objects("pods")).unwrap(),
        events: serde_json::from_value(objects("events")).unwrap(),
        read_at: Timestamp::from_second(created.as_second() + 30).ok(),
    };
    match snapshot.observed(id) {
        ObservedState::Present(rollout) => (snapshot, *rollout),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn each_recorded_object_gives_its_issue() {
    for (name, id, outlook, part) in ISSUES {
        let (_, rollout) = read(name);
        let issue = rollout.issues.first().unwrap_or_else(|| panic!("{name} has no issue"));
        assert!(is_from(issue, row(id)), "{name} is not of row {id}: {issue:?}");
        assert_eq!(issue.temporary, *outlook == Temporary, "{name}: {issue:?}");
        let text = issue.text();
        assert!(text.contains(part), "{name}: {text} does not contain {part}");
        assert!(!text.contains(['{', '}']), "{name}: {text}");
        assert_ne!(rollout.progress, Progress::Done, "{name}");
        assert!(issue.object.is_some() && issue.reason.is_some(), "{name}: {issue:?}");
    }
}

#[test]
fn nothing_is_wrong_with_what_has_recovered_or_is_being_started() {
    for (name, progress) in WELL {
        let (_, rollout) = read(name);
        assert_eq!((rollout.progress, rollout.issues), (*progress, Vec::new()), "{name}");
    }
}

#[test]
fn each_recording_of_a_deployment_is_tested() {
    let is_deployment = |text: &str| {
        let recorded: Value = serde_json::from_str(text).unwrap();
        recorded.get("deployment").is_some()
    };
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let files = files.filter(|path| is_deployment(&fs::read_to_string(path).unwrap()));
    let files: BTreeSet<_> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let tested = ISSUES.iter().map(|row| row.0).chain(WELL.iter().map(|row| row.0));
    assert_eq!(files, tested.map(Into::into).collect());
}

/// The kubelet says `RunContainerError`, `StartError` and `CrashLoopBackOff` in turn about a missing command.
#[test]
fn a_missing_command_is_the_same_issue_at_once_and_later() {
    let issue = |name| read(name).1.issues.remove(0);
    let (first, later) = (issue("start-missing-command-at-once"), issue("start-missing-command"));
    assert_eq!((first.code, first.message), (later.code, later.message));
    assert_eq!(first.temporary, later.temporary);
}

#[test]
fn the_log_of_a_crash_is_that_of_the_container_that_crashed() {
    for (name, container, previous) in [
        ("exit-1", "app", true),
        ("sidecar-app-crashes", "app", true),
        ("init-finished-app-crashes", "app", true),
        ("native-sidecar-crashes", "istio-proxy", true),
        ("init-crashes", "vault-agent-init", false),
    ] {
        let (snapshot, rollout) = read(name);
        let log = snapshot.crash_log(&rollout).unwrap();
        let pod = &rollout.pods.first().unwrap().name;
        assert_eq!(
            (&log.pod, log.container.as_str(), log.previous),
            (pod, container, previous),
            "{name}"
        );
    }
    for name in ["exit-memory", "image-not-found", "running"] {
        let (snapshot, rollout) = read(name);
        assert_eq!(snapshot.crash_log(&rollout), None, "{name}");
    }
}

#[test]
fn the_log_explains_a_program_for_other_processors() {
    let issue = read("start-other-processor").1.issues.remove(0);
    let explained = CrashLog::explain(&issue, "exec /app: exec format error");
    assert!(is_from(&explained, row("log-exec-format")), "{explained:?}");
    assert_eq!(explained.detail.as_deref(), Some("exec /app: exec format error"));
    let other = CrashLog::explain(&issue, "no database");
    assert_eq!((other.code, other.detail.as_deref()), (issue.code, Some("no database")));
}

/// A pod that is ready again may have had any number of restarts.
#[test]
fn a_lost_pod_is_not_taken_for_a_new_one() {
    for (name, has_lost, is_starting) in [
        ("node-lost", true, false),
        ("readiness-lost", true, false),
        ("exit-after-20-seconds", true, false),
        ("pod-deleted", false, true),
        ("scale-up-cpu", false, true),
        ("check-wrong-port", false, true),
        ("running", false, false),
    ] {
        let (_, rollout) = read(name);
        let found = (rollout.has_lost_pod, rollout.starting_since.is_some());
        assert_eq!(found, (has_lost, is_starting), "{name}");
    }
}
