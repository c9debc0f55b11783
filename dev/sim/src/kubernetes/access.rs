//! Who may send which request: the bearer token, and the permissions that a test has denied.

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::json::{put, text};
use super::state::ClusterState;
use super::state::resources::Resource;

/// One verb on an object, or on a list if `name` is empty.
pub struct Permission<'a> {
    pub verb: &'a str,
    pub resource: &'a Resource,
    /// `log`, or empty for the object itself.
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// `pods/log`, or just `pods`.
fn with_subresource(plural: &str, subresource: &str) -> String {
    match subresource {
        "" => plural.to_owned(),
        subresource => format!("{plural}/{subresource}"),
    }
}

impl ClusterState {
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
        let given = given.and_then(|given| given.strip_prefix("Bearer "));
        match &self.options.token {
            Some(token) if given != Some(token) => Err(ApiError::unauthorized()),
            _ => Ok(()),
        }
    }

    /// `resource` is a plural name, with the subresource (`pods/log`).
    fn is_denied(&self, verb: &str, resource: &str, group: &str) -> bool {
        let resource = match group {
            "" => resource.to_owned(),
            group => format!("{resource}.{group}"),
        };
        self.denied_permissions.iter().any(|(denied_verb, denied)| {
            (denied_verb == "*" || denied_verb == verb) && (denied == "*" || *denied == resource)
        })
    }

    /// # Errors
    /// With the message of the real authorizer.
    pub fn authorize(&self, permission: &Permission<'_>) -> Result<(), ApiError> {
        let Permission { verb, resource, subresource, namespace, name } = *permission;
        let plural = with_subresource(resource.plural, subresource);
        if !self.is_denied(verb, &plural, resource.group) {
            return Ok(());
        }
        let scope = match namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let reason = format!(
            "User {:?} cannot {verb} resource {plural:?} in API group {:?} {scope}",
            self.options.user, resource.group
        );
        Err(ApiError::forbidden(resource, name, &reason))
    }

    /// The response to a SelfSubjectAccessReview.
    pub fn self_subject_access_review(&self, request: &Value) -> Value {
        let attribute = |name: &str| text(request, &format!("/spec/resourceAttributes/{name}"));
        let resource = with_subresource(attribute("resource"), attribute("subresource"));
        let is_denied = self.is_denied(attribute("verb"), &resource, attribute("group"));
        let mut review = request.clone();
        put(&mut review, "/status/allowed", !is_denied);
        review
    }

    /// The response to a SelfSubjectReview.
    pub fn self_subject_review(&self) -> Value {
        json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
            "status": {"userInfo": {"username": self.options.user}},
        })
    }
}
