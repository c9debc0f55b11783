//! Errors with the API server's own messages, which responses carry as `Status` objects.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::json::put;
use super::state::resources::Resource;

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

impl ApiError {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, details: json!({}) }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        for (key, value) in [("name", name), ("group", resource.group), ("kind", resource.plural)] {
            if !value.is_empty() {
                put(&mut self.details, &format!("/{key}"), value);
            }
        }
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized".to_owned())
    }

    /// An unknown path. The real server responds with plain text.
    pub fn no_such_path() -> Self {
        Self::new(404, PLAIN_TEXT, "404 page not found".to_owned())
    }

    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} not found", resource.plural_and_group());
        Self::new(404, "NotFound", message).about(resource, name)
    }

    pub fn conflict(resource: &Resource, name: &str, reason: &str) -> Self {
        let plural = resource.plural_and_group();
        let message = format!("Operation cannot be fulfilled on {plural} {name:?}: {reason}");
        Self::new(409, "Conflict", message).about(resource, name)
    }

    /// A precondition of a deletion is not met. Unlike other errors, this one names the kind.
    pub fn precondition_failed(resource: &Resource, name: &str, reason: &str) -> Self {
        let kind = match resource.group {
            "" => resource.kind.to_owned(),
            group => format!("{}.{group}", resource.kind),
        };
        let message = format!("Operation cannot be fulfilled on {kind} {name:?}: {reason}");
        let mut error = Self::new(409, "Conflict", message).about(resource, name);
        put(&mut error.details, "/kind", resource.kind);
        error
    }

    pub fn forbidden(resource: &Resource, name: &str, reason: &str) -> Self {
        let plural = resource.plural_and_group();
        let message = match name {
            "" => format!("{plural} is forbidden: {reason}"),
            name => format!("{plural} {name:?} is forbidden: {reason}"),
        };
        Self::new(403, "Forbidden", message).about(resource, name)
    }

    /// A ValidatingAdmissionPolicy of the operator's files denies an object.
    pub fn denied_by_policy(resource: &Resource, name: &str) -> Self {
        let (policy, reason) = match resource.plural {
            "namespaces" => (
                "nokube-deployer",
                "writes in its own namespaces nk-… only (and tries in nokube-preview).",
            ),
            "services" => (
                "nokube-deployer-network",
                "makes services inside the cluster only, for the pods of their deployment.",
            ),
            _ => (
                "nokube-deployer-pods",
                "makes budgets that allow one eviction at a time, of one deployment.",
            ),
        };
        let plural = resource.plural_and_group();
        let message = format!(
            "{plural} {name:?} is forbidden: ValidatingAdmissionPolicy '{policy}' with binding \
             '{policy}' denied request: NoKube's deployer {reason}"
        );
        Self::new(422, "Invalid", message).about(resource, name)
    }

    pub fn field_is_immutable(resource: &Resource, name: &str, field: &str) -> Self {
        let kind = match resource.group {
            "" => resource.kind.to_owned(),
            group => format!("{}.{group}", resource.kind),
        };
        let message =
            format!("{kind} {name:?} is invalid: {field}: Invalid value: field is immutable");
        let mut error = Self::new(422, "Invalid", message).about(resource, name);
        put(&mut error.details, "/kind", resource.kind);
        let cause = json!({
            "reason": "FieldValueInvalid", "message": "Invalid value: field is immutable",
            "field": field,
        });
        put(&mut error.details, "/causes", json!([cause]));
        error
    }

    pub fn namespace_terminating(resource: &Resource, name: &str, namespace: &str) -> Self {
        let reason = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let mut error = Self::forbidden(resource, name, &reason);
        let cause = json!({
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        });
        put(&mut error.details, "/causes", json!([cause]));
        error
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        Self::new(405, "MethodNotAllowed", message)
    }

    /// The real server could do it.
    pub fn not_simulated(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("{what} is not simulated"))
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if self.reason != "Unauthorized" && self.reason != "BadRequest" {
            put(&mut body, "/details", self.details.clone());
        }
        body
    }
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
