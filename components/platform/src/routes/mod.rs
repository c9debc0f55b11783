//! The handlers, one file each.

pub mod health;
pub mod live;
pub mod metrics;
pub mod projects;
pub mod ready;
pub mod reconcile;
