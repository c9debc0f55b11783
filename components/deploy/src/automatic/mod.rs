//! Automatic deployment: carries out what [`nokube_domain::deployments::decide`] and its neighbours say.
//!
//! A private call, a work item and a read only say where to look; the store decides. Everything may be cut off at every
//! await, repeated, and done by several requests at once.

mod deploy;
mod look;
mod replacement;
mod rollout;

pub use look::{complete_attempt, look};
pub use replacement::{replacement, store_again};
pub use rollout::{after_rollout, note_settled};
