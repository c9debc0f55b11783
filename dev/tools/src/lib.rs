//! Decisions of the program `nokube-dev`, as functions that tests can call.

pub mod spin;
