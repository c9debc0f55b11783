//! Rows that cannot be produced on the test cluster: the words are those in the source of Kubernetes 1.36, containerd
//! 2 and runc.

use super::row;
use nokube_kube::observe::reasons::{Row, Source, rows as table};

type Sample = (&'static str, Source, &'static str, &'static str);

const SAMPLES: &[Sample] = &[
    // containerd: remotes/docker, images; kubelet: images/puller.go, images/image_manager.go
    (
        "image-platform",
        Source::Image,
        "ErrImagePull",
        "rpc error: code = NotFound desc = failed to pull and unpack image \"\": no match for platform \
         in manifest: not found",
    ),
    (
        "image-signature",
        Source::Image,
        "SignatureValidationFailed",
        "image pull failed for x because the signature validation failed",
    ),
    (
        "image-disk-full",
        Source::Image,
        "ErrImagePull",
        "failed to extract layer sha256:1: write /var/lib/x: no space left on device",
    ),
    ("image-pull-qps", Source::Image, "ErrImagePull", "pull QPS exceeded"),
    (
        "image-own-access",
        Source::OwnImage,
        "ImagePullBackOff",
        "failed to authorize: failed to fetch oauth token: unexpected status from GET request to : \
         401 Unauthorized",
    ),
    ("image-access", Source::Image, "ErrImagePull", "failed to fetch oauth token: denied: denied"),
    ("image-not-found", Source::OwnImage, "ErrImagePull", "manifest unknown"),
    (
        "image-registry-name",
        Source::Image,
        "ErrImagePull",
        "dial tcp: lookup ghcr.example.org on 10.0.0.10:53: no such host",
    ),
    (
        "image-registry-unreachable",
        Source::Image,
        "ErrImagePull",
        "net/http: TLS handshake timeout",
    ),
    (
        "image-registry-error",
        Source::Image,
        "RegistryUnavailable",
        "image pull failed for x because the registry is unavailable: try later",
    ),
    ("image-pull", Source::Image, "ImagePullBackOff", "Back-off pulling image \"\""),
    ("image-inspect", Source::Image, "ImageInspectError", "Failed to inspect image \"\": x"),
    // kubelet: kuberuntime/kuberuntime_container.go, secret and configmap managers; runc: libcontainer
    (
        "start-cache",
        Source::Start,
        "CreateContainerConfigError",
        "failed to sync secret cache: timed out waiting for the condition",
    ),
    (
        "start-exec-format",
        Source::Start,
        "StartError",
        "unable to start container process: exec /app: exec format error",
    ),
    (
        "start-command",
        Source::Start,
        "RunContainerError",
        "exec: \"npm start\": executable file not found in $PATH: unknown",
    ),
    (
        "start-command",
        Source::Start,
        "StartError",
        "exec: \"/app/run\": permission denied: unknown",
    ),
    (
        "start-user-unknown",
        Source::Start,
        "CreateContainerError",
        "unable to find user web: no matching entries in passwd file",
    ),
    (
        "start-memory",
        Source::Start,
        "StartError",
        "container init was OOM-killed (memory limit too low?): unknown",
    ),
    (
        "start-disk-full",
        Source::Start,
        "CreateContainerError",
        "failed to create containerd container: mkdir /var/lib/x: no space left on device",
    ),
    (
        "start-mount",
        Source::Start,
        "RunContainerError",
        "error mounting \"/data\" to rootfs at \"/etc/passwd\": not a directory",
    ),
    ("start-runtime-busy", Source::Start, "CreateContainerError", "context deadline exceeded"),
    (
        "start-runtime-busy",
        Source::Start,
        "CreateContainerError",
        "failed to reserve container name \"x\": name \"x\" is reserved for \"1\"",
    ),
    ("start-other", Source::Start, "PreStartHookError", "something else"),
    // kubelet: kuberuntime/kuberuntime_manager.go, container/runtime.go; signal(7)
    (
        "exit-unknown",
        Source::Exit,
        "ContainerStatusUnknown",
        "exit code 137: The container could not be located when the pod was deleted.",
    ),
    ("exit-code-unknown", Source::Exit, "CrashLoopBackOff", "unknown exit code"),
    ("exit-command", Source::Exit, "Error", "exit code 127: "),
    ("exit-command", Source::Exit, "Error", "exit code 126: "),
    ("exit-abort", Source::Exit, "Error", "exit code 134: "),
    ("exit-kill", Source::Exit, "Error", "exit code 137: "),
    ("exit-term", Source::Exit, "Error", "exit code 143: "),
    ("exit-other", Source::Exit, "Error", "exit code 1270: "),
    ("log-exec-format", Source::Log, "", "exec /usr/bin/server: exec format error"),
    // kubelet: prober/prober.go; probe/http/http.go, probe/tcp/tcp.go; net/http
    ("check-access", Source::Check, "Liveness", "failed: HTTP probe failed with statuscode: 401"),
    (
        "check-request-rejected",
        Source::Check,
        "Startup",
        "failed: HTTP probe failed with statuscode: 400",
    ),
    (
        "check-other-protocol",
        Source::Check,
        "Startup",
        "failed: Get : net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\\x15\"",
    ),
    ("check-redirect", Source::Check, "Readiness", "failed: Get : stopped after 10 redirects"),
    ("check-connection-closed", Source::Check, "Readiness", "failed: Get : EOF"),
    (
        "check-connection-closed",
        Source::Check,
        "Readiness",
        "failed: read tcp 10.0.0.1:1->10.0.0.2:8080: read: connection reset by peer",
    ),
    (
        "check-network",
        Source::Check,
        "Liveness",
        "failed: dial tcp 10.0.0.2:8080: connect: no route to host",
    ),
    ("check-other", Source::Check, "Liveness", "failed: command timed too"),
    // scheduler: schedule_one.go, framework/plugins; controller: volume/persistentvolume
    ("scheduling-error", Source::Scheduling, "SchedulerError", "binding rejected: x"),
    (
        "scheduling-claim",
        Source::Scheduling,
        "Unschedulable",
        "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
    ),
    (
        "scheduling-volume-node",
        Source::Scheduling,
        "Unschedulable",
        "0/1 nodes are available: 1 node(s) had volume node affinity conflict.",
    ),
    (
        "scheduling-volume-limit",
        Source::Scheduling,
        "Unschedulable",
        "0/1 nodes are available: 1 node(s) exceed max volume count.",
    ),
    (
        "scheduling-cpu-memory",
        Source::Scheduling,
        "Unschedulable",
        "0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.",
    ),
    (
        "scheduling-room",
        Source::Scheduling,
        "Unschedulable",
        "0/2 nodes are available: 2 Too many pods.",
    ),
    (
        "scheduling-node-down",
        Source::Scheduling,
        "Unschedulable",
        "0/1 nodes are available: 1 node(s) had untolerated taint(s) {node.kubernetes.io/not-ready: }.",
    ),
    (
        "scheduling-node-down",
        Source::Scheduling,
        "Unschedulable",
        "0/1 nodes are available: 1 node(s) were unschedulable.",
    ),
    (
        "claim-class",
        Source::Claim,
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set",
    ),
    ("claim-other", Source::Claim, "ProvisioningFailed", "rpc error: the cloud has no more disks"),
    // kubelet: eviction/helpers.go, nodeshutdown, preemption, lifecycle/predicate.go; controllers
    ("evicted-memory", Source::Pod, "Evicted", "The node was low on resource: memory. "),
    ("evicted-disk", Source::Pod, "Evicted", "The node was low on resource: ephemeral-storage. "),
    ("evicted-disk", Source::Pod, "Evicted", "The node had condition: [DiskPressure]. "),
    (
        "evicted-own-storage",
        Source::Pod,
        "Evicted",
        "Usage of EmptyDir volume \"x\" exceeds the limit \"1Mi\". ",
    ),
    ("evicted-processes", Source::Pod, "Evicted", "The node was low on resource: pids. "),
    ("evicted-other", Source::Pod, "Evicted", "The node was low on resource: gpu. "),
    (
        "node-shutdown",
        Source::Pod,
        "Terminated",
        "Pod was terminated in response to imminent node shutdown.",
    ),
    ("node-ended", Source::Pod, "DeletionByTaintManager", ""),
    ("pod-preempted", Source::Pod, "Preempting", "Preempted in order to admit critical pod"),
    ("pod-rejected-by-node", Source::Pod, "OutOfcpu", "Node didn't have enough resource: cpu"),
    ("pod-not-admitted", Source::Pod, "UnexpectedAdmissionError", "Allocate failed due to x"),
    ("readiness-lost", Source::Pod, "ReadinessLost", "containers with unready status: [app]"),
    ("readiness-gate", Source::Pod, "ReadinessGatesNotReady", "x"),
    ("still-pulling", Source::Pod, "Pulling", "Pulling image \"x\""),
    ("pod-failed", Source::Pod, "DeadlineExceeded", ""),
    // kubelet: events/event.go; containerd: cri/server; CNI plugins
    (
        "attach-in-use",
        Source::PodEvent,
        "FailedAttachVolume",
        "Multi-Attach error for volume \"x\" Volume is already used by pod(s) y",
    ),
    (
        "attach",
        Source::PodEvent,
        "FailedAttachVolume",
        "AttachVolume.Attach failed for volume \"x\"",
    ),
    (
        "sandbox-address",
        Source::PodEvent,
        "FailedCreatePodSandBox",
        "plugin type=\"host-local\" failed (add): failed to allocate for range 0: no IP addresses available",
    ),
    (
        "sandbox-network",
        Source::PodEvent,
        "FailedCreatePodSandBox",
        "failed to setup network for sandbox \"1\": plugin type=\"calico\" failed",
    ),
    (
        "sandbox-network",
        Source::PodEvent,
        "NetworkNotReady",
        "network is not ready: cni plugin not initialized",
    ),
    (
        "sandbox-disk-full",
        Source::PodEvent,
        "Failed",
        "error making pod data directories: mkdir: no space left on device",
    ),
    ("node-event", Source::PodEvent, "NodeNotReady", "Node is not ready"),
    (
        "pod-event",
        Source::PodEvent,
        "FailedPrepareDynamicResources",
        "Failed to prepare dynamic resources: x",
    ),
    // API server: admission plugins; Gatekeeper, Kyverno
    ("deadline", Source::Deployment, "ProgressDeadlineExceeded", ""),
    (
        "pod-security",
        Source::Deployment,
        "FailedCreate",
        "pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces",
    ),
    (
        "policy",
        Source::Deployment,
        "FailedCreate",
        "admission webhook \"validation.gatekeeper.sh\" denied the request: [must-have-owner] x",
    ),
    (
        "namespace-terminating",
        Source::Deployment,
        "FailedCreate",
        "unable to create new content in namespace x because it is being terminated",
    ),
    ("create-other", Source::Deployment, "FailedCreate", "etcdserver: request timed out"),
];

pub fn rows() -> impl Iterator<Item = &'static str> {
    SAMPLES.iter().map(|(id, ..)| *id)
}

#[test]
fn the_words_of_kubernetes_find_their_row() {
    for (id, source, reason, text) in SAMPLES {
        let text = text.to_ascii_lowercase();
        let found: Option<&Row> = table().find(|row| row.matches(*source, reason, &text));
        assert_eq!(found.map(|row| row.id), Some(row(id).id), "{reason}: {text}");
    }
}
