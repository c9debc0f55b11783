//! Response types, except those that are domain types themselves. `dev/openapi` generates the OpenAPI document from
//! them.

mod builds;
mod deployments;
mod people;
mod platform;
mod projects;
mod repositories;

pub use builds::*;
pub use deployments::*;
pub use people::*;
pub use platform::*;
pub use projects::*;
pub use repositories::*;
