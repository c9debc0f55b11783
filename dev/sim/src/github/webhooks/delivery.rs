//! One delivery of a webhook event and its state.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    pub id: u64,
    /// `X-GitHub-Delivery`. A redelivery has the GUID of the first delivery.
    pub guid: String,
    pub event: String,
    pub action: Option<String>,
    pub run_id: Option<u64>,
    pub repository_id: Option<u64>,
    pub state: DeliveryState,
    pub status_code: Option<u16>,
    /// The first 1,000 characters of the response, or the error.
    pub response: String,
    pub duration_ms: u64,
    pub delivered_at: Option<Timestamp>,
    pub redelivery: bool,
    #[serde(skip)]
    pub body: Bytes,
    /// Type and id of the installation target.
    #[serde(skip)]
    pub(super) target: (&'static str, u64),
}

/// An event that is to be delivered.
#[derive(Debug, Clone)]
pub(crate) struct NewDelivery {
    pub event: String,
    pub action: Option<String>,
    pub run_id: Option<u64>,
    pub repository_id: Option<u64>,
    /// Type and id of the installation target.
    pub target: (&'static str, u64),
    pub body: Bytes,
}
