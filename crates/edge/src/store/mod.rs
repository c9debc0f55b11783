//! The key-value store: typed records, counters and reservations.

mod builds;
mod deployments;
mod keys;
mod kv;
mod people;
mod platform;
mod projects;
pub mod reservation;

pub use keys::{AuditLog, Counter};
pub use kv::Store;
