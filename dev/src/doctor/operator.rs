//! The operator's variables, from where Spin takes them: the environment, `.env`, the manifest.

use anyhow::{Context, Result};
use std::{collections::BTreeMap, fs, path::Path};
use toml::{Table, Value};

pub struct Operator {
    values: BTreeMap<String, String>,
}

impl Operator {
    /// # Errors
    /// A file cannot be read. There need not be an `env_file`.
    pub fn read(manifest: &Path, env_file: &Path) -> Result<Self> {
        let text = fs::read_to_string(manifest);
        let text = text.with_context(|| format!("read {}", manifest.display()))?;
        let parsed: Table = text.parse().with_context(|| format!("read {}", manifest.display()))?;
        let variables = parsed.get("variables").and_then(Value::as_table);
        let mut values: BTreeMap<String, String> = variables
            .into_iter()
            .flatten()
            .filter_map(|(name, variable)| {
                Some((name.clone(), variable.get("default")?.as_str()?.to_owned()))
            })
            .collect();
        let file = if env_file.exists() { fs::read_to_string(env_file) } else { Ok(String::new()) };
        let file = file.with_context(|| format!("read {}", env_file.display()))?;
        // SpinKube's settings.env has the variables' own names, and values as they are.
        let plain =
            |line: &&str| line.split_once('=').is_some_and(|(name, _)| values.contains_key(name));
        let (plain, dotenv): (Vec<_>, Vec<_>) = file.lines().partition(plain);
        let dotenv = dotenvy::from_read_iter(dotenv.join("\n").as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("{} cannot be read", env_file.display()))?;
        for (name, value) in plain.iter().filter_map(|line| line.split_once('=')) {
            values.insert(name.to_owned(), value.to_owned());
        }
        // A variable of ours that is not UTF-8 is as good as not set.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        for (name, value) in dotenv.into_iter().chain(environment) {
            if let Some(name) = name.strip_prefix("SPIN_VARIABLE_") {
                values.insert(name.to_lowercase(), value);
            }
        }
        Ok(Self { values })
    }

    /// Empty if it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}
