//! The two kinds of errors: what the caller can mend, and what is ours.

use nokube_domain::{Problem, ProblemKind};
use std::fmt::Display;

pub type Result<T> = std::result::Result<T, Failure>;

/// Why a request is not answered as it was meant.
#[derive(Debug)]
pub enum Failure {
    /// Shown as it is.
    Problem(Problem),
    /// Logged once, by the router; the caller sees a short sentence and the request's id.
    Internal(String),
}

impl Failure {
    /// Something of ours that went wrong while doing `what`. Neither may hold a secret: this is
    /// logged.
    pub fn internal(what: &str, error: impl Display) -> Self {
        Self::Internal(format!("{what}: {error}"))
    }

    pub fn problem(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self::Problem(Problem::new(kind, detail))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
