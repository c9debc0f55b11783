//! Reasons why a pod that had a machine has failed or is lost.
//!
//! The ReplicaSet makes another pod, so they are temporary, unless that fails in the same way.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const REPLACED: &str = "Kubernetes starts another pod in its place.";

const fn row(
    id: &'static str,
    reasons: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        id,
        source: Source::Pod,
        reasons,
        texts: &[],
        code: ErrorCode::PodFailed,
        outlook: Outlook::PermanentIfRepeated,
        message,
        action,
    }
}

const fn evicted(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row { code: ErrorCode::Evicted, texts, ..row(id, &["Evicted"], message, action) }
}

const fn node_lost(
    id: &'static str,
    reasons: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        code: ErrorCode::NodeLost,
        outlook: Outlook::Temporary,
        ..row(id, reasons, message, action)
    }
}

pub(super) const ROWS: &[Row] = &[
    evicted(
        "evicted-own-storage",
        &["ephemeral storage limit", "ephemeral local storage usage", "emptydir"],
        "It wrote more files than its limit allows, and was ended for that.",
        "Have it write less outside of its volume, or give it a volume.",
    ),
    evicted(
        "evicted-memory",
        &["low on resource: memory", "memorypressure"],
        "Its machine ran out of memory, and it was ended for that.",
        "Raise memory_request to what the program really needs: then it is ended last.",
    ),
    evicted(
        "evicted-disk",
        &["ephemeral-storage", "diskpressure", "nodefs", "imagefs", "inodes"],
        "The disk of its machine was full, and it was ended for that.",
        "If that happens again, tell the administrator.",
    ),
    evicted(
        "evicted-processes",
        &["low on resource: pids", "pidpressure"],
        "Its machine ran out of process numbers, and it was ended for that.",
        "Does the program start processes that never end? If not, tell the administrator.",
    ),
    evicted(
        "evicted-other",
        &[],
        "Its machine ran out of a resource, and it was ended for that.",
        "If that happens again, tell the administrator.",
    ),
    node_lost(
        "node-not-ready",
        &["NodeNotReady", "NodeLost"],
        "Its machine does not respond any more.",
        "If the machine does not come back, Kubernetes starts another pod elsewhere after some \
         minutes.",
    ),
    node_lost(
        "node-shutdown",
        &["NodeShutdown", "Terminated", "Shutdown"],
        "Its machine shuts down.",
        REPLACED,
    ),
    node_lost(
        "node-ended",
        &["DeletionByTaintManager", "DeletionByPodGC", "EvictionByEvictionAPI"],
        "Its machine does not respond or is being drained.",
        REPLACED,
    ),
    Row {
        outlook: Outlook::Temporary,
        ..row(
            "pod-preempted",
            &["Preempting", "PreemptionByScheduler", "TerminationByKubelet"],
            "It had to make room for a pod of higher priority, or for one that its machine needs.",
            REPLACED,
        )
    },
    Row {
        code: ErrorCode::Unschedulable,
        ..row(
            "pod-rejected-by-node",
            &[
                "OutOfcpu",
                "OutOfmemory",
                "OutOfpods",
                "OutOfephemeral-storage",
                "NodeAffinity",
                "NodePorts",
                "NodeName",
                "VolumeAttachmentLimitExceeded",
            ],
            "The chosen machine had no room for it after all.",
            REPLACED,
        )
    },
    Row {
        code: ErrorCode::NodeError,
        ..row(
            "pod-not-admitted",
            &[
                "UnexpectedAdmissionError",
                "InvalidNodeInfo",
                "AppArmor",
                "PodOSNotSupported",
                "PodOSSelectorNodeLabelDoesNotMatch",
                "SupplementalGroupsPolicyNotSupported",
                "PodLevelResourcesNotSupported",
                "TopologyAffinityError",
                "ResourceAllocationError",
            ],
            "The chosen machine does not accept it.",
            "Kubernetes tries again. If that does not help, tell the administrator.",
        )
    },
    Row {
        code: ErrorCode::NotReady,
        outlook: Outlook::Temporary,
        ..row(
            "readiness-lost",
            &["ReadinessLost"],
            "It received requests before, and does not pass its readiness check any more.",
            "Its log says why. A restart may help for the moment.",
        )
    },
    Row {
        code: ErrorCode::NotReady,
        outlook: Outlook::Temporary,
        ..row(
            "readiness-gate",
            &["ReadinessGatesNotReady"],
            "Its checks pass, but another part of the cluster has not approved it yet.",
            "If it persists, tell the administrator.",
        )
    },
    Row {
        code: ErrorCode::NodeError,
        outlook: Outlook::Temporary,
        ..row(
            "not-taken-up",
            &["NotTakenUp"],
            "The chosen machine has not started to work on it.",
            "If it persists, tell the administrator: the machine may not respond.",
        )
    },
    Row {
        code: ErrorCode::ImagePull,
        outlook: Outlook::Temporary,
        ..row(
            "still-pulling",
            &["Pulling"],
            "The image is still being pulled.",
            "Wait: a large image takes minutes on a machine that does not have it yet.",
        )
    },
    row("pod-failed", &[], "Kubernetes ended it: {reason}.", REPLACED),
];
