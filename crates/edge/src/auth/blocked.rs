//! The error for a person whom an administrator has blocked.

use crate::error::Error;
use nokube_domain::{Problem, ProblemKind, Reason};

/// 403 for a person whom an administrator has blocked.
pub fn blocked_error() -> Error {
    let detail = "An administrator has blocked your access.";
    Problem::new(ProblemKind::Forbidden, detail).with_reason(Reason::Blocked).into()
}
