//! Errors of the API server, and messages that say what to change.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>

use crate::manifest::Manifest;
use http::StatusCode;
use kube_core::response::{Status, StatusCause};
use nokube_domain::deployments::ObjectError;

/// Messages are stored and shown, and an admission webhook may send one of any length.
const MAX_MESSAGE_CHARS: usize = 1_000;
const MAX_CAUSES: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The object, its namespace or its kind does not exist.
    NotFound,
    /// The object was changed since it was read.
    VersionConflict,
    /// The namespace is being deleted; later a new one can be created.
    NamespaceTerminating,
    /// The object itself is still being deleted.
    ObjectTerminating,
    /// Too many requests, or the API server or a service behind it fails. In seconds: when to retry.
    Unavailable(u32),
    /// The token is invalid or expired.
    Unauthenticated,
    /// The platform lacks a permission; the API server's message says which.
    MissingPermission(String),
    /// The request is invalid or not admitted; the same request would fail again. `field` is the field
    /// of the user's request that is to be changed.
    Rejected { field: Option<&'static str>, detail: String },
}

impl ApiError {
    /// `None` for a successful response.
    pub fn from_response(response: &http::Response<Vec<u8>>) -> Option<Self> {
        if response.status().is_success() {
            return None;
        }
        let mut status: Status = serde_json::from_slice(response.body()).unwrap_or_default();
        status.message = truncate(&status.message);
        if let Some(details) = &mut status.details {
            details.causes.truncate(MAX_CAUSES);
            for cause in &mut details.causes {
                cause.message = truncate(&cause.message);
            }
        }
        Some(Self::from_status(response.status().as_u16(), &status))
    }

    fn from_status(code: u16, status: &Status) -> Self {
        let causes = status.details.as_ref().map(|d| d.causes.as_slice()).unwrap_or_default();
        let message = status.message.as_str();
        let retry_after = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
        match code {
            401 => Self::Unauthenticated,
            403 if causes.iter().any(|cause| cause.reason == "NamespaceTerminating") => {
                Self::NamespaceTerminating
            }
            403 => forbidden(message),
            404 => Self::NotFound,
            409 if causes.is_empty() && is_version_conflict(message) => Self::VersionConflict,
            409 if message.contains("being deleted") => Self::ObjectTerminating,
            409 => apply_conflict(causes, message),
            422 => invalid(causes, message),
            // The manifest does not match its schema. A retry would fail in the same way.
            500 if ["failed to create typed patch object", "failed to convert new object"]
                .iter()
                .any(|text| message.contains(text)) =>
            {
                Self::Rejected {
                    field: None,
                    detail: format!("{message}. This is a bug in NoKube."),
                }
            }
            429 | 500 | 502 | 503 | 504 => Self::Unavailable(retry_after.max(1)),
            _ => Self::Rejected { field: None, detail: quote(message, code) },
        }
    }

    /// The error of a pod's log. Its response is a stream, so only the status is known.
    pub fn from_log_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 => Self::NotFound,
            // The container has not started, or has no previous instance.
            400 => Self::Rejected { field: None, detail: "There is no log of it yet.".into() },
            401 => Self::Unauthenticated,
            403 => Self::MissingPermission("it may not read the logs of pods".into()),
            _ => Self::Unavailable(2),
        }
    }

    /// Whether a container has two ports with the same name: ours, and one that somebody else has added.
    pub fn is_duplicate_port(&self) -> bool {
        matches!(self, Self::Rejected { detail, .. }
            if detail.contains(".ports[") && detail.contains("].name: Duplicate value"))
    }

    /// The error of this manifest, for users.
    pub fn object_error(&self, manifest: &Manifest) -> ObjectError {
        let (field, detail) = match self {
            Self::Rejected { field, detail } => (*field, detail.clone()),
            other => (None, other.message()),
        };
        ObjectError {
            kind: manifest.kind.name().into(),
            name: manifest.name.clone(),
            field: field.map(Into::into),
            detail,
        }
    }

    /// A sentence for users.
    pub fn message(&self) -> String {
        match self {
            Self::NotFound => "The cluster does not have it.".into(),
            Self::VersionConflict => "Somebody else is changing it at the same time.".into(),
            Self::NamespaceTerminating => {
                "The project's namespace is still being deleted. Try again in a minute.".into()
            }
            Self::ObjectTerminating => {
                "What it had before is still being removed. Try again in a moment.".into()
            }
            Self::Unavailable(_) => {
                "The cluster is too busy to answer. Try again in a moment.".into()
            }
            Self::Unauthenticated => "The cluster does not accept the platform's token. Its \
                                      administrator finds more under /ready."
                .into(),
            Self::MissingPermission(_) => "The platform lacks a permission in the cluster. Its \
                                           administrator finds which one under /ready, and in the log."
                .into(),
            Self::Rejected { detail, .. } => detail.clone(),
        }
    }
}

fn truncate(message: &str) -> String {
    message.chars().take(MAX_MESSAGE_CHARS).collect()
}

/// The API server's own message, for errors without a message here.
fn quote(message: &str, code: u16) -> String {
    match message {
        "" => format!("The cluster answered with status {code}."),
        message => format!("The cluster says: {}", message.trim()),
    }
}

/// Whether the object's resource version or uid is not the one in the request.
fn is_version_conflict(message: &str) -> bool {
    ["has been modified", "Precondition failed", "in the precondition"]
        .iter()
        .any(|text| message.contains(text))
}

fn forbidden(message: &str) -> ApiError {
    let rejected = |field, detail: String| ApiError::Rejected { field: Some(field), detail };
    if let Some((_, quota)) = message.split_once("exceeded quota: ") {
        let field = if quota.contains("storage") || quota.contains("persistentvolumeclaims") {
            "storage_size"
        } else if quota.contains("memory") {
            "memory_request"
        } else {
            "replicas"
        };
        return rejected(
            field,
            format!(
                "The project's quota does not allow it ({quota}). Ask for less, stop another \
                 service, or ask the administrator for more."
            ),
        );
    }
    if message.contains("violates PodSecurity") {
        let detail = format!(
            "The image breaks this platform's rules for pods: {message}. Build it to run as a user \
             other than root (USER 1000 in its Dockerfile)."
        );
        return rejected("image_name", detail);
    }
    if message.contains("pvc can be resized") {
        let detail = "The volume cannot grow: its storage class does not allow it. Ask for the size that it \
                      has.";
        return rejected("storage_size", detail.into());
    }
    if message.contains("storage usage per PersistentVolumeClaim") {
        return rejected("storage_size", quote(message, 403));
    }
    // RBAC's own message; admission plugins and webhooks have others.
    let names_resource = message.contains("resource \"") || message.contains("path \"");
    if message.contains(" cannot ") && names_resource || message.contains("grant RBAC permissions")
    {
        return ApiError::MissingPermission(message.to_owned());
    }
    ApiError::Rejected { field: None, detail: quote(message, 403) }
}

fn apply_conflict(causes: &[StatusCause], message: &str) -> ApiError {
    let conflicts: Vec<_> =
        causes.iter().filter(|cause| cause.reason == "FieldManagerConflict").collect();
    if conflicts.is_empty() {
        return ApiError::Rejected { field: None, detail: quote(message, 409) };
    }
    let fields: Vec<_> = conflicts
        .iter()
        .map(|cause| {
            format!("{} ({})", cause.field, cause.message.replace("conflict with ", "by "))
        })
        .collect();
    let detail = format!(
        "Somebody else has set {}. Ask them to remove that, or delete the object.",
        fields.join(", ")
    );
    ApiError::Rejected { field: None, detail }
}

fn invalid(causes: &[StatusCause], message: &str) -> ApiError {
    let first = causes.first();
    let field = first.and_then(|cause| match request_field(&cause.field) {
        // For requests only the message says whether it is about CPU or memory.
        Some("memory_request") if cause.message.contains("cpu limit") => Some("cpu_request"),
        field => field,
    });
    if causes.iter().any(is_volume_shrink) {
        let detail = "A volume can grow, once it is in use, but not shrink. Ask for at least the \
                      size that it has.";
        return ApiError::Rejected { field: Some("storage_size"), detail: detail.into() };
    }
    let details: Vec<_> =
        causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    let detail = if details.is_empty() { quote(message, 422) } else { details.join("; ") };
    ApiError::Rejected { field, detail }
}

/// Whether the cause is a smaller size of a volume. If no pod has used the volume yet, the API server rejects
/// it with a diff of the two specs.
fn is_volume_shrink(cause: &StatusCause) -> bool {
    let is_smaller =
        cause.field.starts_with("spec.resources.requests") && cause.message.contains("less than");
    let is_diff_of_size = cause.message.contains("spec is immutable after creation except")
        && cause.message.contains("\n+   \"storage\":");
    is_smaller || is_diff_of_size
}

/// The field of the user's request that a field of an object comes from.
fn request_field(field: &str) -> Option<&'static str> {
    const FIELDS: &[(&str, &str)] = &[
        (".resources.requests[cpu]", "cpu_request"),
        (".resources.requests[memory]", "memory_request"),
        (".resources.limits[cpu]", "cpu_limit"),
        (".resources.limits[memory]", "memory_limit"),
        (".resources.requests.storage", "storage_size"),
        ("spec.resources.requests[storage]", "storage_size"),
        (".resources.requests", "memory_request"),
        (".resources.limits", "memory_limit"),
        (".livenessProbe", "liveness_check_path"),
        (".readinessProbe", "readiness_check_path"),
        (".startupProbe", "liveness_check_path"),
        (".volumeMounts", "storage_path"),
        (".command", "command"),
        (".args", "args"),
        (".image", "image_name"),
        (".ports", "container_port"),
        ("spec.ports", "service_port"),
        (".backendRefs", "service_port"),
        (".matches", "custom_path"),
        ("spec.rules", "custom_domain"),
        ("spec.hostnames", "custom_domain"),
        ("spec.replicas", "replicas"),
        ("spec.minReplicas", "min_replicas"),
        ("spec.maxReplicas", "max_replicas"),
        ("spec.metrics", "target_cpu_percent"),
        ("data", "env_vars"),
        ("metadata.name", "service_name"),
    ];
    // A path with a leading dot may be anywhere in a pod template, others only at the start of `field`.
    let matches = |part: &str| match part.strip_prefix('.') {
        Some(_) => field.contains(part) && !field.starts_with("spec.ports"),
        None => field
            .strip_prefix(part)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])),
    };
    FIELDS.iter().find(|(part, _)| matches(part)).map(|(_, request_field)| *request_field)
}

/// The texts of `Warning` headers, which the API server sends as `299 - "text"`. A proxy may have joined
/// several of them with commas.
/// <https://www.rfc-editor.org/rfc/rfc7234#section-5.5>
pub fn warnings(headers: &http::HeaderMap) -> Vec<String> {
    let mut warnings = Vec::new();
    for value in headers.get_all("warning") {
        // The text may be other than ASCII.
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut rest = value.trim_start();
        while let Some((_, quoted)) = rest.strip_prefix("299 ").and_then(|r| r.split_once('"')) {
            let Some((text, after)) = unquote(quoted) else { break };
            warnings.push(text);
            // A date may follow the text; it is skipped.
            rest = after.split_once(',').map(|(_, next)| next.trim_start()).unwrap_or_default();
        }
    }
    warnings
}

/// Reads a quoted string up to its closing quote: the text without escapes, and the rest.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((text, chars.as_str())),
            '\\' => text.push(chars.next()?),
            other => text.push(other),
        }
    }
}
