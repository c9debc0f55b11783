//! Telemetry: the span of each request, its log line, counters of its round trips, and metrics.

mod events;
pub mod logfmt;
pub mod prometheus;
mod request_span;
pub mod trace_context;

pub(crate) use events::log_error;
pub use events::warn;
pub(crate) use request_span::{
    RequestSpan, RoundTrip, current_span, propagate_headers, record_round_trip,
};
