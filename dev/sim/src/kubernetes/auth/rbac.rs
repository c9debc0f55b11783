//! Role-based access control for users who are not administrators.

use serde_json::{Value, json};

use super::authentication::Caller;
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{list, name, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::Resource;

pub struct Permission<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// The plural name, with the subresource: `pods/log`.
    pub resource: &'a str,
    /// Empty for all objects of the resource.
    pub name: &'a str,
}

impl ClusterState {
    /// Whether a RoleBinding in the namespace gives the permission to the caller. The only known
    /// ClusterRole is `cluster-admin`; ClusterRoleBindings are not simulated.
    pub fn is_allowed_by_role(
        &self,
        caller: &Caller,
        namespace: &str,
        permission: &Permission<'_>,
    ) -> bool {
        let bindings = self.objects_in_namespace("rolebindings", namespace);
        let bound = bindings.iter().filter(|binding| {
            list(binding, "/subjects").iter().any(|subject| is_subject(subject, caller))
        });
        let mut rules = bound.filter_map(|binding| self.rules(namespace, binding)).flatten();
        rules.any(|rule| rule_allows(&rule, permission))
    }

    /// The rules of the role that a binding refers to. None if the role is unknown.
    fn rules(&self, namespace: &str, binding: &Value) -> Option<Vec<Value>> {
        match (text(binding, "/roleRef/kind"), text(binding, "/roleRef/name")) {
            ("ClusterRole", "cluster-admin") => Some(vec![
                json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
                json!({"nonResourceURLs": ["*"], "verbs": ["*"]}),
            ]),
            ("Role", role) => Some(list(self.find("roles", namespace, role)?, "/rules").to_vec()),
            _ => None,
        }
    }

    /// Rejects a RoleBinding that grants permissions which the caller does not have, unless the caller
    /// may `bind` the role.
    pub fn check_escalation(
        &self,
        caller: &Caller,
        resource: &Resource,
        namespace: &str,
        binding: &Value,
    ) -> Result<(), ApiError> {
        let kind = if text(binding, "/roleRef/kind") == "Role" { "roles" } else { "clusterroles" };
        let bind = Permission {
            verb: "bind",
            group: resource.group,
            resource: kind,
            name: text(binding, "/roleRef/name"),
        };
        if caller.is_admin || self.is_allowed_by_role(caller, namespace, &bind) {
            return Ok(());
        }
        let rules = self.rules(namespace, binding);
        let missing: Vec<&Value> =
            rules.iter().flatten().filter(|rule| !self.has_rule(caller, namespace, rule)).collect();
        if rules.is_some() && missing.is_empty() {
            return Ok(());
        }
        let missing: String =
            missing.into_iter().map(|rule| format!("\n{}", format_rule(rule))).collect();
        let reason = format!(
            "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:{missing}",
            caller.name,
            quoted(&json!(caller.groups)),
        );
        Err(ApiError::forbidden(resource, name(binding), &reason))
    }

    fn has_rule(&self, caller: &Caller, namespace: &str, rule: &Value) -> bool {
        let names = strings(rule, "resourceNames");
        let names = if names.is_empty() { vec![""] } else { names };
        let (groups, resources) = (strings(rule, "apiGroups"), strings(rule, "resources"));
        !resources.is_empty()
            && strings(rule, "verbs").into_iter().all(|verb| {
                groups.iter().all(|group| {
                    resources.iter().all(|resource| {
                        names.iter().all(|name| {
                            self.is_allowed_by_role(
                                caller,
                                namespace,
                                &Permission { verb, group, resource, name },
                            )
                        })
                    })
                })
            })
    }
}

fn is_subject(subject: &Value, caller: &Caller) -> bool {
    let subject_name = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => subject_name == caller.name,
        "Group" => caller.groups.contains(&subject_name),
        _ => {
            let namespace = text(subject, "/namespace");
            caller.name == format!("system:serviceaccount:{namespace}:{subject_name}")
        }
    }
}

fn rule_allows(rule: &Value, permission: &Permission<'_>) -> bool {
    let has = |field: &str, value: &str| {
        strings(rule, field).iter().any(|given| *given == "*" || *given == value)
    };
    let names = strings(rule, "resourceNames");
    has("verbs", permission.verb)
        && has("apiGroups", permission.group)
        && has("resources", permission.resource)
        && (names.is_empty() || names.contains(&permission.name))
}

fn strings<'a>(rule: &'a Value, field: &str) -> Vec<&'a str> {
    list(rule, &format!("/{field}")).iter().filter_map(Value::as_str).collect()
}

/// Formats a rule as the error message does.
fn format_rule(rule: &Value) -> String {
    let fields = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("ResourceNames", "resourceNames"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("Verbs", "verbs"),
    ];
    let given = fields.iter().filter_map(|(name, field)| {
        rule.get(field).map(|values| format!("{name}:{}", quoted(values)))
    });
    format!("{{{}}}", given.collect::<Vec<_>>().join(", "))
}

/// Formats strings as Go's `%q`.
fn quoted(values: &Value) -> String {
    let each: Vec<String> =
        values.as_array().into_iter().flatten().map(ToString::to_string).collect();
    format!("[{}]", each.join(" "))
}
