//! Sets of fields, as `managedFields` keeps them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema::{Type, item_step};
use crate::cluster::json::put;

/// A tree of steps, each written as `fieldsV1` does: `f:name`, `k:{"name":"app"}`, `v:"x"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    pub member: bool,
    pub children: BTreeMap<String, Set>,
}

impl Set {
    pub fn member() -> Self {
        Self { member: true, children: BTreeMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// All that a value contains.
    pub fn of(value: &Value, of: &Type) -> Self {
        let mut set = Self::default();
        match (value, of) {
            _ if of.is_atomic() => set.member = true,
            (Value::Object(object), _) if !object.is_empty() => {
                for (name, value) in object {
                    let Some(inner) = of.member(name) else { continue };
                    let mut child = Self::of(value, inner);
                    let empty = value.as_object().is_some_and(Map::is_empty);
                    child.member |= value.is_null() || empty || !of.has_named_fields();
                    set.children.insert(format!("f:{name}"), child);
                }
            }
            (Value::Array(items), Type::List(inner, by)) if !items.is_empty() => {
                for item in items {
                    let Some(step) = item_step(item, inner, by) else { continue };
                    let mut child = Self::of(item, inner);
                    child.member = true;
                    set.children.insert(step, child);
                }
            }
            _ => set.member = true,
        }
        set
    }

    pub fn union(&mut self, other: &Self) {
        self.member |= other.member;
        for (step, child) in &other.children {
            self.children.entry(step.clone()).or_default().union(child);
        }
    }

    /// Without the members of the other.
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Self { member: self.member && !other.member, ..Self::default() };
        for (step, child) in &self.children {
            let rest = match other.children.get(step) {
                Some(other) => child.minus(other),
                None => child.clone(),
            };
            if !rest.is_empty() {
                left.children.insert(step.clone(), rest);
            }
        }
        left
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self { member: self.member && other.member, ..Self::default() };
        for (step, child) in &self.children {
            let shared = other.children.get(step).map(|other| child.intersection(other));
            if let Some(shared) = shared.filter(|shared| !shared.is_empty()) {
                both.children.insert(step.clone(), shared);
            }
        }
        both
    }

    /// With the structs and items on the way to every member, as removing needs them.
    pub fn with_parents(&self, of: &Type) -> Self {
        let mut all = Self { member: self.member, ..Self::default() };
        for (step, child) in &self.children {
            let inner = match of {
                Type::List(inner, _) => Some(inner.as_ref()),
                _ => of.member(step.strip_prefix("f:").unwrap_or(step)),
            };
            let mut child = child.with_parents(inner.unwrap_or(&Type::Anything));
            child.member |= of.has_named_fields() || matches!(of, Type::List(..));
            all.children.insert(step.clone(), child);
        }
        all
    }

    /// Takes a path out, with all below it.
    pub fn remove(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            self.children.remove(*first);
        } else if let Some(child) = self.children.get_mut(*first) {
            child.remove(rest);
            if child.is_empty() {
                self.children.remove(*first);
            }
        }
    }

    /// The paths of all members in words: `.spec.containers[name="app"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect("", &mut paths);
        paths
    }

    fn collect(&self, prefix: &str, paths: &mut Vec<String>) {
        for (step, child) in &self.children {
            if child.member {
                paths.push(format!("{prefix}{}", in_words(step)));
            }
        }
        for (step, child) in &self.children {
            child.collect(&format!("{prefix}{}", in_words(step)), paths);
        }
    }

    pub fn to_fields(&self) -> Value {
        let mut fields = Map::new();
        for (step, child) in &self.children {
            let mut inner = child.to_fields();
            if child.member && !child.children.is_empty() {
                put(&mut inner, "/.", json!({}));
            }
            fields.insert(step.clone(), inner);
        }
        Value::Object(fields)
    }

    pub fn from_fields(fields: &Value) -> Self {
        let mut set = Self::default();
        for (step, inner) in fields.as_object().into_iter().flatten() {
            if step == "." {
                continue;
            }
            let mut child = Self::from_fields(inner);
            child.member = child.children.is_empty() || inner.get(".").is_some();
            set.children.insert(step.clone(), child);
        }
        set
    }
}

/// A step as messages write it.
pub fn in_words(step: &str) -> String {
    match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some((_, keys)) => {
            let keys: BTreeMap<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let parts = keys.iter().map(|(name, value)| format!("{name}={value}"));
            format!("[{}]", parts.collect::<Vec<_>>().join(","))
        }
        None => step.to_owned(),
    }
}
