//! Who asks, and whether they may.

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use super::json::{put, text};
use super::model::Model;
use super::resources::Resource;
use super::rights::Right;
use super::status::Refusal;

const ANONYMOUS: &str = "system:anonymous";

/// Who asks.
pub struct Caller {
    pub name: String,
    pub groups: Vec<&'static str>,
    /// May do all that is not denied; others only what roles give them.
    pub is_powerful: bool,
}

impl Caller {
    pub fn is_anonymous(&self) -> bool {
        self.name == ANONYMOUS
    }

    /// Whether a path may be read that leads to no object.
    pub fn may_see(&self, path: &str, verb: &str) -> Result<(), Refusal> {
        let describes = path.trim_matches('/').split('/').next();
        let describes = describes.is_some_and(|first| ["api", "apis"].contains(&first));
        match self.is_powerful || (describes && !self.is_anonymous()) {
            true => Ok(()),
            false => Err(Refusal::forbidden_path(&self.name, verb, path)),
        }
    }

    /// The answer to a SelfSubjectReview: who the caller is.
    pub fn review(&self) -> Value {
        json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
            "metadata": {"creationTimestamp": null},
            "status": {"userInfo": {"username": self.name, "groups": self.groups}},
        })
    }
}

impl Model {
    /// Whose token it is. Without one it is nobody, who may do nothing.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
        let token = given.and_then(|given| given.split_once(' ')).map(|(_, token)| token.trim());
        let who = |name: &str, is_powerful, group| Caller {
            name: name.to_owned(),
            groups: vec![group],
            is_powerful,
        };
        if let Some(name) = token.and_then(|token| self.accounts.get(token)) {
            return Ok(who(name, false, "system:authenticated"));
        }
        match (&self.token, token) {
            (None, _) => Ok(who(&self.user, true, "system:authenticated")),
            (Some(wanted), Some(token)) if wanted == token => {
                Ok(who(&self.user, true, "system:authenticated"))
            }
            (Some(_), None) if given.is_none() => {
                Ok(who(ANONYMOUS, false, "system:unauthenticated"))
            }
            _ => Err(Refusal::unauthorized()),
        }
    }

    /// Whether a right was taken away.
    pub fn is_denied(&self, verb: &str, resource: &str) -> bool {
        self.denied.iter().any(|(denied_verb, denied)| {
            (denied_verb == "*" || denied_verb == verb) && (denied == "*" || denied == resource)
        })
    }

    /// Refuses in the words of the real authorizer.
    pub fn may(
        &self,
        caller: &Caller,
        verb: &str,
        resource: &Resource,
        subresource: &str,
        (namespace, name): (&str, &str),
    ) -> Result<(), Refusal> {
        let slash = |text: String| match subresource {
            "" => text,
            subresource => {
                let (plural, group) = text.split_once('.').unwrap_or((&text, ""));
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                format!("{plural}/{subresource}{group}")
            }
        };
        let plural = slash(resource.plural.to_owned());
        let right = Right { verb, group: resource.group, resource: &plural, name };
        let allowed = match caller.is_powerful {
            true => !self.is_denied(verb, &slash(resource.qualified())),
            false => self.holds(caller, namespace, &right),
        };
        if allowed {
            return Ok(());
        }
        let place = match namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let why = format!(
            "User {:?} cannot {verb} resource {plural:?} in API group {:?} {place}",
            caller.name, resource.group
        );
        Err(Refusal::forbidden(resource, name, &why))
    }

    /// The answer to a SelfSubjectAccessReview.
    pub fn review(&self, caller: &Caller, asked: &Value) -> Value {
        let attribute = |name: &str| text(asked, &format!("/spec/resourceAttributes/{name}"));
        let (plural, group) = (attribute("resource"), attribute("group"));
        let subresource = match attribute("subresource") {
            "" => String::new(),
            subresource => format!("/{subresource}"),
        };
        let resource = format!("{plural}{subresource}");
        let verb = attribute("verb");
        let allowed = match (caller.is_powerful, group) {
            (true, "") => !self.is_denied(verb, &resource),
            (true, group) => !self.is_denied(verb, &format!("{resource}.{group}")),
            (false, group) => {
                let right = Right { verb, group, resource: &resource, name: attribute("name") };
                self.holds(caller, attribute("namespace"), &right)
            }
        };
        let mut answer = asked.clone();
        put(&mut answer, "/apiVersion", json!("authorization.k8s.io/v1"));
        put(&mut answer, "/kind", json!("SelfSubjectAccessReview"));
        put(&mut answer, "/metadata", json!({"creationTimestamp": null}));
        put(&mut answer, "/status", json!({"allowed": allowed}));
        if allowed && caller.is_powerful {
            put(
                &mut answer,
                "/status/reason",
                json!(format!(
                    "RBAC: allowed by ClusterRoleBinding \"simulation\" of ClusterRole \
                 \"cluster-admin\" to User {:?}",
                    caller.name
                )),
            );
        }
        answer
    }
}
