//! A part of server-side apply: the fields that a manager applies are set, and those that it no longer
//! applies are removed. Lists are replaced as a whole, and every apply is forced: a manager that changes a
//! field takes it from the others.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use serde_json::{Map, Value, json};

use crate::kubernetes::json::{list, put, text};

/// Applies `config`. `metadata.managedFields` has the fields that each manager applied last.
pub fn apply(object: &mut Value, config: &Value, manager: &str, now: &str) {
    let applied = field_set(config);
    let entries = list(object, "/metadata/managedFields").to_vec();
    let (own, others): (Vec<Value>, Vec<Value>) =
        entries.into_iter().partition(|entry| text(entry, "/manager") == manager);
    let mut others = without_fields(others, &changed_fields(object, config));
    let still_applied: Vec<Value> =
        others.iter().map(owned_fields).chain([applied.clone()]).collect();
    for entry in &own {
        remove_fields(object, &owned_fields(entry), &still_applied.iter().collect::<Vec<_>>());
    }
    merge(object, config);
    let unchanged = own.iter().find(|entry| owned_fields(entry) == applied);
    let time = unchanged.map_or(now, |entry| text(entry, "/time"));
    others.push(entry(object, (manager, "Apply"), &applied, time));
    others.sort_by(|a, b| text(a, "/manager").cmp(text(b, "/manager")));
    put(object, "/metadata/managedFields", others);
}

/// Changes fields as `kubectl edit` does: the manager takes the changed ones from all others.
pub fn edit(object: &mut Value, changes: &Value, manager: &str, now: &str) {
    let changed = changed_fields(object, changes);
    let entries = list(object, "/metadata/managedFields").to_vec();
    let mut entries = without_fields(entries, &changed);
    merge(object, changes);
    entries.push(entry(object, (manager, "Update"), &changed, now));
    put(object, "/metadata/managedFields", entries);
}

fn entry(object: &Value, (manager, operation): (&str, &str), fields: &Value, time: &str) -> Value {
    json!({
        "manager": manager, "operation": operation, "apiVersion": text(object, "/apiVersion"),
        "time": time, "fieldsType": "FieldsV1", "fieldsV1": fields,
    })
}

fn owned_fields(entry: &Value) -> Value {
    entry.get("fieldsV1").cloned().unwrap_or_default()
}

/// The fields of `new` that have another value in `old`.
fn changed_fields(old: &Value, new: &Value) -> Value {
    let members = new.as_object().into_iter().flatten();
    let changed = members.filter_map(|(name, value)| match (old.get(name), value) {
        (Some(old), _) if old == value => None,
        (Some(old), Value::Object(_)) => Some((format!("f:{name}"), changed_fields(old, value))),
        _ => Some((format!("f:{name}"), field_set(value))),
    });
    Value::Object(changed.collect())
}

/// The entries without these fields. Entries that have no fields left are dropped.
fn without_fields(mut entries: Vec<Value>, fields: &Value) -> Vec<Value> {
    for entry in &mut entries {
        if let Some(owned) = entry.get_mut("fieldsV1") {
            subtract(owned, fields);
        }
    }
    entries.retain(|entry| owned_fields(entry) != json!({}));
    entries
}

fn subtract(owned: &mut Value, fields: &Value) {
    let Some(owned) = owned.as_object_mut() else { return };
    for (key, inner) in fields.as_object().into_iter().flatten() {
        let Some(value) = owned.get_mut(key) else { continue };
        subtract(value, inner);
        if *value == json!({}) {
            owned.remove(key);
        }
    }
}

/// JSON merge patch, in which nothing is null.
pub fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// The fields of a value as `fieldsV1` has them: a tree of names with the prefix `f:`.
fn field_set(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    let fields = members.map(|(name, value)| (format!("f:{name}"), field_set(value)));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Removes the fields of a set that are in none of the `kept` ones.
fn remove_fields(object: &mut Value, fields: &Value, kept: &[&Value]) {
    let Some(object) = object.as_object_mut() else { return };
    for (key, inner) in fields.as_object().into_iter().flatten() {
        let name = key.strip_prefix("f:").unwrap_or(key);
        let kept: Vec<&Value> = kept.iter().filter_map(|fields| fields.get(key)).collect();
        let Some(value) = object.get_mut(name) else { continue };
        // Others may have written more members than those of the set.
        remove_fields(value, inner, &kept);
        let is_rest_of_others =
            value.as_object().is_some_and(|left| !left.is_empty()) && inner != &json!({});
        if kept.is_empty() && !is_rest_of_others {
            object.remove(name);
        }
    }
}
