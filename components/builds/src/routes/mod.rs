//! The handlers, one file each.

pub mod cancel;
pub mod create;
mod follow_logs;
pub mod internal;
pub mod list;
pub mod logs;
pub mod read;
pub mod ready;
pub mod reconcile;
pub mod repositories;
pub mod request;
pub mod retry;
pub mod services;
