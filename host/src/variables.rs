//! The application's variables: their values, and the `{{ name }}` templates
//! that stand for them in the manifest.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use crate::manifest::Variable;

/// What the environment calls the variable `foo`: `SPIN_VARIABLE_FOO`.
const PREFIX: &str = "SPIN_VARIABLE_";

pub fn environment_name(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// A text of the manifest with `{{ name }}` in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Template {
    pub fn parse(source: &str) -> Result<Template> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .with_context(|| format!("{source:?} has a `{{{{` without its `}}}}`"))?;
            parts.push(Part::Text(text.to_string()));
            parts.push(Part::Variable(name.trim().to_string()));
            rest = after;
        }
        ensure!(!rest.contains("}}"), "{source:?} has a `}}}}` without its `{{{{`");
        parts.push(Part::Text(rest.to_string()));
        Ok(Template(parts))
    }

    /// Names that the template uses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    pub fn fill(&self, values: &Values) -> Result<String> {
        let mut filled = String::new();
        for part in &self.0 {
            filled += match part {
                Part::Text(text) => text,
                Part::Variable(name) => values
                    .0
                    .get(name)
                    .with_context(|| format!("there is no variable {name:?} under [variables]"))?,
            };
        }
        Ok(filled)
    }
}

/// Every declared variable with its value.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, String>);

/// Where values come from, the strongest first; each asked by the name that
/// it has in that place.
pub struct Sources<'a> {
    /// By the variable's own name.
    pub given: &'a BTreeMap<String, String>,
    /// By `SPIN_VARIABLE_NAME`, as the two below.
    pub environment: &'a BTreeMap<String, String>,
    pub env_file: &'a BTreeMap<String, String>,
}

impl Values {
    /// All variables that are required and have no value are named at once.
    pub fn resolve(declared: &BTreeMap<String, Variable>, sources: &Sources) -> Result<Values> {
        if let Some(name) = sources.given.keys().find(|name| !declared.contains_key(*name)) {
            bail!("there is no variable {name:?} under [variables]");
        }
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            let outside = environment_name(name);
            let value = sources
                .given
                .get(name)
                .or_else(|| sources.environment.get(&outside))
                .or_else(|| sources.env_file.get(&outside))
                .or(variable.default.as_ref());
            match value {
                Some(value) => {
                    values.insert(name.clone(), value.clone());
                }
                None => missing.push(outside),
            }
        }
        ensure!(
            missing.is_empty(),
            "{} required {} no value: set {} in the environment or in the file .env",
            missing.len(),
            if missing.len() == 1 { "variable has" } else { "variables have" },
            missing.join(", ")
        );
        Ok(Values(values))
    }
}
