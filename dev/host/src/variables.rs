//! The application's variables, and the `{{ name }}` templates of the manifest.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use crate::manifest::Variable;

const PREFIX: &str = "SPIN_VARIABLE_";

/// `SPIN_VARIABLE_FOO` for the variable `foo`.
pub fn environment_name(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// The values of all declared variables, by name.
#[derive(Debug, Clone, Default)]
pub struct ResolvedVariables(BTreeMap<String, String>);

/// The sources of values, in the order of precedence.
pub struct VariableSources<'a> {
    /// By variable name.
    pub overrides: &'a BTreeMap<String, String>,
    /// By `SPIN_VARIABLE_NAME`, like `env_file`.
    pub environment: &'a BTreeMap<String, String>,
    pub env_file: &'a BTreeMap<String, String>,
}

impl ResolvedVariables {
    /// # Errors
    /// Required variables have no value: the error lists all of them. Or an override is not a declared
    /// variable.
    pub fn resolve(
        declared: &BTreeMap<String, Variable>,
        sources: &VariableSources,
    ) -> Result<ResolvedVariables> {
        if let Some(name) = sources.overrides.keys().find(|name| !declared.contains_key(*name)) {
            bail!("there is no variable {name:?} under [variables]");
        }
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            let environment_name = environment_name(name);
            let value = sources
                .overrides
                .get(name)
                .or_else(|| sources.environment.get(&environment_name))
                .or_else(|| sources.env_file.get(&environment_name))
                .or(variable.default.as_ref());
            match value {
                Some(value) => {
                    values.insert(name.clone(), value.clone());
                }
                None => missing.push(environment_name),
            }
        }
        ensure!(
            missing.is_empty(),
            "{} required {} no value: set {} in the environment or in the file .env",
            missing.len(),
            if missing.len() == 1 { "variable has" } else { "variables have" },
            missing.join(", ")
        );
        Ok(ResolvedVariables(values))
    }

    /// Replaces each `{{ name }}` in a text of the manifest by the variable's value.
    pub fn expand(&self, source: &str) -> Result<String> {
        let mut expanded = String::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .with_context(|| format!("{source:?} has `{{{{` without `}}}}`"))?;
            let name = name.trim();
            expanded += text;
            expanded += self
                .0
                .get(name)
                .with_context(|| format!("there is no variable {name:?} under [variables]"))?;
            rest = after;
        }
        ensure!(!rest.contains("}}"), "{source:?} has `}}}}` without `{{{{`");
        Ok(expanded + rest)
    }
}
