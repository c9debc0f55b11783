//! Steering the simulation from outside: the same as the methods of [`crate::Sim`], over HTTP.

pub mod faults;
pub mod routes;
pub mod seen;
pub mod traffic;
