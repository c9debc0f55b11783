//! Refusals as the API server words them: a `Status` object.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::json::put;
use super::resources::Resource;
use super::typed::managers::Conflict;

/// Marks a refusal that is no `Status` but a line of text.
const PLAIN: &str = "plain text";

/// An answer that is not the object asked for.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
}

/// A field that is not valid: `details.causes[]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub reason: &'static str,
    pub message: String,
    pub field: String,
}

impl Cause {
    /// A value that is wrong.
    pub fn invalid(field: &str, value: &Value, detail: &str) -> Self {
        let message = format!("Invalid value: {}: {detail}", shown(value));
        Self { reason: "FieldValueInvalid", message, field: field.to_owned() }
    }

    /// A rule that is broken by a value, which is not shown, or shown in another form.
    pub fn broken(field: &str, shown: &str, rule: &str) -> Self {
        let shown = if shown.is_empty() { String::new() } else { format!("{shown}: ") };
        let message = format!("Invalid value: {shown}{rule}");
        Self { reason: "FieldValueInvalid", message, field: field.to_owned() }
    }

    pub fn required(field: &str, detail: &str) -> Self {
        let message = match detail {
            "" => "Required value".to_owned(),
            detail => format!("Required value: {detail}"),
        };
        Self { reason: "FieldValueRequired", message, field: field.to_owned() }
    }

    pub fn forbidden(field: &str, detail: &str) -> Self {
        let message = format!("Forbidden: {detail}");
        Self { reason: "FieldValueForbidden", message, field: field.to_owned() }
    }

    pub fn duplicate(field: &str, value: &Value) -> Self {
        let message = format!("Duplicate value: {}", shown(value));
        Self { reason: "FieldValueDuplicate", message, field: field.to_owned() }
    }

    pub fn not_found(field: &str, value: &Value) -> Self {
        let message = format!("Not found: {}", shown(value));
        Self { reason: "FieldValueNotFound", message, field: field.to_owned() }
    }

    pub fn not_supported(field: &str, value: &Value, supported: &[&str]) -> Self {
        let known: Vec<String> = supported.iter().map(|one| format!("{one:?}")).collect();
        let message =
            format!("Unsupported value: {}: supported values: {}", shown(value), known.join(", "));
        Self { reason: "FieldValueNotSupported", message, field: field.to_owned() }
    }

    pub fn too_long(field: &str, most: usize) -> Self {
        let message = format!("Too long: may not be more than {most} bytes");
        Self { reason: "FieldValueTooLong", message, field: field.to_owned() }
    }
}

/// A value as messages show it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, details: Value::Null }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        self.details = details(name, resource.group, resource.plural);
        self
    }

    /// They are there and empty.
    fn without_details(mut self) -> Self {
        self.details = json!({});
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized".to_owned())
    }

    /// A path that leads nowhere. The real server answers it in plain text: what clients say of
    /// it ("the server could not find the requested resource") are their own words.
    pub fn no_such_path() -> Self {
        Self::new(404, PLAIN, "404 page not found".to_owned())
    }

    /// A path in a group that is served, which leads to none of its kinds.
    pub fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        Self::new(404, "NotFound", message).without_details()
    }

    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} not found", resource.qualified());
        Self::new(404, "NotFound", message).about(resource, name)
    }

    pub fn exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", resource.qualified());
        Self::new(409, "AlreadyExists", message).about(resource, name)
    }

    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified());
        Self::new(409, "Conflict", message).about(resource, name)
    }

    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let message = match name {
            "" => format!("{} is forbidden: {why}", resource.qualified()),
            name => format!("{} {name:?} is forbidden: {why}", resource.qualified()),
        };
        Self::new(403, "Forbidden", message).about(resource, name)
    }

    /// A ValidatingAdmissionPolicy says no.
    pub fn policy(resource: &Resource, name: &str, policy: &str, says: &str) -> Self {
        let why = format!(
            "ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: {says}"
        );
        let message = format!("{} {name:?} is forbidden: {why}", resource.qualified());
        Self::new(422, "Invalid", message).about(resource, name)
    }

    /// The namespace is on its way out.
    pub fn terminating(resource: &Resource, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let mut refusal = Self::forbidden(resource, name, &why);
        put(
            &mut refusal.details,
            "/causes",
            json!([{
                "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"),
                "field": "metadata.namespace",
            }]),
        );
        refusal
    }

    /// Of a path that is no object's.
    pub fn forbidden_path(user: &str, verb: &str, path: &str) -> Self {
        let message = format!("forbidden: User {user:?} cannot {verb} path {path:?}");
        Self::new(403, "Forbidden", message).without_details()
    }

    pub fn method() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        Self::new(405, "MethodNotAllowed", message).without_details()
    }

    pub fn media_type() -> Self {
        let message = "415: Unsupported Media Type".to_owned();
        Self::new(415, "UnsupportedMediaType", message).without_details()
    }

    /// An error that the server did not expect: it has no reason.
    pub fn unexpected(message: String) -> Self {
        Self::new(500, "", message)
    }

    pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut each: Vec<String> = Vec::new();
        for cause in causes {
            let text = format!("{}: {}", cause.field, cause.message);
            if !each.contains(&text) {
                each.push(text);
            }
        }
        let all = match each.as_slice() {
            [only] => only.clone(),
            _ => format!("[{}]", each.join(", ")),
        };
        let message = format!("{qualified} {name:?} is invalid: {all}");
        let mut refusal = Self::new(422, "Invalid", message);
        refusal.details = details(name, group, kind);
        put(&mut refusal.details, "/causes", causes
            .iter()
            .map(|cause| {
                json!({"reason": cause.reason, "message": cause.message, "field": cause.field})
            })
            .collect::<Value>());
        refusal
    }

    /// Fields that another manager owns.
    pub fn apply_conflict(conflicts: &[Conflict]) -> Self {
        let message = match conflicts {
            [only] => {
                format!(
                    "Apply failed with 1 conflict: conflict with {}: {}",
                    only.manager, only.path
                )
            }
            many => {
                let mut managers: Vec<&str> = many.iter().map(|one| one.manager.as_str()).collect();
                managers.sort_unstable();
                managers.dedup();
                let mut lines = Vec::new();
                for manager in managers {
                    lines.push(format!("conflicts with {manager}:"));
                    let own = many.iter().filter(|one| one.manager == manager);
                    lines.extend(own.map(|one| format!("- {}", one.path)));
                }
                format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
            }
        };
        let mut refusal = Self::new(409, "Conflict", message);
        let causes = conflicts.iter().map(|one| {
            json!({
                "reason": "FieldManagerConflict",
                "message": format!("conflict with {}", one.manager),
                "field": one.path,
            })
        });
        refusal.details = json!({"causes": causes.collect::<Vec<_>>()});
        refusal
    }

    pub fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            put(&mut body, "/reason", json!(self.reason));
        }
        if !self.details.is_null() {
            put(&mut body, "/details", self.details.clone());
        }
        body
    }
}

/// `details`, of which empty parts are left out.
pub fn details(name: &str, group: &str, kind: &str) -> Value {
    let mut details = json!({});
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            put(&mut details, &format!("/{key}"), json!(value));
        }
    }
    details
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.reason == PLAIN {
            let code = StatusCode::from_u16(self.code).unwrap_or(StatusCode::NOT_FOUND);
            return (code, format!("{}\n", self.message)).into_response();
        }
        reply(self.code, &self.body())
    }
}

/// JSON, as the server sends it.
pub fn reply(code: u16, body: &Value) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private")),
    ];
    (code, headers, format!("{body}\n")).into_response()
}
