//! Checks a GitHub App: its permissions, its events, its webhook's configuration and lost deliveries.

use crate::{Api, lenient, responses::Repository};
use nokube_domain::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The permissions that the App needs: run workflows and read their logs, read sources and pull requests, receive events
/// about pushed images, report commit statuses and deployments, and read a person's organisations and teams.
pub const PERMISSIONS: [(&str, &str); 8] = [
    ("actions", "write"),
    ("contents", "read"),
    ("deployments", "write"),
    ("members", "read"),
    ("metadata", "read"),
    ("packages", "read"),
    ("pull_requests", "read"),
    ("statuses", "write"),
];

/// The webhook events that the App must be subscribed to.
pub const EVENTS: [&str; 8] = [
    "create",
    "delete",
    "package",
    "pull_request",
    "push",
    "repository",
    "workflow_job",
    "workflow_run",
];

/// Seconds within which GitHub can redeliver a webhook.
const REDELIVERY_WINDOW: i64 = 3 * 24 * 3600;

/// The App as it is registered at GitHub.
#[derive(Deserialize)]
pub struct AppSettings {
    /// Its page at GitHub.
    pub html_url: String,
    #[serde(default, deserialize_with = "lenient::texts")]
    permissions: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "lenient::list")]
    events: Vec<String>,
}

impl AppSettings {
    /// The permissions and events that are missing, as phrases.
    pub fn missing(&self) -> Vec<String> {
        let events = EVENTS.iter().filter(|event| !self.events.iter().any(|name| name == *event));
        let events = events.map(|event| format!("the event '{event}'"));
        missing_permissions(&self.permissions).into_iter().chain(events).collect()
    }
}

/// An installation of the App, with what its account has accepted of the App's permissions and events.
#[derive(Deserialize)]
pub struct InstallationSettings {
    #[serde(default, deserialize_with = "lenient::optional")]
    account: Option<Account>,
    /// Its settings, whose page is the one on which the account's owner accepts new permissions.
    #[serde(flatten)]
    pub accepted: AppSettings,
    #[serde(default, deserialize_with = "lenient::optional")]
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

impl InstallationSettings {
    /// The login of the user or organisation that has installed the App.
    pub fn account(&self) -> &str {
        self.account.as_ref().map_or("an unknown account", |account| &account.login)
    }

    /// Whether the account or GitHub has suspended it.
    pub fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }

    /// What the account has not accepted, of what the App has.
    pub fn not_accepted(&self, app: &AppSettings) -> Vec<String> {
        let app_lacks = app.missing();
        self.accepted.missing().into_iter().filter(|missing| !app_lacks.contains(missing)).collect()
    }
}

/// The permissions that are missing among these, as phrases.
pub fn missing_permissions(granted: &BTreeMap<String, String>) -> Vec<String> {
    let is_granted = |name: &str, level: &str| {
        granted.get(name).is_some_and(|granted| granted == level || granted == "write")
    };
    let missing = PERMISSIONS.iter().filter(|(name, level)| !is_granted(name, level));
    missing.map(|(name, level)| format!("the permission '{name}: {level}'")).collect()
}

/// What there is to say about the builder repository, whose workflow is there: its state, or why it cannot be used.
/// `repository` is GitHub's response about it.
///
/// # Errors
/// Why no build can be started.
pub fn builder_health(api: &Api, repository: Option<&Repository>) -> Result<String, String> {
    let Api { builder, workflow, .. } = api;
    if repository.is_some_and(|repository| repository.archived) {
        return Err(format!(
            "the builder repository {builder} is archived, so it can only be read: unarchive it at GitHub"
        ));
    }
    let present_name = repository.and_then(|repository| repository.full_name.as_ref());
    let detail = format!("the workflow {workflow} of {builder} is there");
    Ok(match present_name.map(ToString::to_string) {
        Some(name) if !name.eq_ignore_ascii_case(&builder.to_string()) => format!(
            "{detail}, but the builder repository is now called {name}: change the setting \
             github_builder_repository before somebody else uses the old name"
        ),
        _ => detail,
    })
}

/// The configuration of the App's webhook.
#[derive(Deserialize)]
pub struct WebhookConfig {
    #[serde(default, deserialize_with = "lenient::text")]
    pub url: String,
    #[serde(default, deserialize_with = "lenient::text")]
    content_type: String,
    /// GitHub shows it as asterisks.
    #[serde(default, deserialize_with = "lenient::optional")]
    secret: Option<String>,
}

impl WebhookConfig {
    /// What is wrong with it, for webhooks that are to be sent to `url`.
    pub fn errors(&self, url: &str) -> Vec<String> {
        let mut errors = Vec::new();
        if self.url != url {
            errors.push(format!("its URL is '{}' and must be {url}", self.url));
        }
        if self.content_type != "json" {
            errors.push("its content type must be application/json".to_owned());
        }
        if self.secret.as_deref().is_none_or(str::is_empty) {
            errors.push("it has no secret".to_owned());
        }
        errors
    }
}

/// One delivery of a webhook.
#[derive(Clone, Debug, Deserialize)]
pub struct Delivery {
    pub id: u64,
    /// The same for every delivery of one event.
    guid: String,
    delivered_at: Timestamp,
    /// GitHub's text: `OK`, `failed to connect`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: String,
    /// None if there was no response.
    #[serde(default, deserialize_with = "lenient::optional")]
    status_code: Option<u16>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub event: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    pub action: Option<String>,
}

/// The deliveries to repeat: of `failed` (newest first), one for each event that was not delivered later and can
/// still be redelivered, oldest first. `newest` are the newest deliveries, successful ones included.
pub fn undelivered(failed: Vec<Delivery>, newest: &[Delivery], now: Timestamp) -> Vec<Delivery> {
    let is_delivered = |delivery: &&Delivery| {
        delivery.status_code.is_some_and(|status| (200..400).contains(&status))
    };
    let delivered = newest.iter().filter(is_delivered).map(|delivery| delivery.guid.as_str());
    let mut done: BTreeSet<String> = delivered.map(Into::into).collect();
    let since = now.as_second() - REDELIVERY_WINDOW;
    let mut undelivered: Vec<_> = failed
        .into_iter()
        .filter(|delivery| delivery.delivered_at.as_second() > since)
        .filter(|delivery| done.insert(delivery.guid.clone()))
        .collect();
    undelivered.reverse();
    undelivered
}
