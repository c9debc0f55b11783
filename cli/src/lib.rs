//! The command line `nokube`. It uses only the public HTTP API (docs/api/openapi.json).

pub mod api;
pub mod args;
pub mod commands;
pub mod config;
pub mod context;
pub mod credentials;
pub mod detect;
pub mod environment;
pub mod error;
pub mod follow;
pub mod git;
pub mod interrupt;
pub mod language;
pub mod login;
pub mod output;

pub use error::{Error, Exit, Outcome, Result};
