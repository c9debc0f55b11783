//! Checks a GitHub App: its permissions, its events, its webhook's configuration and lost deliveries.

use nokube_domain::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The permissions that the App needs: run workflows and read their logs, read sources, receive events about
/// pushed images, and read a person's organisations and teams.
pub const PERMISSIONS: [(&str, &str); 5] = [
    ("actions", "write"),
    ("contents", "read"),
    ("members", "read"),
    ("metadata", "read"),
    ("packages", "read"),
];

/// The webhook events that the App must be subscribed to.
pub const EVENTS: [&str; 3] = ["package", "workflow_job", "workflow_run"];

/// Seconds within which GitHub can redeliver a webhook.
const REDELIVERY_WINDOW: i64 = 3 * 24 * 3600;

/// The App as it is registered at GitHub.
#[derive(Deserialize)]
pub struct AppSettings {
    /// Its page at GitHub.
    pub html_url: String,
    permissions: BTreeMap<String, String>,
    events: Vec<String>,
}

impl AppSettings {
    /// The permissions and events that are missing, as phrases.
    pub fn missing(&self) -> Vec<String> {
        let granted = |name: &str, level: &str| {
            self.permissions.get(name).is_some_and(|granted| granted == level || granted == "write")
        };
        let permissions = PERMISSIONS.iter().filter(|(name, level)| !granted(name, level));
        let permissions =
            permissions.map(|(name, level)| format!("the permission '{name}: {level}'"));
        let events = EVENTS.iter().filter(|event| !self.events.iter().any(|name| name == *event));
        permissions.chain(events.map(|event| format!("the event '{event}'"))).collect()
    }
}

/// The configuration of the App's webhook.
#[derive(Deserialize)]
pub struct WebhookConfig {
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    content_type: String,
    /// GitHub shows it as asterisks.
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
    pub status: String,
    status_code: u16,
    pub event: String,
    pub action: Option<String>,
}

/// The deliveries to repeat: of `failed` (newest first), one for each event that was not delivered later and can
/// still be redelivered, oldest first. `newest` are the newest deliveries, successful ones included.
pub fn undelivered(failed: Vec<Delivery>, newest: &[Delivery], now: Timestamp) -> Vec<Delivery> {
    let is_delivered = |delivery: &&Delivery| (200..400).contains(&delivery.status_code);
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
