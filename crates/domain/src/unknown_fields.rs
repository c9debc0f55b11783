//! Fields of a stored record that only a newer release knows.
//!
//! While an upgrade replaces one instance after another, both releases write. A record that is read, changed and
//! written again therefore keeps the fields that the older release does not know. See "Stored records" in
//! CONTRIBUTING.md.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The unknown fields of a record, which has them as `#[serde(flatten)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnknownFields(Map<String, Value>);

impl UnknownFields {
    /// Merges the unknown fields of two records that are merged themselves: commutative, associative and
    /// idempotent. Objects are merged field by field; of other values the greater one as text wins.
    pub fn merge(&mut self, other: Self) {
        merge_objects(&mut self.0, other.0);
    }
}

fn merge_objects(fields: &mut Map<String, Value>, other: Map<String, Value>) {
    for (name, value) in other {
        match fields.get_mut(&name) {
            Some(existing) => merge_values(existing, value),
            None => {
                fields.insert(name, value);
            }
        }
    }
}

fn merge_values(value: &mut Value, other: Value) {
    let rank = |value: &Value| (value.is_object(), value.to_string());
    match (value, other) {
        (Value::Object(fields), Value::Object(other)) => merge_objects(fields, other),
        (value, other) if rank(&other) > rank(value) => *value = other,
        _ => {}
    }
}
