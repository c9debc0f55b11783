//! Tests of the local host: tables for the pure functions, and the test component (`guests/test`), which is
//! compiled first, for the rest.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helper functions of tests may panic"
)]

mod allowed_hosts;
mod configuration;
mod conformance;
mod instances;
mod key_value;
mod limits;
mod manifest;
mod outbound;
mod program;
mod requests;
mod routes;
mod runtime_configuration;
mod servers;
mod streaming;
mod test_app;
mod variables;
