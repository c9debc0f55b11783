//! `make settings`: the operator's settings, made from `spin.toml` and its comments: as one table, and as
//! the variables of a SpinApp.

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

const HEAD: &str = "\
# Settings

Made from [`spin.toml`](../spin.toml) by `make settings`; a test fails when the two differ.

Each is a Spin variable: set it as `SPIN_VARIABLE_` and the name in capitals (in the environment or in a
`.env` file beside `spin.toml`), or by any of Spin's variables providers. A **secret** belongs where you keep
secrets. *Used by* names the components that are given it. `/ready` names every setting that is missing or
malformed.

| variable | what | default | secret | used by |
|---|---|---|---|---|
";

/// # Errors
/// The manifest cannot be read, or a variable has no comment or is used by nobody.
pub fn table(manifest: &str) -> Result<String> {
    let parsed: Table = manifest.parse().context("read the manifest")?;
    let variables = parsed.get("variables").and_then(Value::as_table).context("no [variables]")?;
    let comments = comments(manifest);
    let mut rows = String::from(HEAD);
    for (name, what) in &comments {
        let variable = variables.get(*name).with_context(|| format!("{name} is no variable"))?;
        ensure!(!what.is_empty(), "{name} has no comment of its own in spin.toml");
        let users = users(&parsed, name);
        ensure!(!users.is_empty(), "no component is given {name}");
        let default = match variable.get("default").and_then(Value::as_str) {
            Some("") => String::new(),
            Some(text) => format!("`{text}`"),
            None => "required".to_owned(),
        };
        let secret = variable.get("secret").and_then(Value::as_bool).unwrap_or_default();
        let secret = if secret { "yes" } else { "" };
        let what = cell(what);
        rows += &format!("| `{name}` | {what} | {default} | {secret} | {} |\n", users.join(", "));
    }
    ensure!(comments.len() == variables.len(), "a variable is not on a line of its own");
    Ok(rows)
}

const SPINAPP: &str = "\
# Made from spin.toml by `make settings`: every setting comes from a Secret, and one that is not there has
# its default.
apiVersion: core.spinkube.dev/v1alpha1
kind: SpinApp
metadata:
  name: nokube
spec:
  variables:
";

/// A patch that gives a SpinApp every variable from a Secret.
pub fn spinapp(manifest: &str) -> String {
    let mut patch = SPINAPP.to_owned();
    for (name, _) in comments(manifest) {
        let from = match name {
            // The cluster itself keeps this one (ops/spinkube/base/deployer-token.yaml).
            "kubernetes_token" => "{ name: nokube-deployer-token, key: token }".to_owned(),
            _ => format!("{{ name: nokube-settings, key: {name}, optional: true }}"),
        };
        patch += &format!("    - name: {name}\n      valueFrom:\n        secretKeyRef: {from}\n");
    }
    patch
}

/// The variables in the order of the manifest, each with the comment before it.
fn comments(manifest: &str) -> Vec<(&str, String)> {
    let lines = manifest.lines().skip_while(|line| *line != "[variables]").skip(1);
    let mut comment = Vec::new();
    let mut found = Vec::new();
    for line in lines.take_while(|line| !line.starts_with('[')) {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some((name, _)) = line.split_once(" = ") {
            found.push((name, std::mem::take(&mut comment).join(" ")));
        }
    }
    found
}

/// The components that are given a variable, or that it opens a host to.
fn users(manifest: &Table, name: &str) -> Vec<String> {
    let none = Table::new();
    let components = manifest.get("component").and_then(Value::as_table).unwrap_or(&none);
    let placeholder = format!("{{{{ {name} }}}}");
    let mut users: Vec<String> = components
        .iter()
        .filter(|(_, component)| {
            let parts = ["variables", "allowed_outbound_hosts"];
            let mut parts = parts.iter().filter_map(|part| component.get(part));
            parts.any(|part| part.to_string().contains(&placeholder))
        })
        .map(|(component, _)| component.clone())
        .collect();
    users.sort();
    users
}

/// Text as it stands in a cell of a table, without Markdown's own meanings.
fn cell(text: &str) -> String {
    text.chars().fold(String::new(), |mut cell, c| {
        if matches!(c, '*' | '|' | '<') {
            cell.push('\\');
        }
        cell.push(c);
        cell
    })
}
