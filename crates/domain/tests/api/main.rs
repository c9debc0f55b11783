//! The HTTP API's pagination and error responses.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

mod page;
mod problem;
