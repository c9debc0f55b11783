//! Events that the operator should know of, on standard error, each with the request it belongs to.

use super::{logfmt::write_line, request_span::current_span};
use crate::host::LogLevel;
use std::fmt::Display;

/// Logs what another system did wrong. The text may quote that system and must hold no secret.
pub fn warn(what: impl Display) {
    log_event("warning", &what.to_string());
}

/// Logs an internal error. The text must hold no secret.
pub fn log_error(what: &str) {
    log_event("error", what);
}

fn log_event(kind: &str, what: &str) {
    let span = current_span();
    let component = span.as_ref().map_or("-", |span| span.component);
    let request_id = span.as_ref().map_or("-", |span| &span.request_id);
    let fields = [("component", component), ("request_id", request_id), ("what", what)];
    write_line(LogLevel::Event, kind, &fields);
}
