//! A Compose file as a nokube.toml. Nothing is substituted, and no value of a secret is copied.
//!
//! <https://github.com/compose-spec/compose-spec/blob/main/spec.md>

mod build;
mod environment;
mod health;
mod left_out;
mod ports;
mod program;
mod resources;
mod service;
mod size;
#[cfg(test)]
mod tests;
mod value;
mod volumes;

use crate::{
    Result,
    commands::env::file as env_file,
    config::file_error,
    detect::{Draft, service_name, unique_name},
    text,
};
use serde::Serialize;
use serde_yaml_ng::{Mapping, Value};
use service::Service;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use value::scalar;

/// The most bytes of a file.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads a text, not much further than the most bytes of a file: a link in a repository may lead to a device.
fn limited(input: impl Read) -> io::Result<String> {
    io::read_to_string(input.take(MAX_BYTES as u64 + 1))
}

/// A Compose file that was read.
pub struct Compose {
    document: Mapping,
    /// Its folder, from the root of the repository. Empty: the root.
    folder: String,
    /// Its folder, for the files that it names.
    path: PathBuf,
}

/// Something that is not carried over, and why.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Empty: the whole file.
    pub service: String,
    pub field: String,
    pub reason: String,
}

/// What was made of a Compose file.
#[derive(Debug, Default)]
pub struct Converted {
    pub draft: Draft,
    pub notes: Vec<Note>,
    /// The names of the secrets of each service.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
}

/// What another service of the file is here.
struct Peer {
    name: String,
    port: u16,
}

impl Compose {
    /// Reads a file, or standard input for `-`. `root` is the root of the repository.
    ///
    /// # Errors
    /// It cannot be read, is not YAML, or has no services.
    pub fn read(file: &Path, root: &Path) -> Result<Self> {
        let is_input = file == Path::new("-");
        let text = match is_input {
            true => limited(io::stdin()),
            false => File::open(file).and_then(limited),
        };
        let text = text.map_err(|error| file_error(file, &error))?;
        let path = if is_input { root } else { file.parent().unwrap_or(root) };
        let folder = path.strip_prefix(root).unwrap_or(Path::new(""));
        let folder = folder.to_string_lossy().replace('\\', "/");
        Self::parse(&text, &folder, path).map_err(|detail| file_error(file, &detail))
    }

    fn parse(text: &str, folder: &str, path: &Path) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(text!("is larger than 1 MiB", "dépasse 1 Mio"));
        }
        if size::is_too_large(text) {
            return Err(text!("has too many values", "a trop de valeurs"));
        }
        let mut document: Value =
            serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
        // `<<: *defaults`
        document.apply_merge().map_err(|error| error.to_string())?;
        match document {
            Value::Mapping(document) if document.get("services").is_some_and(Value::is_mapping) => {
                Ok(Self { document, folder: folder.to_owned(), path: path.to_owned() })
            }
            _ => Err(text!("has no services", "n’a pas de services")),
        }
    }

    fn services(&self) -> impl Iterator<Item = (String, &Mapping)> {
        let services = self.document.get("services").and_then(Value::as_mapping);
        let services = services.into_iter().flatten();
        services.filter_map(|(name, service)| Some((scalar(name)?, service.as_mapping()?)))
    }

    /// Whether a service is built from the repository.
    pub fn has_services(&self) -> bool {
        self.services().any(|(_, service)| service.contains_key("build"))
    }

    /// Makes a nokube.toml of it.
    pub fn convert(&self) -> Converted {
        let mut converted = Converted::default();
        self.note_top_level(&mut converted.notes);
        let (mut taken, mut peers) = (BTreeSet::new(), BTreeMap::new());
        for (name, fields) in self.services() {
            let port = ports::peer_port(fields);
            let peer = Peer { name: unique_name(&service_name(&name), &mut taken), port };
            peers.insert(name, peer);
        }
        for (name, fields) in self.services() {
            let service = Service::new(&name, fields, &peers, &self.folder);
            service.convert(&|file| self.names_of(file), &mut converted);
        }
        converted
    }

    fn note_top_level(&self, notes: &mut Vec<Note>) {
        for field in self.document.keys().filter_map(scalar) {
            if let Some(reason) = left_out::of_file(&field) {
                notes.push(Note { service: String::new(), field, reason });
            }
        }
    }

    /// The names of the variables in a file. `None` if it cannot be read.
    fn names_of(&self, file: &str) -> Option<Vec<String>> {
        env_file::names(&self.path.join(file))
    }
}
