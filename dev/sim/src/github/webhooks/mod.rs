//! Webhook deliveries. A test can have events dropped, duplicated or held back.

pub mod delivery;
pub(crate) mod queue;
pub mod rule;
pub(crate) mod sender;

pub use delivery::{Delivery, DeliveryState};
pub use rule::{Treatment, WebhookRule};
pub use sender::webhook_signature;

pub const HOOK_ID: u64 = 490_211_303;
