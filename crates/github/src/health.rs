//! Whether a GitHub App is as the platform needs it: its rights, its events, where its webhooks go and
//! which of them were lost.

use crate::{Response, answer::Unreadable};
use nokube_domain::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The rights that the App needs, and no others: run workflows and read their logs, read sources, be
/// told of pushed images, and ask for a person's organisations and teams.
pub const PERMISSIONS: [(&str, &str); 5] = [
    ("actions", "write"),
    ("contents", "read"),
    ("members", "read"),
    ("metadata", "read"),
    ("packages", "read"),
];

/// What the App's webhooks must tell.
pub const EVENTS: [&str; 3] = ["package", "workflow_job", "workflow_run"];

/// Seconds for which GitHub sends a webhook again.
const REDELIVERED_FOR: i64 = 3 * 24 * 3600;

/// The App as GitHub has it.
#[derive(Deserialize)]
pub struct AppAsItIs {
    /// Where people see it.
    pub html_url: String,
    permissions: BTreeMap<String, String>,
    events: Vec<String>,
}

impl AppAsItIs {
    /// # Errors
    /// The body is no App.
    pub fn of(response: &Response) -> Result<Self, Unreadable> {
        Ok(serde_json::from_slice(response.body())?)
    }

    /// Rights and events that it lacks, as they are written here.
    pub fn lacks(&self) -> Vec<String> {
        let granted = |name: &str, level: &str| {
            self.permissions.get(name).is_some_and(|has| has == level || has == "write")
        };
        let permissions = PERMISSIONS.iter().filter(|(name, level)| !granted(name, level));
        let permissions =
            permissions.map(|(name, level)| format!("the permission '{name}: {level}'"));
        let events = EVENTS.iter().filter(|event| !self.events.iter().any(|has| has == *event));
        permissions.chain(events.map(|event| format!("the event '{event}'"))).collect()
    }
}

/// Where the App's webhooks go.
#[derive(Deserialize)]
pub struct Hook {
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    content_type: String,
    /// Shown as stars.
    secret: Option<String>,
}

impl Hook {
    /// # Errors
    /// The body is no configuration of a webhook.
    pub fn of(response: &Response) -> Result<Self, Unreadable> {
        Ok(serde_json::from_slice(response.body())?)
    }

    /// What is wrong with it, if they are to go to `url`.
    pub fn faults(&self, url: &str) -> Vec<String> {
        let mut faults = Vec::new();
        if self.url != url {
            faults.push(format!("its URL is '{}' and must be {url}", self.url));
        }
        if self.content_type != "json" {
            faults.push("its content type must be application/json".to_owned());
        }
        if self.secret.as_deref().is_none_or(str::is_empty) {
            faults.push("it has no secret".to_owned());
        }
        faults
    }
}

/// One sending of a webhook.
#[derive(Clone, Debug, Deserialize)]
pub struct Delivery {
    pub id: u64,
    /// The same for every sending of one event.
    guid: String,
    delivered_at: Timestamp,
    /// In GitHub's words: `OK`, `failed to connect`.
    pub status: String,
    status_code: u16,
    pub event: String,
    pub action: Option<String>,
}

/// # Errors
/// The body is no list of deliveries.
pub fn deliveries(response: &Response) -> Result<Vec<Delivery>, Unreadable> {
    Ok(serde_json::from_slice(response.body())?)
}

/// Of the failed sendings (newest first) those whose event did not arrive later either and can still be
/// sent again, once each and the oldest first. `newest` are the newest sendings, of whatever outcome.
pub fn lost(failed: Vec<Delivery>, newest: &[Delivery], now: Timestamp) -> Vec<Delivery> {
    let arrived = |delivery: &&Delivery| (200..400).contains(&delivery.status_code);
    let arrived = newest.iter().filter(arrived).map(|delivery| delivery.guid.as_str());
    let mut told: BTreeSet<String> = arrived.map(Into::into).collect();
    let since = now.as_second() - REDELIVERED_FOR;
    let mut lost: Vec<_> = failed
        .into_iter()
        .filter(|delivery| delivery.delivered_at.as_second() > since)
        .filter(|delivery| told.insert(delivery.guid.clone()))
        .collect();
    lost.reverse();
    lost
}
