//! `make settings`: generates what follows from `spin.toml` and its comments: a Markdown table of the settings,
//! the variables of a SpinApp, and the manifest for a hosted Spin.

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

const TABLE_HEAD: &str = "\
# Settings

Generated from [`spin.toml`](../spin.toml) by `make settings`. A test fails if this file is out of date.

Each setting is a Spin variable. Set it as `SPIN_VARIABLE_` and the name in capitals, in the environment or in a
`.env` file beside `spin.toml`, or with one of Spin's variables providers. Store a **secret** where you keep
secrets. *Used by* lists the components that receive the variable. `/ready` reports every setting that is missing
or malformed.

| variable | description | default | secret | used by |
|---|---|---|---|---|
";

/// A Markdown document with a table of all settings.
///
/// # Errors
/// The manifest is invalid, or a variable has no comment, or no component uses it.
pub fn settings_table(manifest: &str) -> Result<String> {
    let parsed: Table = manifest.parse().context("read the manifest")?;
    let variables = parsed.get("variables").and_then(Value::as_table).context("no [variables]")?;
    let comments = comments(manifest);
    let mut rows = String::from(TABLE_HEAD);
    for (name, comment) in &comments {
        let variable = variables.get(*name).with_context(|| format!("{name} is not a variable"))?;
        ensure!(!comment.is_empty(), "{name} has no comment of its own in spin.toml");
        let users = users(&parsed, name);
        ensure!(!users.is_empty(), "no component uses {name}");
        let default = match variable.get("default").and_then(Value::as_str) {
            Some("") => String::new(),
            Some(text) => format!("`{text}`"),
            None => "required".to_owned(),
        };
        let secret = variable.get("secret").and_then(Value::as_bool).unwrap_or_default();
        let secret = if secret { "yes" } else { "" };
        let description = escape_markdown(comment);
        rows += &format!(
            "| `{name}` | {description} | {default} | {secret} | {} |\n",
            users.join(", ")
        );
    }
    ensure!(comments.len() == variables.len(), "spin.toml must have each variable on its own line");
    Ok(rows)
}

const SPINAPP_HEAD: &str = "\
# Generated from spin.toml by `make settings`. Every setting is read from a Secret. A missing one has its
# default.
apiVersion: core.spinkube.dev/v1alpha1
kind: SpinApp
metadata:
  name: nokube
spec:
  variables:
";

/// A patch for a SpinApp that reads every variable from a Secret.
pub fn spinapp_patch(manifest: &str) -> String {
    let mut patch = SPINAPP_HEAD.to_owned();
    for (name, _) in comments(manifest) {
        let secret_key = match name {
            // A Secret that Kubernetes fills in (ops/spinkube/base/deployer-token.yaml).
            "kubernetes_token" => "{ name: nokube-deployer-token, key: token }".to_owned(),
            _ => format!("{{ name: nokube-settings, key: {name}, optional: true }}"),
        };
        patch +=
            &format!("    - name: {name}\n      valueFrom:\n        secretKeyRef: {secret_key}\n");
    }
    patch
}

const HOSTED_HEAD: &str = "\
# Generated from spin.toml by `make settings`: the manifest for a hosted Spin (docs/hosted-spin.md). Its components import
# no key-value store.

";

/// What the manifest for a hosted Spin has in place of what `spin.toml` has.
const HOSTED_CHANGES: [(&str, &str); 4] = [
    ("source = \"target/wasm32-wasip2/", "source = \"target/hosted/wasm32-wasip2/"),
    ("key_value_stores = [\"default\"]\n", ""),
    (
        "cargo rustc --release --target wasm32-wasip2 ",
        "cargo rustc --release --target wasm32-wasip2 --target-dir target/hosted --features nokube-edge/hosted ",
    ),
    (
        "Needed if several hosts serve the platform. Empty: Spin's key-value store.",
        "Required, because these components import no key-value store.",
    ),
];

/// The manifest of the components that are built for a hosted Spin.
///
/// # Errors
/// The manifest has nothing that one of the changes is about.
pub fn hosted_manifest(manifest: &str) -> Result<String> {
    let mut hosted = HOSTED_HEAD.to_owned() + manifest;
    for (text, replacement) in HOSTED_CHANGES {
        ensure!(hosted.contains(text), "the manifest does not contain {text:?}");
        hosted = hosted.replace(text, replacement);
    }
    Ok(hosted)
}

/// The variables' names in the order of the manifest, each with the comment above it.
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

/// The components that use a variable in their variables or allowed hosts.
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

/// Escapes Markdown's special characters in a table cell.
fn escape_markdown(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        if matches!(c, '*' | '|' | '<') {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}
