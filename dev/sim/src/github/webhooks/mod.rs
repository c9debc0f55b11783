//! Webhook deliveries. A test can have events dropped, duplicated or held back.

pub(crate) mod queue;
pub(crate) mod sender;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

pub use sender::webhook_signature;

pub const HOOK_ID: u64 = 490_211_303;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    /// Held back until it is released.
    Held,
    Dropped,
    /// No webhook was configured.
    NoTarget,
    /// A response was received, with any status.
    Answered,
    /// The receiver was not reachable or did not respond within the timeout.
    Failed,
}

/// One attempt to send an event.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: u64,
    /// `X-GitHub-Delivery`. A redelivery has the GUID of the first delivery.
    pub guid: String,
    pub event: String,
    pub action: Option<String>,
    pub run_id: Option<u64>,
    pub repository_id: u64,
    pub state: DeliveryState,
    pub status_code: Option<u16>,
    pub duration: Duration,
    pub delivered_at: Option<Timestamp>,
    pub redelivery: bool,
    pub body: Bytes,
    /// Type and id of the installation target.
    pub(super) target: (&'static str, u64),
}

/// What happens to a matching delivery instead of being sent once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Never sent.
    Drop,
    /// Sent twice with the same GUID.
    Duplicate,
    /// Held back until it is released.
    Hold,
}

/// The first rule that matches a delivery applies. Deliveries without a matching rule are sent.
#[derive(Debug, Clone)]
pub struct WebhookRule {
    treatment: Treatment,
    /// Event, and action if only one of its actions. Any event if None.
    event: Option<(String, Option<String>)>,
    /// How many deliveries the rule applies to. All if None.
    times: Option<u32>,
}

impl WebhookRule {
    /// A rule for all events, which [`WebhookRule::event`] and [`WebhookRule::times`] narrow.
    pub fn all(treatment: Treatment) -> Self {
        Self { event: None, treatment, times: None }
    }

    pub fn event(mut self, event: &str, action: &str) -> Self {
        self.event = Some((event.to_owned(), Some(action.to_owned())));
        self
    }

    /// The same for an event without actions, such as `push`, or for all its actions.
    pub fn any(mut self, event: &str) -> Self {
        self.event = Some((event.to_owned(), None));
        self
    }

    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn matches(&self, delivery: &Delivery) -> bool {
        self.times != Some(0)
            && self.event.as_ref().is_none_or(|(event, action)| {
                *event == delivery.event && (action.is_none() || *action == delivery.action)
            })
    }
}
