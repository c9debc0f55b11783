//! Warnings about a pod whose containers do not exist yet: why it stays in `ContainerCreating`.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const TRY_AGAIN: &str =
    "Kubernetes tries again by itself. If that does not help, tell the administrator.";

const fn row(
    id: &'static str,
    reasons: &'static [&'static str],
    texts: &'static [&'static str],
    code: ErrorCode,
    message: &'static str,
) -> Row {
    Row {
        id,
        source: Source::PodEvent,
        reasons,
        texts,
        code,
        outlook: Outlook::Temporary,
        message,
        action: TRY_AGAIN,
    }
}

pub(super) const ROWS: &[Row] = &[
    Row {
        action: "Deploy it again, with the values of its secrets.",
        ..row(
            "mount-missing-object",
            &["FailedMount"],
            &["configmap \"*not found", "secret \"*not found"],
            ErrorCode::ContainerConfig,
            "A file that the pod needs is not in the cluster any more.",
        )
    },
    Row {
        action: "It passes when the other pod has ended. If its machine does not respond, tell the \
                 administrator.",
        ..row(
            "attach-in-use",
            &["FailedAttachVolume"],
            &["multi-attach", "already exclusively attached", "already used by"],
            ErrorCode::Volume,
            "Its volume is still in use on another machine.",
        )
    },
    row(
        "attach",
        &["FailedAttachVolume"],
        &[],
        ErrorCode::Volume,
        "Its volume cannot be attached to the machine yet.",
    ),
    row(
        "mount",
        &["FailedMount", "FailedMapVolume", "FailedMountOnFilesystemMismatch"],
        &[],
        ErrorCode::Volume,
        "Its volume cannot be mounted yet.",
    ),
    row(
        "sandbox-address",
        &["FailedCreatePodSandBox"],
        &["no ip addresses", "failed to allocate for range", "no more ips", "no available ip"],
        ErrorCode::NodeError,
        "Its machine has no free network address for it.",
    ),
    row(
        "sandbox-network",
        &["FailedCreatePodSandBox", "NetworkNotReady"],
        &["network", "cni"],
        ErrorCode::NodeError,
        "The network of its machine is not ready.",
    ),
    row(
        "sandbox-disk-full",
        &[],
        &["no space left on device", "disk quota exceeded"],
        ErrorCode::NodeError,
        "The disk of its machine is full.",
    ),
    row(
        "sandbox",
        &[
            "FailedCreatePodSandBox",
            "FailedPodSandBoxStatus",
            "FailedCreatePodContainer",
            "FailedKillPod",
        ],
        &[],
        ErrorCode::NodeError,
        "Its machine cannot create the pod yet.",
    ),
    row(
        "post-start-hook",
        &["FailedPostStartHook"],
        &[],
        ErrorCode::ContainerConfig,
        "A command that the cluster runs after the start of a container fails.",
    ),
    row("node-event", &["NodeNotReady"], &[], ErrorCode::NodeLost, "Its machine does not respond."),
    row("pod-event", &[], &[], ErrorCode::NodeError, "Its machine cannot start it yet ({reason})."),
];
