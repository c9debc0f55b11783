//! What is stored, with its versions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::json::{members, name, namespace, put};
use super::resources::{self, Resource};

type Key = (&'static str, String, String);

/// All objects. Whatever is written gets the next version.
#[derive(Default)]
pub struct Store {
    objects: BTreeMap<Key, Value>,
    version: u64,
    /// Counts every write, to see whether something happened.
    pub writes: u64,
}

fn key(resource: &Resource, namespace: &str, name: &str) -> Key {
    let plural = resources::by_name(resource.plural).map_or("", |known| known.plural);
    (plural, namespace.to_owned(), name.to_owned())
}

impl Store {
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(&key(resource, namespace, name))
    }

    /// By namespace and name; of all namespaces with None.
    pub fn list(
        &self,
        resource: &Resource,
        wanted: Option<&str>,
    ) -> impl Iterator<Item = &Value> + use<'_> {
        let plural = key(resource, "", "").0;
        let wanted = wanted.map(str::to_owned);
        let from = (plural, wanted.clone().unwrap_or_default(), String::new());
        self.objects
            .range(from..)
            .take_while(move |((kind, namespace, _), _)| {
                *kind == plural && wanted.as_ref().is_none_or(|wanted| wanted == namespace)
            })
            .map(|(_, object)| object)
    }

    /// Every object, of whatever kind.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.objects.values()
    }

    pub fn version(&self) -> String {
        (1000 + self.version).to_string()
    }

    /// Stores an object under the next version and returns it.
    pub fn save(&mut self, resource: &Resource, mut object: Value) -> Value {
        self.version += 1;
        self.writes += 1;
        put(&mut object, "/metadata/resourceVersion", self.version());
        let key = key(resource, namespace(&object), name(&object));
        self.objects.insert(key, object.clone());
        object
    }

    pub fn remove(&mut self, resource: &Resource, namespace: &str, name: &str) -> Option<Value> {
        let removed = self.objects.remove(&key(resource, namespace, name))?;
        self.version += 1;
        self.writes += 1;
        Some(removed)
    }

    /// All as text; the data of Secrets also decoded.
    pub fn dump(&self) -> String {
        let mut dump = String::new();
        for object in self.objects.values() {
            dump += &format!("{object}\n");
            for (name, value) in members(object, "/data") {
                let text = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
                dump += &format!("{}\n", json!({ name: String::from_utf8_lossy(&text) }));
            }
        }
        dump
    }
}
