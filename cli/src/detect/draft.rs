//! A nokube.toml that is to be written, with comments.

use crate::text;
use toml_edit::{DocumentMut, Item, Table, Value, value};

/// A nokube.toml that is to be written.
#[derive(Debug, Default)]
pub struct Draft {
    pub project: Option<String>,
    pub services: Vec<DraftService>,
}

#[derive(Debug, Default)]
pub struct DraftService {
    pub name: String,
    /// Lines above its first table.
    pub comments: Vec<String>,
    pub build: Vec<DraftField>,
    pub deployment: Vec<DraftField>,
    /// A table below that of the deployment.
    pub env_vars: Vec<(String, String)>,
    /// Lines of fields that may be added, as comments.
    pub suggestions: Vec<String>,
}

#[derive(Debug)]
pub struct DraftField {
    pub name: &'static str,
    pub value: Value,
    /// Lines above it.
    pub comments: Vec<String>,
}

impl DraftField {
    pub fn new(name: &'static str, value: impl Into<Value>) -> Self {
        Self { name, value: value.into(), comments: Vec::new() }
    }

    #[must_use]
    pub fn comment(mut self, line: impl Into<String>) -> Self {
        self.comments.push(line.into());
        self
    }
}

impl Draft {
    /// The text of the file.
    pub fn render(&self) -> String {
        let mut document = DocumentMut::new();
        // What is before the next table.
        let mut before = comment(&text!(
            "The services of this repository, for NoKube: `nokube up` builds and deploys them.",
            "Les services de ce dépôt, pour NoKube : `nokube up` les construit et les déploie."
        ));
        if let Some(project) = &self.project {
            document.insert("project", value(project));
            if let Some(mut key) = document.key_mut("project") {
                key.leaf_decor_mut().set_prefix(std::mem::take(&mut before));
            }
        }
        let mut services = Table::new();
        services.set_implicit(true);
        for service in &self.services {
            services.insert(&service.name, Item::Table(service.table(&mut before)));
        }
        document.insert("services", Item::Table(services));
        document.set_trailing(before);
        document.to_string()
    }
}

impl DraftService {
    fn table(&self, before: &mut String) -> Table {
        let mut service = Table::new();
        before.push('\n');
        self.comments.iter().for_each(|line| before.push_str(&comment(line)));
        service.set_implicit(true);
        if !self.build.is_empty() {
            service.insert("build", Item::Table(fields(&self.build, before)));
            before.push('\n');
        }
        let mut deployment = fields(&self.deployment, before);
        self.suggestions.iter().for_each(|line| before.push_str(&comment(line)));
        if !self.env_vars.is_empty() {
            let mut variables = Table::new();
            before.push('\n');
            variables.decor_mut().set_prefix(std::mem::take(before));
            for (name, text) in &self.env_vars {
                variables.insert(name, value(text));
            }
            deployment.insert("env_vars", Item::Table(variables));
        }
        service.insert("deployment", Item::Table(deployment));
        service
    }
}

/// A table. What is `before` it becomes its prefix.
fn fields(fields: &[DraftField], before: &mut String) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix(std::mem::take(before));
    for field in fields {
        table.insert(field.name, Item::Value(field.value.clone()));
        let comments: String = field.comments.iter().map(|line| comment(line)).collect();
        if let Some(mut key) = table.key_mut(field.name) {
            key.leaf_decor_mut().set_prefix(comments);
        }
    }
    table
}

/// A comment of one line.
fn comment(line: &str) -> String {
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# {line}\n")
}
