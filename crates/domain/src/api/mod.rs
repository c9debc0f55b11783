//! The HTTP API: how requests are read and described, and what responses and errors look like.

pub mod field_types;
pub mod fields;
pub mod page;
pub mod problem;
mod request;
pub mod responses;
#[cfg(feature = "schema")]
pub mod schema;

pub(crate) use request::request;
