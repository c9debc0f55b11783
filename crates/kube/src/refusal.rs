//! Why the API server refused, in words that say what to change.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>

use crate::manifest::Manifest;
use kube_core::response::{Status, StatusCause};
use nokube_domain::deploy::ObjectFault;

/// The most that is read of a sentence, in characters, and of causes.
const LONGEST: usize = 1_000;
const CAUSES: usize = 20;

/// What kind of refusal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The object is not there (or its namespace, or its kind).
    NotFound,
    /// It was changed since it was read.
    Changed,
    /// The namespace is being deleted; in a while there can be a new one.
    Terminating,
    /// The object itself is still being deleted.
    Leaving,
    /// Too many requests, or something behind the API server is away: seconds to wait.
    Busy(u32),
    /// Our token is not taken.
    Unauthenticated,
    /// We lack a right; the API server's sentence says which.
    NoRight(String),
    /// The request itself cannot be carried out, however often it is sent.
    Fault { field: Option<&'static str>, detail: String },
}

impl Refusal {
    /// Reads an answer that is no success; `None` for a success.
    pub fn of(answer: &http::Response<Vec<u8>>) -> Option<Self> {
        let code = answer.status().as_u16();
        if answer.status().is_success() {
            return None;
        }
        let mut status: Status = serde_json::from_slice(answer.body()).unwrap_or_default();
        // A webhook may say as much as it likes; what it says is kept and shown.
        status.message = status.message.chars().take(LONGEST).collect();
        let causes = status.details.iter_mut().flat_map(|details| details.causes.iter_mut());
        causes.take(CAUSES).for_each(|cause| {
            cause.message = cause.message.chars().take(LONGEST).collect();
        });
        if let Some(details) = &mut status.details {
            details.causes.truncate(CAUSES);
        }
        Some(Self::read(code, &status))
    }

    fn read(code: u16, status: &Status) -> Self {
        let causes = status.details.as_ref().map(|d| d.causes.as_slice()).unwrap_or_default();
        let message = status.message.as_str();
        let wait = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
        match code {
            401 => Self::Unauthenticated,
            403 if causes.iter().any(|cause| cause.reason == "NamespaceTerminating") => {
                Self::Terminating
            }
            403 => forbidden(message),
            404 => Self::NotFound,
            409 if causes.is_empty() && is_changed(message) => Self::Changed,
            409 if message.contains("being deleted") => Self::Leaving,
            409 => conflict(causes, message),
            422 => invalid(causes, message),
            // An object that the API server cannot read is our fault and will be so again.
            500 if ["failed to create typed patch object", "failed to convert new object"]
                .iter()
                .any(|text| message.contains(text)) =>
            {
                Self::Fault {
                    field: None,
                    detail: format!("{message}. This is a fault of NoKube."),
                }
            }
            429 | 500 | 502 | 503 | 504 => Self::Busy(wait.max(1)),
            _ => Self::Fault { field: None, detail: shown(message, code) },
        }
    }

    /// For people, about `manifest`.
    pub fn fault(&self, manifest: &Manifest) -> ObjectFault {
        let (field, detail) = match self {
            Self::Fault { field, detail } => (*field, detail.clone()),
            other => (None, other.sentence()),
        };
        ObjectFault {
            kind: manifest.kind.name().into(),
            name: manifest.name.clone(),
            field: field.map(Into::into),
            detail,
        }
    }

    /// For people, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotFound => "The cluster does not know it.".into(),
            Self::Changed => "It is being changed by somebody else at the same time.".into(),
            Self::Terminating => "The project's namespace is still being deleted. Try again in a \
                 minute."
                .into(),
            Self::Leaving => {
                "What it had before is still being removed. Try again in a moment.".into()
            }
            Self::Busy(_) => "The cluster is too busy to answer. Try again in a moment.".into(),
            Self::Unauthenticated => "The cluster does not take the platform's token. Its \
                 administrator finds more under /ready."
                .into(),
            Self::NoRight(_) => {
                "The platform lacks a right in the cluster. Its administrator finds \
                 which one under /ready, and in the log."
                    .into()
            }
            Self::Fault { detail, .. } => detail.clone(),
        }
    }
}

/// What the API server said, for what we know no better words for.
fn shown(message: &str, code: u16) -> String {
    match message {
        "" => format!("The cluster answered with status {code}."),
        message => format!("The cluster says: {}", message.trim()),
    }
}

/// Another version than the one that was read, or another object under its name?
fn is_changed(message: &str) -> bool {
    ["has been modified", "Precondition failed", "in the precondition"]
        .iter()
        .any(|text| message.contains(text))
}

fn forbidden(message: &str) -> Refusal {
    let fault = |field, detail: String| Refusal::Fault { field: Some(field), detail };
    if let Some((_, quota)) = message.split_once("exceeded quota: ") {
        let field = if quota.contains("storage") || quota.contains("persistentvolumeclaims") {
            "storage_size"
        } else if quota.contains("memory") {
            "memory_request"
        } else {
            "replicas"
        };
        return fault(
            field,
            format!(
                "The project's quota does not allow it ({quota}). Ask for less, stop another \
                 service, or ask the administrator for more."
            ),
        );
    }
    if message.contains("violates PodSecurity") {
        let detail = format!(
            "The image is set up in a way that this platform does not let run: {message}. Build it \
             to run as a user other than root (USER 1000 in its Dockerfile)."
        );
        return fault("image_name", detail);
    }
    if message.contains("storage usage per PersistentVolumeClaim") {
        return fault("storage_size", shown(message, 403));
    }
    // RBAC's own sentence; admission plugins and webhooks have others.
    let asked = message.contains("resource \"") || message.contains("path \"");
    if message.contains(" cannot ") && asked || message.contains("grant RBAC permissions") {
        return Refusal::NoRight(message.to_owned());
    }
    Refusal::Fault { field: None, detail: shown(message, 403) }
}

fn conflict(causes: &[StatusCause], message: &str) -> Refusal {
    let owned: Vec<_> =
        causes.iter().filter(|cause| cause.reason == "FieldManagerConflict").collect();
    if owned.is_empty() {
        return Refusal::Fault { field: None, detail: shown(message, 409) };
    }
    let owned: Vec<_> = owned
        .iter()
        .map(|cause| {
            format!("{} ({})", cause.field, cause.message.replace("conflict with ", "by "))
        })
        .collect();
    let detail = format!(
        "Somebody else has set {}. Have them let go of it, or remove the object.",
        owned.join(", ")
    );
    Refusal::Fault { field: None, detail }
}

fn invalid(causes: &[StatusCause], message: &str) -> Refusal {
    let first = causes.first();
    let field = first.and_then(|cause| match request_field(&cause.field) {
        // Of both amounts one is meant, which only the message says.
        Some("memory_request") if cause.message.contains("cpu limit") => Some("cpu_request"),
        field => field,
    });
    if causes.iter().any(shrinks) {
        let detail = "A volume can grow, once it is in use, but not shrink. Ask for at least the \
                      size that it has.";
        return Refusal::Fault { field: Some("storage_size"), detail: detail.into() };
    }
    let all: Vec<_> =
        causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    let detail = if all.is_empty() { shown(message, 422) } else { all.join("; ") };
    Refusal::Fault { field, detail }
}

/// Is it about the size of a volume? For one that is not in use yet, the API server says so in a
/// comparison of the two.
fn shrinks(cause: &StatusCause) -> bool {
    let of_size =
        cause.field.starts_with("spec.resources.requests") && cause.message.contains("less than");
    let compared = cause.message.contains("spec is immutable after creation except")
        && cause.message.contains("\n+   \"storage\":");
    of_size || compared
}

/// The field of the request that a field of an object was made of.
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
    // Those that begin with a dot stand anywhere in a pod's template; the others at the beginning.
    let is_part = |part: &str| match part.strip_prefix('.') {
        Some(_) => field.contains(part) && !field.starts_with("spec.ports"),
        None => field
            .strip_prefix(part)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])),
    };
    FIELDS.iter().find(|(part, _)| is_part(part)).map(|(_, ours)| *ours)
}

/// The texts of `Warning` headers, as the API server sends them (`299 - "text"`); a proxy may have
/// joined several of them by commas.
/// <https://www.rfc-editor.org/rfc/rfc7234#section-5.5>
pub fn warnings(headers: &http::HeaderMap) -> Vec<String> {
    let mut warnings = Vec::new();
    for value in headers.get_all("warning") {
        // The text may be in any language.
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut rest = value.trim_start();
        while let Some((_, quoted)) = rest.strip_prefix("299 ").and_then(|r| r.split_once('"')) {
            let Some((text, after)) = unquoted(quoted) else { break };
            warnings.push(text);
            // A date may follow the text.
            rest = after.split_once(',').map(|(_, next)| next.trim_start()).unwrap_or_default();
        }
    }
    warnings
}

/// The text up to the quote that ends it, without its backslashes, and what comes after.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
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
