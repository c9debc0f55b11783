//! Errors with the API server's own messages, which responses carry as `Status` objects.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::json::put;
use super::state::resources::Resource;
use super::typed::managed_fields::Conflict;

/// The reason of an error whose body is plain text instead of a `Status`.
const PLAIN_TEXT: &str = "plain text";

#[derive(Debug, Clone)]
pub struct ApiError {
    /// The HTTP status code.
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
}

/// An invalid field: an item of `details.causes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCause {
    pub reason: &'static str,
    pub message: String,
    pub field: String,
}

impl StatusCause {
    pub fn invalid(field: &str, value: &Value, detail: &str) -> Self {
        let message = format!("Invalid value: {}: {detail}", format_value(value));
        Self { reason: "FieldValueInvalid", message, field: field.to_owned() }
    }

    /// Like [`Self::invalid`], with the value in another format. An empty `value` is left out.
    pub fn invalid_formatted(field: &str, value: &str, detail: &str) -> Self {
        let value = if value.is_empty() { String::new() } else { format!("{value}: ") };
        let message = format!("Invalid value: {value}{detail}");
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
        let message = format!("Duplicate value: {}", format_value(value));
        Self { reason: "FieldValueDuplicate", message, field: field.to_owned() }
    }

    pub fn not_found(field: &str, value: &Value) -> Self {
        let message = format!("Not found: {}", format_value(value));
        Self { reason: "FieldValueNotFound", message, field: field.to_owned() }
    }

    pub fn not_supported(field: &str, value: &Value, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|one| format!("{one:?}")).collect();
        let message = format!(
            "Unsupported value: {}: supported values: {}",
            format_value(value),
            supported.join(", ")
        );
        Self { reason: "FieldValueNotSupported", message, field: field.to_owned() }
    }

    pub fn too_long(field: &str, max_bytes: usize) -> Self {
        let message = format!("Too long: may not be more than {max_bytes} bytes");
        Self { reason: "FieldValueTooLong", message, field: field.to_owned() }
    }
}

/// Formats a value as messages do.
fn format_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

impl ApiError {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, details: Value::Null }
    }

    fn with_details(mut self, resource: &Resource, name: &str) -> Self {
        self.details = details(name, resource.group, resource.plural);
        self
    }

    fn with_empty_details(mut self) -> Self {
        self.details = json!({});
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized".to_owned())
    }

    /// An unknown path. The real server responds with plain text; the message "the server could not
    /// find the requested resource" comes from the clients.
    pub fn no_such_path() -> Self {
        Self::new(404, PLAIN_TEXT, "404 page not found".to_owned())
    }

    /// An unknown resource in a group that is served.
    pub fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        Self::new(404, "NotFound", message).with_empty_details()
    }

    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} not found", resource.plural_and_group());
        Self::new(404, "NotFound", message).with_details(resource, name)
    }

    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", resource.plural_and_group());
        Self::new(409, "AlreadyExists", message).with_details(resource, name)
    }

    pub fn conflict(resource: &Resource, name: &str, reason: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {reason}",
            resource.plural_and_group()
        );
        Self::new(409, "Conflict", message).with_details(resource, name)
    }

    pub fn forbidden(resource: &Resource, name: &str, reason: &str) -> Self {
        let message = match name {
            "" => format!("{} is forbidden: {reason}", resource.plural_and_group()),
            name => format!("{} {name:?} is forbidden: {reason}", resource.plural_and_group()),
        };
        Self::new(403, "Forbidden", message).with_details(resource, name)
    }

    /// A ValidatingAdmissionPolicy denies the request.
    pub fn denied_by_policy(
        resource: &Resource,
        name: &str,
        policy: &str,
        policy_message: &str,
    ) -> Self {
        let reason = format!(
            "ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: {policy_message}"
        );
        let message = format!("{} {name:?} is forbidden: {reason}", resource.plural_and_group());
        Self::new(422, "Invalid", message).with_details(resource, name)
    }

    pub fn namespace_terminating(resource: &Resource, name: &str, namespace: &str) -> Self {
        let reason = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let mut error = Self::forbidden(resource, name, &reason);
        put(
            &mut error.details,
            "/causes",
            json!([{
                "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"),
                "field": "metadata.namespace",
            }]),
        );
        error
    }

    /// A non-resource URL that the user may not read.
    pub fn forbidden_path(user: &str, verb: &str, path: &str) -> Self {
        let message = format!("forbidden: User {user:?} cannot {verb} path {path:?}");
        Self::new(403, "Forbidden", message).with_empty_details()
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        Self::new(405, "MethodNotAllowed", message).with_empty_details()
    }

    pub fn unsupported_media_type() -> Self {
        let message = "415: Unsupported Media Type".to_owned();
        Self::new(415, "UnsupportedMediaType", message).with_empty_details()
    }

    /// The server cannot handle the request. It has no reason.
    pub fn internal(message: String) -> Self {
        Self::new(500, "", message)
    }

    pub fn invalid(group: &str, kind: &str, name: &str, causes: &[StatusCause]) -> Self {
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut messages: Vec<String> = Vec::new();
        for cause in causes {
            let text = format!("{}: {}", cause.field, cause.message);
            if !messages.contains(&text) {
                messages.push(text);
            }
        }
        let message = match messages.as_slice() {
            [only] => only.clone(),
            _ => format!("[{}]", messages.join(", ")),
        };
        let message = format!("{qualified} {name:?} is invalid: {message}");
        let mut error = Self::new(422, "Invalid", message);
        error.details = details(name, group, kind);
        put(&mut error.details, "/causes", causes
            .iter()
            .map(|cause| {
                json!({"reason": cause.reason, "message": cause.message, "field": cause.field})
            })
            .collect::<Value>());
        error
    }

    pub fn apply_conflict(conflicts: &[Conflict]) -> Self {
        let message = match conflicts {
            [only] => {
                format!(
                    "Apply failed with 1 conflict: conflict with {}: {}",
                    only.manager, only.path
                )
            }
            many => {
                let mut managers: Vec<&str> =
                    many.iter().map(|conflict| conflict.manager.as_str()).collect();
                managers.sort_unstable();
                managers.dedup();
                let mut lines = Vec::new();
                for manager in managers {
                    lines.push(format!("conflicts with {manager}:"));
                    let own = many.iter().filter(|conflict| conflict.manager == manager);
                    lines.extend(own.map(|conflict| format!("- {}", conflict.path)));
                }
                format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
            }
        };
        let mut error = Self::new(409, "Conflict", message);
        let causes = conflicts.iter().map(|conflict| {
            json!({
                "reason": "FieldManagerConflict",
                "message": format!("conflict with {}", conflict.manager),
                "field": conflict.path,
            })
        });
        error.details = json!({"causes": causes.collect::<Vec<_>>()});
        error
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

/// The `details` of a `Status`, without empty fields.
pub fn details(name: &str, group: &str, kind: &str) -> Value {
    let mut details = json!({});
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            put(&mut details, &format!("/{key}"), json!(value));
        }
    }
    details
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.reason == PLAIN_TEXT {
            let code = StatusCode::from_u16(self.code).unwrap_or(StatusCode::NOT_FOUND);
            return (code, format!("{}\n", self.message)).into_response();
        }
        json_response(self.code, &self.body())
    }
}

/// A JSON response with the server's headers.
pub fn json_response(code: u16, body: &Value) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private")),
    ];
    (code, headers, format!("{body}\n")).into_response()
}
