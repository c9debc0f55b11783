//! Builds, a handler a file.

pub mod asked;
pub mod cancel;
pub mod create;
pub mod list;
pub mod logs;
pub mod read;
pub mod retry;

mod events;
pub mod present;
