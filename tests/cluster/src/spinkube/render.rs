//! An operator's copy of `ops/spinkube/example`, rendered.

use anyhow::{Context, Result, ensure};
use nokube_dev_cluster::Cluster;
use nokube_tests::{
    GITHUB_TOKEN, JWT_SECRET, REDIS_PASSWORD, SECRET_NAMES_KEY, SESSION_SECRET, WEBHOOK_SECRET,
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Command};

const OPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/spinkube");

/// The platform's public host, as in the example.
pub const HOST: &str = "nokube.example.org";

/// What the installation has in place of the example's settings.
pub struct Settings {
    /// The simulated GitHub, which is also the registry.
    pub github_url: String,
}

impl Settings {
    fn values(&self) -> BTreeMap<&'static str, String> {
        [
            ("platform_url", format!("https://{HOST}")),
            ("auth_session_secret", SESSION_SECRET.into()),
            ("auth_jwt_secret", JWT_SECRET.into()),
            ("auth_jwt_subjects_are_github_logins", "true".into()),
            ("auth_administrators", "root".into()),
            ("auth_allowed_organisations", String::new()),
            ("github_api_url", self.github_url.clone()),
            ("github_token", GITHUB_TOKEN.into()),
            ("github_webhook_secret", WEBHOOK_SECRET.into()),
            ("github_builder_repository", nokube_tests::BUILDER_REPOSITORY.into()),
            ("registry_api_url", self.github_url.clone()),
            ("registry_namespace", "platform".into()),
            ("secret_names_key", SECRET_NAMES_KEY.into()),
            ("foreign_images", "*.example.org".into()),
            ("build_quiet_seconds", "1".into()),
            ("apps_gateway", "traefik/main".into()),
            ("apps_entrance_namespace", "traefik".into()),
        ]
        .into()
    }
}

/// Copies the example, edits it as docs/spinkube.md says, and renders it.
pub fn render(cluster: &Cluster, settings: &Settings) -> Result<Vec<Value>> {
    let folder = tempfile::tempdir()?;
    for part in ["base", "example"] {
        copy(&Path::new(OPS).join(part), &folder.path().join(part))?;
    }
    let mine = folder.path().join("example");
    edit(&mine.join("valkey.conf"), &[("PASSWORD", REDIS_PASSWORD)])?;
    edit(&mine.join("settings.env"), &[("PASSWORD", REDIS_PASSWORD)])?;
    set_values(&mine.join("settings.env"), settings.values())?;
    edit(&mine.join("kustomization.yaml"), &[("value: gateway", "value: traefik")])?;
    edit(
        &mine.join("httproute.yaml"),
        // The Gateway of the tests has a certificate for the services only.
        &[
            ("namespace: gateway", "namespace: traefik"),
            ("sectionName: https", "sectionName: http"),
        ],
    )?;
    let kubectl = cluster.programs().path("kubectl");
    let output = Command::new(kubectl).arg("kustomize").arg(&mine).output().context("kubectl")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    Ok(documents.map(Value::deserialize).collect::<Result<_, _>>()?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        fs::copy(file.path(), to.join(name.strip_suffix(".example").unwrap_or(&name)))?;
    }
    Ok(())
}

fn edit(file: &Path, changes: &[(&str, &str)]) -> Result<()> {
    let mut text = fs::read_to_string(file)?;
    for (old, new) in changes {
        ensure!(text.contains(old), "{} does not contain {old}", file.display());
        text = text.replace(old, new);
    }
    Ok(fs::write(file, text)?)
}

/// Sets values in a file of lines `name=value`; those that it has no line for are added.
fn set_values(file: &Path, mut values: BTreeMap<&str, String>) -> Result<()> {
    let mut lines = Vec::new();
    for line in fs::read_to_string(file)?.lines() {
        let value = line.split_once('=').and_then(|(name, _)| Some((name, values.remove(name)?)));
        lines.push(value.map_or(line.to_owned(), |(name, value)| format!("{name}={value}")));
    }
    lines.extend(values.into_iter().map(|(name, value)| format!("{name}={value}")));
    Ok(fs::write(file, lines.join("\n"))?)
}
