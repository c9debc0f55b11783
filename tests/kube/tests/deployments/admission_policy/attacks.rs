//! Each attack of the tables in `tests/kube/attacks` on an object that the platform makes is denied, on a new object
//! and on an existing one. Without the attack the object is accepted.

use super::{deployer, objects::made_objects, wait_until_bound};
use crate::platform::{cluster, text};
use anyhow::{Context, Result};
use nokube_tests_kube::{Client, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

const TABLES: [&str; 3] = [
    include_str!("../../../attacks/objects.yaml"),
    include_str!("../../../attacks/network.yaml"),
    include_str!("../../../attacks/pods.yaml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attacks {
    /// Kind and name, or how they begin: `Deployment web`, `ConfigMap web-env-`.
    object: String,
    /// What the message of the policy contains; one of several texts, if more than one policy denies it.
    says: OneOf,
    /// Whether the API server itself rejects such a change of an existing object.
    #[serde(default)]
    create: bool,
    /// For each attack: values at JSON pointers. `null` removes a field, `-` appends to a list.
    set: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOf {
    One(String),
    Several(Vec<String>),
}

impl OneOf {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::One(text) => message.contains(text),
            Self::Several(texts) => texts.iter().any(|text| message.contains(text)),
        }
    }
}

impl Attacks {
    fn concern(&self, object: &Value) -> bool {
        let name = format!("{} {}", text(object, "/kind"), text(object, "/metadata/name"));
        name == self.object || (self.object.ends_with('-') && name.starts_with(&self.object))
    }
}

#[tokio::test]
async fn what_the_platform_makes_is_accepted_and_each_attack_on_it_denied() -> Result<()> {
    let (admin, deployer) = (cluster().await?.admin()?, deployer().await?);
    let mut tables: Vec<Attacks> = Vec::new();
    for table in TABLES {
        tables.extend(serde_yaml_ng::from_str::<Vec<Attacks>>(table)?);
    }
    let objects = made_objects();
    for attacks in &tables {
        let object = &attacks.object;
        assert!(objects.iter().any(|made| attacks.concern(made)), "the platform makes no {object}");
    }
    let (mut tried, mut accepted) = (0, Vec::new());
    for object in &objects {
        let attacks: Vec<_> = tables.iter().filter(|attacks| attacks.concern(object)).collect();
        for attacks in &attacks {
            for attack in &attacks.set {
                let response = try_to_create(&deployer, &with(object, attack)).await?;
                tried += 1;
                accepted.extend(not_denied("create", attacks, attack, &response));
            }
        }
        let (collection, path) = paths(&deployer, object).await?;
        deployer.create(&collection, object).await?.ok().with_context(|| object.to_string())?;
        if object["kind"] == "RoleBinding" {
            wait_until_bound(&deployer, text(object, "/metadata/namespace")).await?;
        }
        for attacks in attacks.iter().filter(|attacks| !attacks.create) {
            for attack in attacks.set.iter().filter(|attack| !attack.contains_key("/metadata/name"))
            {
                let stored = admin.get(&path).await?.ok()?;
                let patch = difference(&stored, &with(&stored, attack));
                let response = deployer.merge_patch(&path, &patch).await?;
                tried += 1;
                accepted.extend(not_denied("update", attacks, attack, &response));
            }
        }
        deployer.apply(object).await?.ok().with_context(|| object.to_string())?;
    }
    assert!(accepted.is_empty(), "{} of {tried}:\n{}", accepted.len(), accepted.join("\n"));
    Ok(())
}

/// The paths of an object's collection and of the object.
async fn paths(client: &Client, object: &Value) -> Result<(String, String)> {
    let path = client.path_of(object).await?;
    let (collection, _) = path.rsplit_once('/').context("a path without a name")?;
    Ok((collection.to_owned(), path))
}

/// A dry run, so that what is accepted does not stay.
async fn try_to_create(deployer: &Client, object: &Value) -> Result<Response> {
    let (collection, _) = paths(deployer, object).await?;
    deployer.create(&format!("{collection}?dryRun=All"), object).await
}

fn not_denied(
    operation: &str,
    attacks: &Attacks,
    attack: &Map<String, Value>,
    response: &Response,
) -> Option<String> {
    let message = text(&response.body, "/message");
    let is_by_policy = message.contains("ValidatingAdmissionPolicy 'nokube-deployer");
    let is_denied = response.status == 422 && is_by_policy && attacks.says.is_in(message);
    let attack = Value::from(attack.clone());
    let status = response.status;
    (!is_denied).then(|| format!("{operation} {}: {attack}: {status} {message}", attacks.object))
}

/// The object with these values at JSON pointers.
fn with(object: &Value, attack: &Map<String, Value>) -> Value {
    let mut object = object.clone();
    for (pointer, value) in attack {
        set(&mut object, pointer, value);
    }
    object
}

fn set(object: &mut Value, pointer: &str, value: &Value) {
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let (last, parents) = parts.split_last().expect("a pointer");
    let mut parent = object;
    for part in parents {
        parent = match parent {
            Value::Array(items) => &mut items[part.parse::<usize>().expect("a number")],
            parent => {
                if parent.is_null() {
                    *parent = Value::Object(Map::new());
                }
                let fields = parent.as_object_mut().expect("an object");
                fields.entry(part.clone()).or_insert(Value::Null)
            }
        };
    }
    match parent {
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) => items[last.parse::<usize>().expect("a number")] = value.clone(),
        parent => {
            if parent.is_null() {
                *parent = Value::Object(Map::new());
            }
            let fields = parent.as_object_mut().expect("an object");
            if value.is_null() {
                fields.remove(last);
            } else {
                fields.insert(last.clone(), value.clone());
            }
        }
    }
}

/// The JSON merge patch from one object to the other.
fn difference(from: &Value, to: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (from, to) else { return to.clone() };
    let removed = old.keys().filter(|name| !new.contains_key(*name));
    let mut patch: Map<String, Value> = removed.map(|name| (name.clone(), Value::Null)).collect();
    for (name, value) in new {
        match old.get(name) {
            Some(known) if known == value => {}
            Some(known) => drop(patch.insert(name.clone(), difference(known, value))),
            None => drop(patch.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(patch)
}
