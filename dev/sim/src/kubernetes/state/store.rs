//! The stored objects with their resource versions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::resources::Resource;
use crate::kubernetes::json::{members, name, namespace, put};

/// Plural name of the resource, namespace (empty if cluster-scoped), name.
type Key = (&'static str, String, String);

/// All objects of the cluster. Each write increments the resource version, which all objects share.
#[derive(Default)]
pub struct Store {
    objects: BTreeMap<Key, Value>,
    version: u64,
    /// How many writes there were. A change of it shows that something was written.
    pub write_count: u64,
}

fn key(resource: &Resource, namespace: &str, name: &str) -> Key {
    (resource.plural, namespace.to_owned(), name.to_owned())
}

impl Store {
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(&key(resource, namespace, name))
    }

    /// Sorted by namespace and name. None lists all namespaces.
    pub fn list(
        &self,
        resource: &Resource,
        only_namespace: Option<&str>,
    ) -> impl Iterator<Item = &Value> + use<'_> {
        let plural = resource.plural;
        let only_namespace = only_namespace.map(str::to_owned);
        let from = (plural, only_namespace.clone().unwrap_or_default(), String::new());
        self.objects
            .range(from..)
            .take_while(move |((kind, namespace, _), _)| {
                *kind == plural && only_namespace.as_ref().is_none_or(|only| only == namespace)
            })
            .map(|(_, object)| object)
    }

    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.objects.values()
    }

    pub fn resource_version(&self) -> String {
        (1000 + self.version).to_string()
    }

    /// Stores an object with the next resource version and returns it.
    pub fn save(&mut self, resource: &Resource, mut object: Value) -> Value {
        self.version += 1;
        self.write_count += 1;
        put(&mut object, "/metadata/resourceVersion", self.resource_version());
        let key = key(resource, namespace(&object), name(&object));
        self.objects.insert(key, object.clone());
        object
    }

    pub fn remove(&mut self, resource: &Resource, namespace: &str, name: &str) -> Option<Value> {
        let removed = self.objects.remove(&key(resource, namespace, name))?;
        self.version += 1;
        self.write_count += 1;
        Some(removed)
    }

    /// All objects as text, with the data of Secrets also decoded.
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
