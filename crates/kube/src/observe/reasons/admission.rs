//! Reasons why pods cannot be created, and why a rollout makes no progress.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const fn row(
    id: &'static str,
    texts: &'static [&'static str],
    code: ErrorCode,
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        id,
        source: Source::Deployment,
        reasons: &[],
        texts,
        code,
        outlook: Outlook::Permanent,
        message,
        action,
    }
}

pub(super) const ROWS: &[Row] = &[
    Row {
        reasons: &["ProgressDeadlineExceeded"],
        ..row(
            "deadline",
            &[],
            ErrorCode::NotReady,
            "The rollout made no progress for 10 minutes.",
            "Look at the state and the log of its pods. Does the program listen on container_port \
             and all addresses (0.0.0.0), and is readiness_check_path right?",
        )
    },
    row(
        "quota",
        &["exceeded quota"],
        ErrorCode::Quota,
        "The project's quota does not allow more pods like this.",
        "Ask for less, stop another service, or ask the administrator for more.",
    ),
    row(
        "pod-security-root",
        &["violates podsecurity*runasnonroot"],
        ErrorCode::PodSecurity,
        "This platform's rules for pods do not allow programs that run as root.",
        "Add 'USER 1000' to the image's Dockerfile and build it again.",
    ),
    row(
        "pod-security",
        &["violates podsecurity"],
        ErrorCode::PodSecurity,
        "This platform's rules for pods do not allow it.",
        "Tell the administrator which rule it breaks: it is below.",
    ),
    row(
        "limit-range",
        &["maximum * usage per", "minimum * usage per", "limit to request ratio"],
        ErrorCode::Limits,
        "It asks for more or less than the platform allows.",
        "Change its requests and limits to what is allowed, which is below.",
    ),
    Row {
        outlook: Outlook::Temporary,
        ..row(
            "webhook-away",
            &["failed calling webhook", "failed to call webhook"],
            ErrorCode::AdmissionUnavailable,
            "A part of the cluster that has to approve each pod does not respond.",
            "Kubernetes tries again by itself. If that does not help, tell the administrator: the \
             name of the webhook is below.",
        )
    },
    row(
        "policy",
        &["denied the request", "denied request", "blocked due to the following policies"],
        ErrorCode::AdmissionDenied,
        "A policy of the cluster rejects its pods{policy}.",
        "Change what the policy asks for, or ask the administrator. What the policy says is below.",
    ),
    Row {
        outlook: Outlook::Temporary,
        ..row(
            "service-account",
            &["service account"],
            ErrorCode::FailedCreate,
            "The account of its pods is not in the cluster yet.",
            "If it persists, deploy it again.",
        )
    },
    row(
        "namespace-terminating",
        &["is being terminated"],
        ErrorCode::FailedCreate,
        "The project's namespace is being deleted.",
        "Wait until it is gone, and deploy it again.",
    ),
    row(
        "create-rejected",
        &["forbidden", "is invalid", "unsupported value", "no priorityclass"],
        ErrorCode::FailedCreate,
        "The cluster does not accept its pods.",
        "Tell the administrator. What the cluster says is below.",
    ),
    Row {
        outlook: Outlook::Temporary,
        ..row(
            "create-other",
            &[],
            ErrorCode::FailedCreate,
            "The cluster cannot create pods for it yet.",
            "Kubernetes tries again by itself. If that does not help, tell the administrator.",
        )
    },
];
