//! Projects: created, listed, read. A handler a file.

pub mod create;
pub mod list;
pub mod read;
