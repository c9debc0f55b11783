//! The handlers for projects, their members, invitations and audit logs, one file each.

pub mod audit;
pub mod change;
pub mod create;
pub mod delete;
mod invitation_limits;
pub mod invitations;
mod invite;
mod limits;
pub mod list;
pub mod members;
mod name;
pub mod read;
mod record;
