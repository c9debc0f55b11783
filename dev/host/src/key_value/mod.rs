//! Key-value stores: the backends, and the two WIT interfaces to them.

mod backend;
mod bucket;
mod cas;
mod redis;
mod result;
mod spin;
mod sqlite;
mod wasi;

pub(crate) use backend::{Backend, open_stores};
pub use bucket::Bucket;
pub use cas::Cas;
