//! What NoKube is about, as values: identities, names, projects, builds and how they change.
//!
//! Nothing here does I/O, reads a clock or knows Spin. A request becomes a value of this crate
//! ([`build::NewBuild::parse`]), what is known about it is a value ([`build::RunDoc`]) that only
//! grows by joins, and what a reader is told is a function of those values ([`build::view`]).

pub mod access;
pub mod admission;
pub mod answer;
pub mod audit;
pub mod build;
pub mod claim;
pub mod deploy;
pub mod fields;
pub mod id;
pub mod image;
pub mod jwt;
pub mod limit;
pub mod lines;
pub mod log;
pub mod metrics;
pub mod name;
pub mod origin;
pub mod page;
pub mod pattern;
pub mod people;
pub mod problem;
pub mod project;
pub mod repository;
#[cfg(feature = "schema")]
pub mod schema;
pub mod scope;
pub mod session;
pub mod text;
pub mod token;
pub mod trace;

pub use access::{Person, Role};
pub use id::{BuildId, DeploymentId, ProjectId};
pub use problem::{Problem, ProblemKind, Reason};

/// A point in time; RFC 3339 in UTC wherever it is written.
pub use jiff::Timestamp;

/// The whole seconds of `time`, for answers: RFC 3339 without a fraction.
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
