//! Reads `spin.toml` (manifest version 2). An unknown key is an error, because ignoring it could run the
//! application differently than in Spin.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub spin_manifest_version: u32,
    pub application: Application,
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    pub trigger: Triggers,
    #[serde(default)]
    pub component: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    pub name: String,
    pub version: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub authors: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub default: Option<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub secret: bool,
    pub description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    #[serde(default)]
    pub http: Vec<HttpTrigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    pub id: Option<String>,
    pub route: Route,
    pub component: Option<String>,
    pub static_response: Option<StaticResponse>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Route {
    Public(String),
    /// `{ private = true }`: only other components can call it.
    Private {
        private: bool,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticResponse {
    pub status_code: Option<u16>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub description: Option<String>,
    /// Must be a path, relative to the manifest. Downloads are not supported.
    pub source: toml::Value,
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// Labels of stores. The runtime configuration defines which stores exist.
    #[serde(default)]
    pub key_value_stores: BTreeSet<String>,
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Build instructions, ignored.
    pub build: Option<toml::Value>,
    files: Option<toml::Value>,
}

impl Component {
    /// The path of the component's file, relative to the manifest.
    pub fn path(&self) -> Result<&str> {
        self.source
            .as_str()
            .context("`source` must be a path, because the local host does not download components")
    }
}

impl Manifest {
    pub fn parse(text: &str) -> Result<Manifest> {
        let manifest: Manifest = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        ensure!(
            self.spin_manifest_version == 2,
            "spin_manifest_version must be 2, not {}",
            self.spin_manifest_version
        );
        for (name, variable) in &self.variables {
            check_variable_name(name)?;
            ensure!(
                variable.required != variable.default.is_some(),
                "variable {name:?} must have either `required = true` or a `default`"
            );
        }
        for (id, component) in &self.component {
            component.check().with_context(|| format!("component {id:?}"))?;
        }
        for trigger in &self.trigger.http {
            self.check_trigger(trigger)?;
        }
        Ok(())
    }

    fn check_trigger(&self, trigger: &HttpTrigger) -> Result<()> {
        if let Route::Private { private: false } = trigger.route {
            bail!("a route must be a path or `{{ private = true }}`, not `{{ private = false }}`");
        }
        match (&trigger.component, &trigger.static_response) {
            (Some(id), None) => ensure!(
                self.component.contains_key(id),
                "a trigger has the component {id:?}, but there is no [component.{id}]"
            ),
            (None, Some(_)) => {}
            _ => bail!(
                "a trigger must have either a `component` or a `static_response`: {trigger:?}"
            ),
        }
        Ok(())
    }
}

impl Component {
    fn check(&self) -> Result<()> {
        self.path()?;
        ensure!(self.files.is_none(), "`files` is not supported by the local host");
        self.variables.keys().try_for_each(|name| check_variable_name(name))
    }
}

fn check_variable_name(name: &str) -> Result<()> {
    ensure!(
        is_variable_name(name),
        "invalid variable name {name:?}: use lower-case letters, digits and _"
    );
    Ok(())
}

/// Spin's rule for variable names.
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
