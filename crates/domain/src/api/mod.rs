//! The HTTP API's values: how request fields are read, and what responses and errors look like.

pub mod fields;
pub mod page;
pub mod problem;
pub mod responses;
#[cfg(feature = "schema")]
pub mod schema;
