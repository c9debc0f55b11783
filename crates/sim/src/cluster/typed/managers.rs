//! Who manages which fields, and the two ways to change an object: applying and updating.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::merge::{compare, merge, without};
use super::schema::Type;
use super::set::Set;
use crate::cluster::json::{list, put, remove, text};

/// One entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager {
    pub name: String,
    /// By server-side apply, and not by another kind of write.
    pub applies: bool,
    pub subresource: String,
    api_version: String,
    time: Option<String>,
    set: Set,
}

/// Who writes, for the entry.
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

/// What managers never own.
const STRIPPED: [&[&str]; 12] = [
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

fn owned_set(mut set: Set, subresource: &str, has_status: bool) -> Set {
    STRIPPED.iter().for_each(|path| set.remove(path));
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.member = false;
        if metadata.children.is_empty() {
            set.children.remove("f:metadata");
        }
    }
    if subresource.is_empty() && has_status {
        set.children.remove("f:status");
    } else if subresource == "status" {
        set.children.retain(|step, _| step == "f:status");
    }
    set
}

/// The entries of an object.
pub fn read(object: &Value) -> Vec<Manager> {
    list(object, "/metadata/managedFields")
        .iter()
        .map(|entry| Manager {
            name: text(entry, "/manager").to_owned(),
            applies: text(entry, "/operation") == "Apply",
            subresource: text(entry, "/subresource").to_owned(),
            api_version: text(entry, "/apiVersion").to_owned(),
            time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
            set: entry.get("fieldsV1").map(Set::from_fields).unwrap_or_default(),
        })
        .collect()
}

fn write(object: &mut Value, mut managers: Vec<Manager>) {
    managers.retain(|manager| !manager.set.is_empty());
    managers.sort_by(|a, b| {
        let key = |manager: &Manager| {
            (
                !manager.applies,
                manager.time.clone(),
                manager.name.clone(),
                manager.subresource.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let entry = |manager: &Manager| {
        let operation = if manager.applies { "Apply" } else { "Update" };
        let mut entry = json!({
            "manager": manager.name, "operation": operation, "apiVersion": manager.api_version,
            "fieldsType": "FieldsV1", "fieldsV1": manager.set.to_fields(),
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

fn bare(object: &Value) -> Value {
    let mut bare = object.clone();
    remove(&mut bare, "/metadata/managedFields");
    bare
}

fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Applies a configuration over the live object (an empty one if there is none).
pub fn apply(
    live: &Value,
    config: &Value,
    of: &Type,
    writer: Writer<'_>,
    force: bool,
    has_status: bool,
) -> Result<Value, Vec<Conflict>> {
    let mut managers = read(live);
    let before = bare(live);
    let merged = merge(Some(&before), Some(config), of).unwrap_or_default();
    let set = owned_set(Set::of(config, of), writer.subresource, has_status);
    let own = |manager: &Manager| {
        manager.applies && manager.name == writer.name && manager.subresource == writer.subresource
    };
    let last = managers.iter().find(|manager| own(manager)).cloned();
    managers.retain(|manager| !own(manager));

    // What this manager had, and neither it nor anybody else has any more, goes.
    let mut owned = set.clone();
    managers.iter().for_each(|manager| owned.union(&manager.set));
    let gone = last.as_ref().map(|last| last.set.with_parents(of).minus(&owned.with_parents(of)));
    let new = match &gone {
        Some(gone) if !gone.is_empty() => without(&merged, gone, of).unwrap_or_default(),
        _ => merged,
    };
    settle(&mut managers, &before, &new, of, force, has_status)?;
    let changed = before != new;
    managers.push(Manager {
        name: writer.name.to_owned(),
        applies: true,
        subresource: writer.subresource.to_owned(),
        api_version: text(&new, "/apiVersion").to_owned(),
        time: if changed { Some(time(writer.now)) } else { last.and_then(|last| last.time) },
        set,
    });
    let mut new = new;
    write(&mut new, managers);
    Ok(new)
}

/// Gives what an update changed to its writer.
pub fn update(live: &Value, new: &mut Value, of: &Type, writer: Writer<'_>, has_status: bool) {
    let mut managers = read(live);
    let (before, after) = (bare(live), bare(new));
    // Cannot fail: an update takes what it changes.
    let _ = settle(&mut managers, &before, &after, of, true, has_status);
    let difference = compare(&before, &after, of);
    let changed = owned_set(difference.changed, writer.subresource, has_status);
    let own = |manager: &&mut Manager| {
        !manager.applies && manager.name == writer.name && manager.subresource == writer.subresource
    };
    if !changed.is_empty() {
        match managers.iter_mut().find(own) {
            Some(manager) => {
                manager.set.union(&changed);
                manager.time = Some(time(writer.now));
            }
            None => managers.push(Manager {
                name: writer.name.to_owned(),
                applies: false,
                subresource: writer.subresource.to_owned(),
                api_version: text(new, "/apiVersion").to_owned(),
                time: Some(time(writer.now)),
                set: changed,
            }),
        }
    }
    write(new, managers);
}

/// Takes from all managers what changes, or says what conflicts.
fn settle(
    managers: &mut [Manager],
    before: &Value,
    after: &Value,
    of: &Type,
    force: bool,
    has_status: bool,
) -> Result<(), Vec<Conflict>> {
    let difference = compare(before, after, of);
    let mut changed = difference.changed;
    if has_status {
        changed.children.remove("f:status");
    }
    let mut conflicts = Vec::new();
    for manager in managers.iter_mut() {
        let taken = manager.set.intersection(&changed);
        let paths = taken.paths().into_iter();
        conflicts.extend(paths.map(|path| Conflict { manager: in_words(manager), path }));
        manager.set = manager.set.minus(&taken).minus(&difference.removed);
    }
    if force || conflicts.is_empty() { Ok(()) } else { Err(conflicts) }
}

/// A manager as a conflict names it.
fn in_words(manager: &Manager) -> String {
    let mut words = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        words += &format!(" with subresource {:?}", manager.subresource);
    }
    if !manager.applies {
        words += &format!(" using {}", manager.api_version);
    }
    words
}
