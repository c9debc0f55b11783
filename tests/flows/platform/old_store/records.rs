//! The records of a store: each is written as it was read, and keeps the fields of a newer release.

use nokube_domain::{
    Person, ProjectId, Timestamp,
    audit::AuditEntry,
    builds::{BuildRecord, CancelRequest, JobsRecord, RunRecord},
    deployments::{DeploymentRecord, LastObservation, OutcomeRecord, Revision},
    installation::Installation,
    name::ServiceName,
    people::PersonRecord,
    projects::{Members, Project},
    services::ServiceRecord,
    session::SignInRecord,
    token::{DailyTokenRecord, TokenRecord, TokenRow},
};
use rusqlite::Connection;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// The field that a newer release has added.
const NEW_FIELD: &str = "of_tomorrow";

/// All JSON values, by key. The others are counters.
pub fn records(store: &Path) -> BTreeMap<String, Value> {
    let store = Connection::open(store).unwrap();
    let mut rows = store.prepare("SELECT key, value FROM spin_key_value").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap)
        .filter(|(key, _): &(String, Vec<u8>)| !key.starts_with("c/"))
        .map(|(key, value)| (key, serde_json::from_slice(&value).unwrap()))
        .collect()
}

/// Reads each record as the present release does, and checks that it would be written as it was. The results of
/// reservations, and what is checked and fetched for all instances, have types of their components.
pub fn assert_written_as_read(records: &BTreeMap<String, Value>) {
    let mut kinds = BTreeMap::new();
    for (key, record) in records {
        let kind = key.split('/').next().unwrap();
        let written = match kind {
            "p" => rewritten::<Project>(record),
            "m" => rewritten::<Members>(record),
            "b" => rewritten::<BuildRecord>(record),
            "r" => rewritten::<RunRecord>(record),
            "j" => rewritten::<JobsRecord>(record),
            "x" => rewritten::<CancelRequest>(record),
            "d" => rewritten::<DeploymentRecord>(record),
            "v" => rewritten::<Revision>(record),
            "o" => rewritten::<OutcomeRecord>(record),
            "l" => rewritten::<LastObservation>(record),
            "a" => rewritten::<PersonRecord>(record),
            "n" => rewritten::<Person>(record),
            "s" => rewritten::<SignInRecord>(record),
            "t" => rewritten::<TokenRecord>(record),
            "y" => rewritten::<DailyTokenRecord>(record),
            "i" => rewritten::<TokenRow>(record),
            "e" => rewritten::<AuditEntry>(record),
            "q" | "z" | "f" => rewritten::<Timestamp>(record),
            "u" | "g" => rewritten::<ProjectId>(record),
            "w" => rewritten::<bool>(record),
            "installation" => rewritten::<Installation>(record),
            "service" => rewritten::<ServiceRecord>(record),
            "saved-service" | "built-service" => rewritten::<ServiceName>(record),
            "newest-build" | "noted-builds" => rewritten::<u32>(record),
            "k" | "h" => continue,
            _ => panic!("what is {key}?"),
        };
        assert_eq!(&written, record, "{key}");
        *kinds.entry(kind).or_insert(0) += 1;
    }
    // A later release may have more.
    assert!(kinds.len() >= 23, "the story leaves records of every kind: {kinds:?}");
}

fn rewritten<T: DeserializeOwned + Serialize>(record: &Value) -> Value {
    let record: T = serde_json::from_value(record.clone()).unwrap();
    serde_json::to_value(record).unwrap()
}

/// Adds fields to the records that are changed or copied, as if a newer release ran beside the present one. Fields of
/// projects and of views of builds are public, so they are not added here: the contract describes every answer.
pub fn add_new_fields(store: &Path) {
    let records = records(store);
    let store = Connection::open(store).unwrap();
    for (key, mut record) in records {
        let objects = match key.split('/').next().unwrap() {
            "m" => vec!["", "/others/*"],
            "service" => vec!["", "/source"],
            "r" => vec!["", "/asks/*", "/runs/*"],
            "j" => vec!["", "/jobs/*", "/jobs/*/steps/*"],
            "v" => vec!["/wish/run", "/wish/run/release", "/wish/run/release/spec"],
            "i" | "t" => vec![""],
            "y" => vec!["/token"],
            "k" if record.get("of_owner").is_some() => vec![""],
            _ => continue,
        };
        for path in objects {
            let path: Vec<_> = path.split('/').skip(1).collect();
            add_field(&mut record, &path);
        }
        let update = "UPDATE spin_key_value SET value = ?2 WHERE key = ?1";
        store.execute(update, (&key, serde_json::to_vec(&record).unwrap())).unwrap();
    }
}

/// Adds the field to each object at a path, in which `*` stands for each element.
fn add_field(record: &mut Value, path: &[&str]) {
    match (record, path) {
        (Value::Object(fields), []) => {
            fields.insert(NEW_FIELD.into(), json!({ "all": ["new"] }));
        }
        (Value::Array(elements), ["*", rest @ ..]) => {
            elements.iter_mut().for_each(|element| add_field(element, rest));
        }
        (Value::Object(fields), ["*", rest @ ..]) => {
            fields
                .values_mut()
                .filter(|value| value.is_object())
                .for_each(|value| add_field(value, rest));
        }
        (Value::Object(fields), [name, rest @ ..]) => {
            if let Some(value) = fields.get_mut(*name) {
                add_field(value, rest);
            }
        }
        _ => {}
    }
}

/// Checks that no record has lost a new field, and that records made of older ones have it too.
pub fn assert_new_fields_are_kept(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) {
    let count = |record: &Value| record.to_string().matches(NEW_FIELD).count();
    let mut changed = Vec::new();
    for (key, record) in before {
        if let Some(now) = after.get(key).filter(|_| count(record) > 0) {
            assert!(count(now) >= count(record), "{key} was {record:#} and is {now:#}");
            changed.extend((now != record).then_some(key.as_str()));
        }
    }
    // A build, its jobs, members, and a token's row. (The numbers of a project that is deleted again are written
    // too, but as they were.)
    for kind in ["r/", "j/", "m/", "i/"] {
        assert!(
            changed.iter().any(|key| key.starts_with(kind)),
            "{kind} was not changed: {changed:?}"
        );
    }
    // The revisions of a new release, of the rollback, and of the start of a stopped service.
    let copies =
        after.iter().filter(|(key, record)| !before.contains_key(*key) && count(record) > 0);
    let copies: Vec<_> = copies.map(|(key, _)| &key[..2]).collect();
    assert_eq!(copies, ["v/"; 3], "revisions are made of earlier ones");
}
