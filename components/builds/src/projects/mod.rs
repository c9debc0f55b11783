//! Projects: created, listed, read, changed, deleted; their members and their audit trail. A handler a
//! file.

pub mod audit;
pub mod change;
pub mod create;
pub mod delete;
pub mod list;
pub mod members;
pub mod read;
