//! The operator's settings, read from the same places as Spin: the environment, `.env`, the manifest.

use crate::{Error, config::file_error};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use toml::{Table, Value};

const PREFIX: &str = "SPIN_VARIABLE_";

/// The manifest of this version, which declares the settings.
const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml"));

pub struct OperatorSettings {
    values: BTreeMap<String, String>,
    /// Variables that are set, but are not settings of the platform.
    unknown: BTreeSet<String>,
}

impl OperatorSettings {
    /// `manifest`: in place of the one of this version.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(manifest: Option<&Path>, env_file: Option<&Path>) -> Result<Self, Error> {
        let mut values = declared(manifest)?;
        let file_name = env_file.map_or_else(String::new, |file| file.display().to_string());
        let text = env_file.map_or_else(|| Ok(String::new()), read_file)?;
        // SpinKube's settings.env has names without the prefix and values without quotes. dotenvy reads the
        // other lines, as Spin does.
        let mut dotenv = String::new();
        for line in text.lines() {
            match line.split_once('=').filter(|(name, _)| values.contains_key(*name)) {
                Some((name, value)) => {
                    values.insert(name.to_owned(), value.to_owned());
                }
                None => dotenv.push_str(line),
            }
            dotenv.push('\n'); // Keeps the line numbers for error messages.
        }
        let dotenv =
            dotenvy::from_read_iter(dotenv.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(
                |error| Error::failed(format!("{file_name}{}", describe_error(&error, &dotenv))),
            )?;
        // Variables that are not UTF-8 are ignored, like in the local host.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let environment = environment.filter(|(name, _)| name.starts_with(PREFIX));
        let mut unknown = BTreeSet::new();
        for (name, value) in dotenv.into_iter().chain(environment) {
            let setting = name.strip_prefix(PREFIX).map(str::to_lowercase);
            match setting.and_then(|setting| values.get_mut(&setting)) {
                Some(setting) => *setting = value,
                None => {
                    unknown.insert(name);
                }
            }
        }
        Ok(Self { values, unknown })
    }

    /// Variables that are set, but are not settings of the platform.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// Settings whose value still contains a placeholder of the installation guide.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        let placeholders =
            ["YOUR-", "THE-USER", "my-org", "nokube.example.org", "apps.example.org", ":PASSWORD@"];
        let has_placeholder = move |(_, value): &(&String, &String)| {
            placeholders.iter().any(|placeholder| value.contains(placeholder))
        };
        self.values.iter().filter(has_placeholder).map(|(name, _)| name.as_str())
    }

    /// Previous secrets that are still accepted.
    pub fn previous_secrets(&self) -> impl Iterator<Item = &str> {
        let is_set =
            |(name, value): &(&String, &String)| name.ends_with("_previous") && !value.is_empty();
        self.values.iter().filter(is_set).map(|(name, _)| name.as_str())
    }

    /// The value of a setting. Empty if it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

/// The settings that the manifest declares, with their defaults.
fn declared(manifest: Option<&Path>) -> Result<BTreeMap<String, String>, Error> {
    let text = manifest.map_or_else(|| Ok(MANIFEST.to_owned()), read_file)?;
    let name = manifest.unwrap_or(Path::new("spin.toml"));
    let manifest: Table = text.parse().map_err(|error| file_error(name, &error))?;
    let variables = manifest.get("variables").and_then(Value::as_table);
    let default = |variable: &Value| Some(variable.get("default")?.as_str()?.to_owned());
    let declared = variables
        .into_iter()
        .flatten()
        .map(|(name, variable)| (name.clone(), default(variable).unwrap_or_default()));
    Ok(declared.collect())
}

fn read_file(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(|error| file_error(file, &error))
}

/// The line number of a parse error. Does not include the line: it may contain a secret, and operators paste
/// the output into tickets.
fn describe_error(error: &dotenvy::Error, text: &str) -> String {
    let dotenvy::Error::LineParse(line, _) = error else { return " cannot be read".to_owned() };
    let before = text.split(line.as_str()).next().unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    format!(
        ":{number} cannot be read. Put a value with spaces, quotes or # between single quotes, on one line"
    )
}
