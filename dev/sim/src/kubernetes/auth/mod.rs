//! Who sends a request, and what they are allowed to do.

pub mod authentication;
pub mod authorization;
pub mod rbac;
