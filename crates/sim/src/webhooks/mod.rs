//! Events for the product: lost, doubled or late if a test wants so.

pub(crate) mod mailbox;
pub(crate) mod sender;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use mailbox::Event;
pub use sender::signature;

pub const HOOK_ID: u64 = 490_211_303;

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Lost on the way.
    Drop,
    /// Sent twice with the same delivery id.
    Duplicate,
    /// Kept until it is released.
    Hold,
}

/// The first rule that fits an event decides; an event that none fits is just sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookRule {
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default)]
    pub action: Option<String>,
    #[serde(default)]
    pub run_id: Option<u64>,
    pub treatment: Treatment,
    /// How often the rule applies; always if not said.
    #[serde(default)]
    pub times: Option<u32>,
}

impl WebhookRule {
    /// A rule for every event, to be narrowed.
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

    fn fits(&self, event: &Event) -> bool {
        let (action, run) = (event.action.as_deref(), event.run);
        self.times != Some(0)
            && self.event.as_deref().is_none_or(|wanted| wanted == event.event)
            && self.action.as_deref().is_none_or(|wanted| Some(wanted) == action)
            && self.run_id.is_none_or(|wanted| Some(wanted) == run)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    Held,
    Dropped,
    /// Nobody is configured to receive it.
    NoTarget,
    /// Answered, with whatever status.
    Answered,
    /// Not answered within ten seconds, or not reachable.
    Failed,
}

/// One sending of one event.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    pub id: u64,
    /// `X-GitHub-Delivery`: a redelivery keeps it.
    pub guid: String,
    pub event: String,
    pub action: Option<String>,
    pub run_id: Option<u64>,
    pub repository_id: Option<u64>,
    pub state: DeliveryState,
    pub status_code: Option<u16>,
    /// The beginning of the answer.
    pub response: String,
    pub duration_ms: u64,
    pub delivered_at: Option<Timestamp>,
    pub redelivery: bool,
    #[serde(skip)]
    pub body: Bytes,
    #[serde(skip)]
    target: (&'static str, u64),
}
