//! Who asks, and whether they may.

use serde_json::{Value, json};

use super::json::{put, text};
use super::model::Model;
use super::resources::Resource;
use super::status::Refusal;

impl Model {
    /// Whether a right was taken away.
    pub fn is_denied(&self, verb: &str, resource: &str) -> bool {
        self.denied.iter().any(|(denied_verb, denied)| {
            (denied_verb == "*" || denied_verb == verb) && (denied == "*" || denied == resource)
        })
    }

    /// Refuses in the words of the real authorizer.
    pub fn may(
        &self,
        verb: &str,
        resource: &Resource,
        subresource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let slash = |text: String| match subresource {
            "" => text,
            subresource => {
                let (plural, group) = text.split_once('.').unwrap_or((&text, ""));
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                format!("{plural}/{subresource}{group}")
            }
        };
        if !self.is_denied(verb, &slash(resource.qualified())) {
            return Ok(());
        }
        let place = match namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let why = format!(
            "User {:?} cannot {verb} resource {:?} in API group {:?} {place}",
            self.user,
            slash(resource.plural.to_owned()),
            resource.group
        );
        Err(Refusal::forbidden(resource, name, &why))
    }

    /// The answer to a SelfSubjectReview: who the caller is.
    pub fn who(&self, asked: &Value) -> Value {
        let mut answer = asked.clone();
        answer["apiVersion"] = json!("authentication.k8s.io/v1");
        answer["kind"] = json!("SelfSubjectReview");
        answer["metadata"] = json!({"creationTimestamp": null});
        answer["status"] = json!({"userInfo": {
            "username": self.user,
            "groups": ["system:authenticated"],
        }});
        answer
    }

    /// The answer to a SelfSubjectAccessReview.
    pub fn review(&self, asked: &Value) -> Value {
        let attribute = |name: &str| text(asked, &format!("/spec/resourceAttributes/{name}"));
        let (plural, group) = (attribute("resource"), attribute("group"));
        let subresource = match attribute("subresource") {
            "" => String::new(),
            subresource => format!("/{subresource}"),
        };
        let group = if group.is_empty() { String::new() } else { format!(".{group}") };
        let allowed = !self.is_denied(attribute("verb"), &format!("{plural}{subresource}{group}"));
        let mut answer = asked.clone();
        put(&mut answer, "/apiVersion", json!("authorization.k8s.io/v1"));
        put(&mut answer, "/kind", json!("SelfSubjectAccessReview"));
        put(&mut answer, "/metadata", json!({"creationTimestamp": null}));
        put(&mut answer, "/status", json!({"allowed": allowed}));
        if allowed {
            put(
                &mut answer,
                "/status/reason",
                json!(format!(
                    "RBAC: allowed by ClusterRoleBinding \"simulation\" of ClusterRole \
                 \"cluster-admin\" to User {:?}",
                    self.user
                )),
            );
        }
        answer
    }
}
