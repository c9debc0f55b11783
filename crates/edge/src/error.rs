//! The two kinds of errors: those that the caller can fix, and the platform's own.

use nokube_domain::{Problem, ProblemKind, problem::FieldError};
use std::fmt::Display;

pub type Result<T> = std::result::Result<T, Error>;

/// Why a request failed.
#[derive(Debug)]
pub enum Error {
    /// The caller can fix it. Sent as it is.
    Problem(Problem),
    /// The platform's own error. It is logged once, when the reply is made; the caller gets a short sentence
    /// with the request id.
    Internal(String),
    /// The store did not answer in time, or could not carry out a call. Logged like an internal error; the caller is asked
    /// to try again.
    StoreUnavailable(String),
}

impl Error {
    /// An internal error while doing `what`. Both texts are logged, so neither may hold a secret.
    pub fn internal(what: &str, error: impl Display) -> Self {
        Self::Internal(format!("{what}: {error}"))
    }

    /// The store took so long that the request's lease expired. Nothing that it created is valid.
    pub fn too_slow(what: &str) -> Self {
        Self::StoreUnavailable(format!("{what}: the reservation expired: the store is too slow"))
    }

    pub fn problem(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self::Problem(Problem::new(kind, detail))
    }
}

/// For the log.
impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) => f.write_str(&problem.detail),
            Self::Internal(text) | Self::StoreUnavailable(text) => f.write_str(text),
        }
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        Problem::invalid(vec![error]).into()
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
