//! Reasons why a pod has no machine yet, and why a claim has no volume.
//!
//! The scheduler tries again whenever something changes in the cluster, so all of them are temporary.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const fn row(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        id,
        source: Source::Scheduling,
        reasons: &[],
        texts,
        code: ErrorCode::Unschedulable,
        outlook: Outlook::Temporary,
        message,
        action,
    }
}

const fn volume(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row { code: ErrorCode::Volume, ..row(id, texts, message, action) }
}

const fn claim(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row { source: Source::Claim, ..volume(id, texts, message, action) }
}

pub(super) const ROWS: &[Row] = &[
    Row {
        reasons: &["SchedulingGated"],
        ..row(
            "scheduling-gated",
            &[],
            "Something in the cluster holds the pod back before a machine is chosen.",
            "Tell the administrator if it persists.",
        )
    },
    Row {
        reasons: &["SchedulerError"],
        ..row(
            "scheduling-error",
            &[],
            "The scheduler has an error when it chooses a machine.",
            "Tell the administrator if it persists.",
        )
    },
    volume(
        "scheduling-claim",
        &["unbound immediate persistentvolumeclaims", "unbound persistentvolumeclaims"],
        "Its volume is not ready yet.",
        "A new volume takes some seconds. If it persists, tell the administrator.",
    ),
    volume(
        "scheduling-claim-missing",
        &["persistentvolumeclaim \"*not found", "persistentvolumeclaim \"*is being deleted"],
        "Its volume is not in the cluster any more.",
        "Deploy it again: that makes an empty volume. The administrator may have a backup.",
    ),
    volume(
        "scheduling-volume-node",
        &["volume node affinity conflict", "no available volume zone", "non-existent pv"],
        "Its volume is on another machine than those that have room.",
        "Wait until that machine is back or has room; if that does not happen, tell the \
         administrator.",
    ),
    volume(
        "scheduling-volume-limit",
        &["max volume count", "enough free storage", "no available disk"],
        "No machine can take another volume.",
        "Tell the administrator if it persists.",
    ),
    row(
        "scheduling-cpu-memory",
        &["insufficient cpu*insufficient memory", "insufficient memory*insufficient cpu"],
        "No machine of the cluster can take it: there is not enough CPU and memory.",
        "If no machine is added within minutes, ask the administrator for more, or lower cpu_request, \
         memory_request or replicas.",
    ),
    row(
        "scheduling-cpu",
        &["insufficient cpu"],
        "No machine of the cluster can take it: there is not enough CPU.",
        "If no machine is added within minutes, ask the administrator for more, or lower cpu_request \
         or replicas.",
    ),
    row(
        "scheduling-memory",
        &["insufficient memory"],
        "No machine of the cluster can take it: there is not enough memory.",
        "If no machine is added within minutes, ask the administrator for more, or lower \
         memory_request or replicas.",
    ),
    row(
        "scheduling-room",
        &["insufficient ", "too many pods"],
        "No machine of the cluster can take it: there is no room for another pod.",
        "If no machine is added within minutes, ask the administrator for more, or lower replicas.",
    ),
    row(
        "scheduling-node-down",
        &[
            "untolerated taint*node.kubernetes.io/",
            "had taints that the pod didn't tolerate",
            "were unschedulable",
            "no nodes available",
            "0/0 nodes",
        ],
        "No machine of the cluster can take it: machines are away, full, or under maintenance.",
        "Wait for a machine; if none comes within minutes, tell the administrator.",
    ),
    row(
        "scheduling-other",
        &[],
        "No machine of the cluster can take it.",
        "Tell the administrator if it persists.",
    ),
    claim(
        "claim-class",
        &["storageclass*not found", "no storage class is set"],
        "The cluster has no storage class for its volume.",
        "Tell the administrator: a default storage class or the platform's setting is missing.",
    ),
    claim(
        "claim-other",
        &[],
        "Its volume cannot be made yet.",
        "The cluster tries again by itself. If that does not help, tell the administrator.",
    ),
];
