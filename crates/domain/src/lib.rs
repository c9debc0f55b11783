//! The domain of NoKube as plain values: identities, names, projects, builds and deployments.
//!
//! Nothing here does I/O, reads a clock or depends on Spin. A request is parsed into a value of this
//! crate, such as [`builds::BuildSpec`]. What is known about an object is a record, such as
//! [`builds::RunRecord`], into which new facts are merged in any order. Responses are pure functions of
//! those records.
//!
//! The public modules are flat: those of the private folders `identity` (authentication and
//! authorization) and `api` (requests and responses) are re-exported here.

mod api;
pub mod builds;
pub mod cache;
pub mod config_file;
pub mod deployments;
pub mod github_deployments;
pub mod id;
mod identity;
pub mod image;
pub mod installation;
pub mod lines;
pub mod name;
pub mod places;
pub mod previews;
pub mod projects;
pub mod pushes;
pub mod reports;
pub mod repository;
pub mod reservation;
pub mod services;
pub mod text;
mod unknown_fields;
pub mod window;
pub mod work;

pub(crate) use api::request;
#[cfg(feature = "schema")]
pub use api::schema;
pub use api::{field_types, fields, page, problem, responses};
pub use identity::{
    access, allowlist, audit, authorization, grant, jwt, origin, people, rate_limit,
    read_allowance, scope, session, token,
};

pub use access::{Person, Role};
pub use id::{BuildId, DeploymentId, PREVIEW_NUMBERS, ProjectId};
pub use problem::{Problem, ProblemKind, Reason};
pub use unknown_fields::UnknownFields;

/// A point in time; RFC 3339 in UTC wherever it is written.
pub use jiff::Timestamp;

/// Parses a date of HTTP in any of its three formats (RFC 9110, 5.6.7).
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    if let Ok(time) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(time);
    }
    let formats = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    formats.into_iter().find_map(|format| {
        let date = jiff::fmt::strtime::parse(format, text).ok()?.to_datetime().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(date).ok()
    })
}

/// Truncates `time` to whole seconds, for responses: RFC 3339 without a fraction.
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
