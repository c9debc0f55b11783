//! What roles give to those who may not do everything.

use serde_json::{Value, json};

use super::access::Caller;
use super::json::{list, name, text};
use super::model::Model;
use super::resources::Resource;
use super::status::Refusal;

/// One thing that somebody may do.
pub struct Right<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// With its subresource: `pods/log`.
    pub resource: &'a str,
    /// Empty: of whatever name.
    pub name: &'a str,
}

impl Model {
    /// Whether a role gives this right in a namespace. Of the roles of the whole cluster only
    /// `cluster-admin` is known.
    pub fn holds(&self, caller: &Caller, namespace: &str, right: &Right<'_>) -> bool {
        let bindings = self.in_namespace("rolebindings", namespace);
        let own = bindings.iter().filter(|binding| {
            list(binding, "/subjects").iter().any(|subject| is_subject(subject, caller))
        });
        let mut rules = own.filter_map(|binding| self.rules(namespace, binding)).flatten();
        rules.any(|rule| gives(&rule, right))
    }

    /// The rules of the role that a binding names; None if they are not known.
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

    /// Nobody gives others more than they have, but for roles that they may `bind`.
    pub fn may_bind(
        &self,
        caller: &Caller,
        resource: &Resource,
        namespace: &str,
        binding: &Value,
    ) -> Result<(), Refusal> {
        let kind = if text(binding, "/roleRef/kind") == "Role" { "roles" } else { "clusterroles" };
        let bind = Right {
            verb: "bind",
            group: resource.group,
            resource: kind,
            name: text(binding, "/roleRef/name"),
        };
        if caller.is_powerful || self.holds(caller, namespace, &bind) {
            return Ok(());
        }
        let rules = self.rules(namespace, binding);
        let missing: Vec<&Value> = rules
            .iter()
            .flatten()
            .filter(|rule| !self.holds_rule(caller, namespace, rule))
            .collect();
        if rules.is_some() && missing.is_empty() {
            return Ok(());
        }
        let missing: String =
            missing.into_iter().map(|rule| format!("\n{}", in_words(rule))).collect();
        let why = format!(
            "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:{missing}",
            caller.name,
            quoted(&json!(caller.groups)),
        );
        Err(Refusal::forbidden(resource, name(binding), &why))
    }

    fn holds_rule(&self, caller: &Caller, namespace: &str, rule: &Value) -> bool {
        let names = texts(rule, "resourceNames");
        let names = if names.is_empty() { vec![""] } else { names };
        let (groups, resources) = (texts(rule, "apiGroups"), texts(rule, "resources"));
        !resources.is_empty()
            && texts(rule, "verbs").into_iter().all(|verb| {
                groups.iter().all(|group| {
                    resources.iter().all(|resource| {
                        names.iter().all(|name| {
                            self.holds(caller, namespace, &Right { verb, group, resource, name })
                        })
                    })
                })
            })
    }
}

fn is_subject(subject: &Value, caller: &Caller) -> bool {
    let named = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => named == caller.name,
        "Group" => caller.groups.contains(&named),
        _ => {
            let space = text(subject, "/namespace");
            caller.name == format!("system:serviceaccount:{space}:{named}")
        }
    }
}

fn gives(rule: &Value, right: &Right<'_>) -> bool {
    let has = |field: &str, wanted: &str| {
        texts(rule, field).iter().any(|given| *given == "*" || *given == wanted)
    };
    let names = texts(rule, "resourceNames");
    has("verbs", right.verb)
        && has("apiGroups", right.group)
        && has("resources", right.resource)
        && (names.is_empty() || names.contains(&right.name))
}

fn texts<'a>(rule: &'a Value, field: &str) -> Vec<&'a str> {
    list(rule, &format!("/{field}")).iter().filter_map(Value::as_str).collect()
}

/// As refusals write a rule.
fn in_words(rule: &Value) -> String {
    let fields = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("ResourceNames", "resourceNames"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("Verbs", "verbs"),
    ];
    let given = fields.iter().filter_map(|(word, field)| {
        rule.get(field).map(|values| format!("{word}:{}", quoted(values)))
    });
    format!("{{{}}}", given.collect::<Vec<_>>().join(", "))
}

/// Go's `%q` of texts.
fn quoted(values: &Value) -> String {
    let each: Vec<String> =
        values.as_array().into_iter().flatten().map(ToString::to_string).collect();
    format!("[{}]", each.join(" "))
}
