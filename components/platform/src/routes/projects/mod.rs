//! The handlers for projects, their members and their audit logs, one file each.

pub mod audit;
pub mod change;
pub mod create;
pub mod delete;
pub mod list;
pub mod members;
mod name;
pub mod read;
