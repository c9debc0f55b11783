//! Sets of fields, in which `managedFields` stores who owns what.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema::{Type, item_path_element};
use crate::kubernetes::json::put;

/// A tree of path elements in the format of `fieldsV1`: `f:name`, `k:{"name":"app"}`, `v:"x"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path to this node is in the set.
    pub is_member: bool,
    pub children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// Returns a set with the root as its only member.
    pub fn member() -> Self {
        Self { is_member: true, children: BTreeMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        !self.is_member && self.children.is_empty()
    }

    /// Returns all fields of a value.
    pub fn of_value(value: &Value, schema: &Type) -> Self {
        let mut set = Self::default();
        match (value, schema) {
            _ if schema.is_atomic() => set.is_member = true,
            (Value::Object(object), _) if !object.is_empty() => {
                for (name, value) in object {
                    let Some(inner) = schema.member(name) else { continue };
                    let mut child = Self::of_value(value, inner);
                    let empty = value.as_object().is_some_and(Map::is_empty);
                    child.is_member |= value.is_null() || empty || !schema.has_named_fields();
                    set.children.insert(format!("f:{name}"), child);
                }
            }
            (Value::Array(items), Type::List(inner, list_type)) if !items.is_empty() => {
                for item in items {
                    let Some(element) = item_path_element(item, inner, list_type) else { continue };
                    let mut child = Self::of_value(item, inner);
                    child.is_member = true;
                    set.children.insert(element, child);
                }
            }
            _ => set.is_member = true,
        }
        set
    }

    pub fn union(&mut self, other: &Self) {
        self.is_member |= other.is_member;
        for (element, child) in &other.children {
            self.children.entry(element.clone()).or_default().union(child);
        }
    }

    /// Returns the members that the other set does not have.
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Self { is_member: self.is_member && !other.is_member, ..Self::default() };
        for (element, child) in &self.children {
            let rest = match other.children.get(element) {
                Some(other) => child.minus(other),
                None => child.clone(),
            };
            if !rest.is_empty() {
                left.children.insert(element.clone(), rest);
            }
        }
        left
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self { is_member: self.is_member && other.is_member, ..Self::default() };
        for (element, child) in &self.children {
            let shared = other.children.get(element).map(|other| child.intersection(other));
            if let Some(shared) = shared.filter(|shared| !shared.is_empty()) {
                both.children.insert(element.clone(), shared);
            }
        }
        both
    }

    /// Adds the structs and list items that contain a member, which is needed to remove fields.
    pub fn with_parents(&self, schema: &Type) -> Self {
        let mut all = Self { is_member: self.is_member, ..Self::default() };
        for (element, child) in &self.children {
            let inner = match schema {
                Type::List(inner, _) => Some(inner.as_ref()),
                _ => schema.member(element.strip_prefix("f:").unwrap_or(element)),
            };
            let mut child = child.with_parents(inner.unwrap_or(&Type::Untyped));
            child.is_member |= schema.has_named_fields() || matches!(schema, Type::List(..));
            all.children.insert(element.clone(), child);
        }
        all
    }

    /// Removes a path and everything below it.
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

    /// Returns the paths of all members: `.spec.containers[name="app"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect("", &mut paths);
        paths
    }

    fn collect(&self, prefix: &str, paths: &mut Vec<String>) {
        for (element, child) in &self.children {
            if child.is_member {
                paths.push(format!("{prefix}{}", display_path_element(element)));
            }
        }
        for (element, child) in &self.children {
            child.collect(&format!("{prefix}{}", display_path_element(element)), paths);
        }
    }

    pub fn to_fields_v1(&self) -> Value {
        let mut fields = Map::new();
        for (element, child) in &self.children {
            let mut inner = child.to_fields_v1();
            if child.is_member && !child.children.is_empty() {
                put(&mut inner, "/.", json!({}));
            }
            fields.insert(element.clone(), inner);
        }
        Value::Object(fields)
    }

    pub fn from_fields_v1(fields: &Value) -> Self {
        let mut set = Self::default();
        for (element, inner) in fields.as_object().into_iter().flatten() {
            if element == "." {
                continue;
            }
            let mut child = Self::from_fields_v1(inner);
            child.is_member = child.children.is_empty() || inner.get(".").is_some();
            set.children.insert(element.clone(), child);
        }
        set
    }
}

/// Formats a path element as error messages do: `[name="app"]`.
pub fn display_path_element(element: &str) -> String {
    match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some((_, keys)) => {
            let keys: BTreeMap<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let parts = keys.iter().map(|(name, value)| format!("{name}={value}"));
            format!("[{}]", parts.collect::<Vec<_>>().join(","))
        }
        None => element.to_owned(),
    }
}
