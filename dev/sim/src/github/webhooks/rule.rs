//! Rules that drop, duplicate or hold back webhook deliveries.

use serde::{Deserialize, Serialize};

use super::delivery::NewDelivery;

/// What happens to a matching delivery instead of being sent once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Never sent.
    Drop,
    /// Sent twice with the same GUID.
    Duplicate,
    /// Held back until it is released.
    Hold,
}

/// The first rule that matches a delivery applies. Deliveries without a matching rule are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookRule {
    /// Any event if None. Likewise for `action` and `run_id`.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default)]
    pub action: Option<String>,
    #[serde(default)]
    pub run_id: Option<u64>,
    pub treatment: Treatment,
    /// How many deliveries the rule applies to. All if None.
    #[serde(default)]
    pub times: Option<u32>,
}

impl WebhookRule {
    /// A rule for all events, which [`WebhookRule::event`] and [`WebhookRule::times`] narrow.
    #[must_use]
    pub fn all(treatment: Treatment) -> Self {
        Self { event: None, action: None, run_id: None, treatment, times: None }
    }

    #[must_use]
    pub fn event(mut self, event: &str, action: &str) -> Self {
        self.event = Some(event.to_owned());
        self.action = Some(action.to_owned());
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    pub(super) fn matches(&self, delivery: &NewDelivery) -> bool {
        let (action, run_id) = (delivery.action.as_deref(), delivery.run_id);
        self.times != Some(0)
            && self.event.as_deref().is_none_or(|expected| expected == delivery.event)
            && self.action.as_deref().is_none_or(|expected| Some(expected) == action)
            && self.run_id.is_none_or(|expected| Some(expected) == run_id)
    }
}
