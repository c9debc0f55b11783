//! Repositories and branches at GitHub, for those who choose one.

pub mod find_branches;
pub mod find_repositories;
