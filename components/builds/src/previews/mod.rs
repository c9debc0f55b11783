//! Previews: which builds follow from pull requests, and when a preview ends.
//!
//! Events, reads and `reconcile` run the same code ([`look`]). It may be interrupted at any await, repeated, and run by
//! several requests at once. Whether a preview is deployed, or deleted, is decided by the component `deploy`: it is asked
//! to look at it.

mod approval;
mod ask;
mod candidate;
mod deployments;
mod ending;
mod list;
mod look;
mod places;
mod record;
mod rights;
mod seen;

#[cfg(feature = "openapi")]
pub use approval::CHANGED;
pub use approval::approve;
pub use deployments::{add_item, process, process_now};
pub use list::{list, view};
pub use look::look;
pub use rights::{PREVIEWS_OFF, ended_at, refusal};
