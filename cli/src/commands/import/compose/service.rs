//! A service of a Compose file.

use super::{
    Converted, Note, Peer, build, environment, health, left_out, ports, program, resources,
    value::{scalar, unescaped, variables},
    volumes,
};
use crate::{
    detect::{DraftField, DraftService},
    text,
};
use serde_yaml_ng::{Mapping, Value};
use std::collections::{BTreeMap, BTreeSet};
use toml_edit::Array;

/// A service that is converted.
pub struct Service<'a> {
    /// Its name in the Compose file.
    pub name: &'a str,
    pub fields: &'a Mapping,
    pub peers: &'a BTreeMap<String, Peer>,
    /// The folder of the Compose file, from the root of the repository.
    pub folder: &'a str,
    pub notes: Vec<Note>,
    pub secrets: BTreeSet<String>,
    pub build: Vec<DraftField>,
    pub deployment: Vec<DraftField>,
    pub env_vars: Vec<(String, String)>,
}

impl<'a> Service<'a> {
    pub fn new(
        name: &'a str,
        fields: &'a Mapping,
        peers: &'a BTreeMap<String, Peer>,
        folder: &'a str,
    ) -> Self {
        Self {
            name,
            fields,
            peers,
            folder,
            notes: Vec::new(),
            secrets: BTreeSet::new(),
            build: Vec::new(),
            deployment: Vec::new(),
            env_vars: Vec::new(),
        }
    }

    /// Adds it to what was converted. `names_of` gives the names of the variables of an `env_file`.
    pub fn convert(
        mut self,
        names_of: &dyn Fn(&str) -> Option<Vec<String>>,
        converted: &mut Converted,
    ) {
        let name = self.name_here().to_owned();
        if build::convert(&mut self) {
            ports::convert(&mut self);
            program::convert(&mut self);
            volumes::convert(&mut self);
            resources::convert(&mut self);
            health::convert(&mut self);
            environment::convert(&mut self, names_of);
            self.note_other_fields();
            if name != self.name {
                let reason = text!(
                    "is named {name} here: its name must be a DNS label",
                    "s’appelle {name} ici : son nom doit être un label DNS"
                );
                self.note("name", reason);
            }
            let secrets = std::mem::take(&mut self.secrets);
            if !secrets.is_empty() {
                let names = Array::from_iter(secrets.iter().map(String::as_str));
                self.deployment.push(DraftField::new("secrets", names));
                converted.secrets.insert(name.clone(), secrets);
            }
            converted.draft.services.push(DraftService {
                name,
                build: self.build,
                deployment: self.deployment,
                env_vars: self.env_vars,
                ..DraftService::default()
            });
        }
        converted.notes.append(&mut self.notes);
    }

    /// Its name in nokube.toml.
    pub fn name_here(&self) -> &'a str {
        self.peers.get(self.name).map_or(self.name, |peer| &peer.name)
    }

    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    pub fn note(&mut self, field: &str, reason: impl Into<String>) {
        let (service, field) = (self.name.to_owned(), field.to_owned());
        self.notes.push(Note { service, field, reason: reason.into() });
    }

    /// The text, unless Compose would substitute variables in it.
    pub fn plain(&mut self, field: &str, text: &str) -> Option<String> {
        let names = variables(text);
        if names.is_empty() {
            return Some(unescaped(text));
        }
        let names = names.join(", ");
        let reason = text!(
            "uses the variables {names}, which are not substituted; write the value into nokube.toml",
            "utilise les variables {names}, qui ne sont pas remplacées ; écrivez la valeur dans nokube.toml"
        );
        self.note(field, reason);
        None
    }

    fn note_other_fields(&mut self) {
        for field in self.fields.keys().filter_map(scalar) {
            let value = self.fields.get(field.as_str());
            if let Some(reason) = left_out::of_service(&field, value) {
                self.note(&field, reason);
            }
        }
    }
}
