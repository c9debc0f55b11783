//! The operator's variables, from where Spin takes them: the environment, `.env`, the manifest.

use anyhow::{Context, Result, anyhow};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use toml::{Table, Value};

/// What variables are called by, where Spin takes them from.
const PREFIX: &str = "SPIN_VARIABLE_";

pub struct Operator {
    values: BTreeMap<String, String>,
    /// What is set and is no setting.
    strange: BTreeSet<String>,
}

impl Operator {
    /// # Errors
    /// A file cannot be read.
    pub fn read(manifest: &Path, env_file: Option<&Path>) -> Result<Self> {
        let text = fs::read_to_string(manifest);
        let text = text.with_context(|| format!("read {}", manifest.display()))?;
        let parsed: Table = text.parse().with_context(|| format!("read {}", manifest.display()))?;
        let variables = parsed.get("variables").and_then(Value::as_table);
        let default = |variable: &Value| Some(variable.get("default")?.as_str()?.to_owned());
        let mut values: BTreeMap<String, String> = variables
            .into_iter()
            .flatten()
            .map(|(name, variable)| (name.clone(), default(variable).unwrap_or_default()))
            .collect();
        let name = env_file.map_or_else(String::new, |file| file.display().to_string());
        let file = env_file.map_or_else(|| Ok(String::new()), fs::read_to_string);
        let file = file.with_context(|| format!("read {name}"))?;
        // SpinKube's settings.env has the variables' own names, and values as they are.
        let mut dotenv = String::new();
        for line in file.lines() {
            match line.split_once('=').filter(|(name, _)| values.contains_key(*name)) {
                Some((name, value)) => {
                    values.insert(name.to_owned(), value.to_owned());
                }
                None => dotenv.push_str(line),
            }
            dotenv.push('\n'); // Lines keep their numbers.
        }
        let dotenv = dotenvy::from_read_iter(dotenv.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| anyhow!("{name}{}", unreadable(&error, &dotenv)))?;
        // A variable of ours that is not UTF-8 is as good as not set. What else the environment has is nobody's.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let environment = environment.filter(|(name, _)| name.starts_with(PREFIX));
        let mut strange = BTreeSet::new();
        for (name, value) in dotenv.into_iter().chain(environment) {
            let setting = name.strip_prefix(PREFIX).map(str::to_lowercase);
            match setting.and_then(|setting| values.get_mut(&setting)) {
                Some(known) => *known = value,
                None => {
                    strange.insert(name);
                }
            }
        }
        Ok(Self { values, strange })
    }

    pub fn strange(&self) -> impl Iterator<Item = &str> {
        self.strange.iter().map(String::as_str)
    }

    /// Settings that still have what the guide has you replace.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        let marks = ["YOUR-", "THE-USER", "my-org", "nokube.example.org", "apps.example.org"];
        let is_left =
            move |(_, value): &(&String, &String)| marks.iter().any(|mark| value.contains(mark));
        self.values.iter().filter(is_left).map(|(name, _)| name.as_str())
    }

    /// The secrets from before a change that are still taken.
    pub fn previous(&self) -> impl Iterator<Item = &str> {
        let is_set =
            |(name, value): &(&String, &String)| name.ends_with("_previous") && !value.is_empty();
        self.values.iter().filter(is_set).map(|(name, _)| name.as_str())
    }

    /// Empty if it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

/// Where a file cannot be read. The line itself is not told: it holds a secret as likely as not, and what
/// is told ends up in tickets.
fn unreadable(error: &dotenvy::Error, text: &str) -> String {
    let dotenvy::Error::LineParse(line, _) = error else { return " cannot be read".to_owned() };
    let before = text.split(line.as_str()).next().unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    format!(
        ":{number} cannot be read. A value with blanks, quotes or # in it stands between single quotes, \
         which are closed on the same line"
    )
}
