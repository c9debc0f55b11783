//! Tests of the local host: its pure parts by tables, the rest with a small
//! component (`guests/story`) that is compiled on the way.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic in its helpers too"
)]

mod allowed_hosts;
mod configuration;
mod conformance;
mod instances;
mod key_value;
mod manifest;
mod outbound;
mod program;
mod requests;
mod routes;
mod runtime_configuration;
mod servers;
mod streaming;
mod variables;
mod world;
