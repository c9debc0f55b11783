//! What is asked about a deployment, or done with it, once it is there. A handler a file.

pub mod change;
pub mod delete;
pub mod events;
mod follow;
pub mod list;
pub mod logs;
pub mod manifests;
pub mod read;
pub mod revisions;
pub mod rollback;
