//! Field ownership: `metadata.managedFields`, and its changes by server-side apply and by updates.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::field_set::FieldSet;
use super::merge::{compare, merge, remove_fields};
use super::schema::Type;
use crate::kubernetes::json::{list, put, remove, text};

/// One entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldManager {
    pub name: String,
    /// Whether the operation is `Apply` and not `Update`.
    pub is_apply: bool,
    pub subresource: String,
    api_version: String,
    time: Option<String>,
    fields: FieldSet,
}

/// Who writes an object, for its entry in `managedFields`.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    pub name: &'a str,
    pub subresource: &'a str,
    pub now: Timestamp,
}

/// A field that another manager owns.
#[derive(Debug)]
pub struct Conflict {
    pub manager: String,
    pub path: String,
}

/// Fields without an owner.
const UNOWNED_FIELDS: [&[&str]; 12] = [
    &["f:apiVersion"],
    &["f:kind"],
    &["f:metadata", "f:name"],
    &["f:metadata", "f:namespace"],
    &["f:metadata", "f:creationTimestamp"],
    &["f:metadata", "f:deletionTimestamp"],
    &["f:metadata", "f:deletionGracePeriodSeconds"],
    &["f:metadata", "f:selfLink"],
    &["f:metadata", "f:uid"],
    &["f:metadata", "f:generation"],
    &["f:metadata", "f:managedFields"],
    &["f:metadata", "f:resourceVersion"],
];

/// Removes the fields that a write to this subresource cannot own.
fn ownable_fields(mut set: FieldSet, subresource: &str, has_status: bool) -> FieldSet {
    UNOWNED_FIELDS.iter().for_each(|path| set.remove(path));
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.is_member = false;
        if metadata.children.is_empty() {
            set.children.remove("f:metadata");
        }
    }
    if subresource.is_empty() && has_status {
        set.children.remove("f:status");
    } else if subresource == "status" {
        set.children.retain(|element, _| element == "f:status");
    }
    set
}

pub fn parse_managers(object: &Value) -> Vec<FieldManager> {
    list(object, "/metadata/managedFields")
        .iter()
        .map(|entry| FieldManager {
            name: text(entry, "/manager").to_owned(),
            is_apply: text(entry, "/operation") == "Apply",
            subresource: text(entry, "/subresource").to_owned(),
            api_version: text(entry, "/apiVersion").to_owned(),
            time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
            fields: entry.get("fieldsV1").map(FieldSet::from_fields_v1).unwrap_or_default(),
        })
        .collect()
}

fn write_managers(object: &mut Value, mut managers: Vec<FieldManager>) {
    managers.retain(|manager| !manager.fields.is_empty());
    managers.sort_by(|a, b| {
        let key = |manager: &FieldManager| {
            (
                !manager.is_apply,
                manager.time.clone(),
                manager.name.clone(),
                manager.subresource.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let entry = |manager: &FieldManager| {
        let operation = if manager.is_apply { "Apply" } else { "Update" };
        let mut entry = json!({
            "manager": manager.name, "operation": operation, "apiVersion": manager.api_version,
            "fieldsType": "FieldsV1", "fieldsV1": manager.fields.to_fields_v1(),
        });
        if let Some(time) = &manager.time {
            put(&mut entry, "/time", time.clone());
        }
        if !manager.subresource.is_empty() {
            put(&mut entry, "/subresource", manager.subresource.clone());
        }
        entry
    };
    if managers.is_empty() {
        remove(object, "/metadata/managedFields");
    } else {
        put(object, "/metadata/managedFields", managers.iter().map(entry).collect::<Vec<_>>());
    }
}

fn without_managed_fields(object: &Value) -> Value {
    let mut object = object.clone();
    remove(&mut object, "/metadata/managedFields");
    object
}

fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Server-side apply: merges a configuration into the live object (an empty one if none exists).
pub fn apply(
    live: &Value,
    config: &Value,
    schema: &Type,
    writer: Writer<'_>,
    force: bool,
    has_status: bool,
) -> Result<Value, Vec<Conflict>> {
    let mut managers = parse_managers(live);
    let before = without_managed_fields(live);
    let merged = merge(Some(&before), Some(config), schema).unwrap_or_default();
    let fields = ownable_fields(FieldSet::of_value(config, schema), writer.subresource, has_status);
    let is_own = |manager: &FieldManager| {
        manager.is_apply && manager.name == writer.name && manager.subresource == writer.subresource
    };
    let previous = managers.iter().find(|manager| is_own(manager)).cloned();
    managers.retain(|manager| !is_own(manager));

    // Removes fields that this manager owned before and that nobody owns any more.
    let mut owned = fields.clone();
    managers.iter().for_each(|manager| owned.union(&manager.fields));
    let removed = previous
        .as_ref()
        .map(|previous| previous.fields.with_parents(schema).minus(&owned.with_parents(schema)));
    let new = match &removed {
        Some(removed) if !removed.is_empty() => {
            remove_fields(&merged, removed, schema).unwrap_or_default()
        }
        _ => merged,
    };
    transfer_ownership(&mut managers, &before, &new, schema, force, has_status)?;
    let changed = before != new;
    managers.push(FieldManager {
        name: writer.name.to_owned(),
        is_apply: true,
        subresource: writer.subresource.to_owned(),
        api_version: text(&new, "/apiVersion").to_owned(),
        time: if changed {
            Some(time(writer.now))
        } else {
            previous.and_then(|previous| previous.time)
        },
        fields,
    });
    let mut new = new;
    write_managers(&mut new, managers);
    Ok(new)
}

/// Makes the writer of an update the owner of the changed fields.
pub fn update(live: &Value, new: &mut Value, schema: &Type, writer: Writer<'_>, has_status: bool) {
    let mut managers = parse_managers(live);
    let (before, after) = (without_managed_fields(live), without_managed_fields(new));
    // Cannot fail, because an update forces ownership.
    let _ = transfer_ownership(&mut managers, &before, &after, schema, true, has_status);
    let difference = compare(&before, &after, schema);
    let changed = ownable_fields(difference.changed, writer.subresource, has_status);
    let is_own = |manager: &&mut FieldManager| {
        !manager.is_apply
            && manager.name == writer.name
            && manager.subresource == writer.subresource
    };
    if !changed.is_empty() {
        match managers.iter_mut().find(is_own) {
            Some(manager) => {
                manager.fields.union(&changed);
                manager.time = Some(time(writer.now));
            }
            None => managers.push(FieldManager {
                name: writer.name.to_owned(),
                is_apply: false,
                subresource: writer.subresource.to_owned(),
                api_version: text(new, "/apiVersion").to_owned(),
                time: Some(time(writer.now)),
                fields: changed,
            }),
        }
    }
    write_managers(new, managers);
}

/// Removes changed fields from the sets of all managers. Without `force`, changed fields that are owned
/// by managers are conflicts.
fn transfer_ownership(
    managers: &mut [FieldManager],
    before: &Value,
    after: &Value,
    schema: &Type,
    force: bool,
    has_status: bool,
) -> Result<(), Vec<Conflict>> {
    let difference = compare(before, after, schema);
    let mut changed = difference.changed;
    if has_status {
        changed.children.remove("f:status");
    }
    let mut conflicts = Vec::new();
    for manager in managers.iter_mut() {
        let taken = manager.fields.intersection(&changed);
        let paths = taken.paths().into_iter();
        conflicts.extend(paths.map(|path| Conflict { manager: display_manager(manager), path }));
        manager.fields = manager.fields.minus(&taken).minus(&difference.removed);
    }
    if force || conflicts.is_empty() { Ok(()) } else { Err(conflicts) }
}

/// Formats a manager as a conflict's message does.
fn display_manager(manager: &FieldManager) -> String {
    let mut text = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        text += &format!(" with subresource {:?}", manager.subresource);
    }
    if !manager.is_apply {
        text += &format!(" using {}", manager.api_version);
    }
    text
}
