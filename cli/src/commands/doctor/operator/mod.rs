//! What operators check: a running platform with its own settings, and its GitHub App.
//!
//! The texts are in English only, as are the settings, what `/ready` says, and the guide for operators.

mod app_client;
mod github;
mod platform;
mod settings;

use super::finding::Finding;
use crate::error::Error;
use settings::OperatorSettings;
use std::{error::Error as StdError, path::PathBuf};

/// Where the settings are if no file is named: those of a platform, and those of `make run`.
const DEFAULT_FILES: [&str; 2] = [".env", ".nokube/settings.env"];

pub struct OperatorChecks {
    /// The platform's address. Default: the setting `platform_url`.
    pub url: Option<String>,
    /// A file with settings, besides the environment.
    pub env_file: Option<PathBuf>,
    /// The manifest that declares the settings, in place of the one of this version.
    pub manifest: Option<PathBuf>,
    /// GitHub sends lost webhooks again.
    pub redeliver: bool,
}

/// Runs all checks.
///
/// # Errors
/// The settings cannot be read.
pub async fn check(
    client: &reqwest::Client,
    checks: &OperatorChecks,
) -> Result<Vec<Finding>, Error> {
    let default_file = || DEFAULT_FILES.map(PathBuf::from).into_iter().find(|file| file.exists());
    let env_file = checks.env_file.clone().or_else(default_file);
    let settings = OperatorSettings::read(checks.manifest.as_deref(), env_file.as_deref())?;
    let url = match &checks.url {
        Some(url) => url,
        None => settings.get("platform_url"),
    };
    let mut findings = platform::check_platform(client, &settings, url).await;
    findings.extend(check_settings(&settings));
    findings.extend(github::check_github(client, &settings, checks.redeliver).await);
    Ok(findings)
}

/// An error with all its causes, in one line.
fn with_causes(error: &dyn StdError) -> String {
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

/// Checks the names and values of the settings.
fn check_settings(settings: &OperatorSettings) -> Vec<Finding> {
    let unknown = settings.unknown().map(|name| {
        let advice = "correct its name, or remove it (docs/settings.md lists all names)";
        Finding::failed(name, "is not a setting of the platform, and has no effect", advice)
    });
    let placeholders = settings.placeholders().map(|name| {
        let advice = "replace the placeholder";
        Finding::failed(name, "still has a placeholder of the guide as its value", advice)
    });
    let previous_secrets = settings.previous_secrets().map(|name| {
        Finding::ok(name, "is still set: empty it when nothing that it signed is in use any more")
    });
    unknown.chain(placeholders).chain(previous_secrets).collect()
}
