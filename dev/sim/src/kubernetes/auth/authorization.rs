//! Authorizes requests, with the messages of the real authorizer.

use serde_json::{Value, json};

use super::authentication::Caller;
use super::rbac::Permission;
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{put, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::Resource;

/// Authorizes a request to a non-resource URL, such as discovery.
pub fn authorize_path(caller: &Caller, path: &str, verb: &str) -> Result<(), ApiError> {
    let first = path.trim_matches('/').split('/').next();
    let is_discovery = first.is_some_and(|first| ["api", "apis"].contains(&first));
    match caller.is_admin || (is_discovery && !caller.is_anonymous()) {
        true => Ok(()),
        false => Err(ApiError::forbidden_path(&caller.name, verb, path)),
    }
}

impl ClusterState {
    /// Whether the administrator was denied a verb on a resource.
    fn is_denied(&self, verb: &str, resource: &str) -> bool {
        self.denied_permissions.iter().any(|(denied_verb, denied)| {
            (denied_verb == "*" || denied_verb == verb) && (denied == "*" || denied == resource)
        })
    }

    /// Authorizes a request to an object, or to a list if `name` is empty.
    pub fn authorize(
        &self,
        caller: &Caller,
        verb: &str,
        resource: &Resource,
        subresource: &str,
        (namespace, name): (&str, &str),
    ) -> Result<(), ApiError> {
        let with_subresource = |resource: String| match subresource {
            "" => resource,
            subresource => {
                let (plural, group) = resource.split_once('.').unwrap_or((&resource, ""));
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                format!("{plural}/{subresource}{group}")
            }
        };
        let plural = with_subresource(resource.plural.to_owned());
        let permission = Permission { verb, group: resource.group, resource: &plural, name };
        let is_allowed = match caller.is_admin {
            true => !self.is_denied(verb, &with_subresource(resource.plural_and_group())),
            false => self.is_allowed_by_role(caller, namespace, &permission),
        };
        if is_allowed {
            return Ok(());
        }
        let scope = match namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let reason = format!(
            "User {:?} cannot {verb} resource {plural:?} in API group {:?} {scope}",
            caller.name, resource.group
        );
        Err(ApiError::forbidden(resource, name, &reason))
    }

    /// The response to a SelfSubjectAccessReview.
    pub fn self_subject_access_review(&self, caller: &Caller, request: &Value) -> Value {
        let attribute = |name: &str| text(request, &format!("/spec/resourceAttributes/{name}"));
        let (plural, group) = (attribute("resource"), attribute("group"));
        let subresource = match attribute("subresource") {
            "" => String::new(),
            subresource => format!("/{subresource}"),
        };
        let resource = format!("{plural}{subresource}");
        let verb = attribute("verb");
        let is_allowed = match (caller.is_admin, group) {
            (true, "") => !self.is_denied(verb, &resource),
            (true, group) => !self.is_denied(verb, &format!("{resource}.{group}")),
            (false, group) => {
                let name = attribute("name");
                let permission = Permission { verb, group, resource: &resource, name };
                self.is_allowed_by_role(caller, attribute("namespace"), &permission)
            }
        };
        let mut review = request.clone();
        put(&mut review, "/apiVersion", json!("authorization.k8s.io/v1"));
        put(&mut review, "/kind", json!("SelfSubjectAccessReview"));
        put(&mut review, "/metadata", json!({"creationTimestamp": null}));
        put(&mut review, "/status", json!({"allowed": is_allowed}));
        if is_allowed && caller.is_admin {
            put(
                &mut review,
                "/status/reason",
                json!(format!(
                    "RBAC: allowed by ClusterRoleBinding \"simulation\" of ClusterRole \
                 \"cluster-admin\" to User {:?}",
                    caller.name
                )),
            );
        }
        review
    }
}
