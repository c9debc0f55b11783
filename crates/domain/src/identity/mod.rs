//! Who calls, what their credential allows, and who may sign in at all.

pub mod access;
pub mod allowlist;
pub mod audit;
pub mod authorization;
pub mod grant;
pub mod jwt;
pub mod origin;
pub mod people;
pub mod rate_limit;
pub mod read_allowance;
pub mod scope;
pub mod session;
pub mod token;
