//! The handlers, one file each.

pub mod automation;
pub mod change;
pub mod create;
pub mod delete;
mod dry_run;
pub mod events;
mod follow_logs;
pub mod internal_previews;
pub mod list;
pub mod logs;
pub mod manifests;
pub mod read;
pub mod ready;
pub mod reconcile;
pub mod resume;
pub mod revisions;
pub mod rollback;
pub mod service_deployment;
pub mod service_secrets;
