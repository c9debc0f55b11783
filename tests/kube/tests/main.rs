//! Tests of the control plane itself: it is a real one, and its responses are recorded.

mod control_plane;
mod lifecycle;
mod logs;
mod pod_failures;
mod recorded_responses;
