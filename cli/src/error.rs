//! Errors of commands: the exit status, what went wrong, and what to do next.

use crate::api::Problem;
use std::process::ExitCode;

/// The exit status of the program. docs/cli.md lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// Not signed in, or not allowed: 401 and 403.
    NotAllowed = 3,
    NotFound = 4,
    /// The platform rejects the request: other 4xx.
    Rejected = 5,
    BuildFailed = 6,
    /// The deployment failed, or was not ready in time.
    DeploymentFailed = 7,
    /// The platform cannot be reached, or fails.
    Unavailable = 8,
    /// Uncommitted or unpushed work, no remote, and so on.
    RepositoryNotReady = 9,
    /// nokube.toml is invalid or missing.
    ConfigFile = 10,
    Interrupted = 130,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// What a command returns that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// What it followed has failed, and the command has already said so.
    Failed(Exit),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub exit: Exit,
    pub message: String,
    /// What to do about it: sentences, one a line.
    pub next: Vec<String>,
    /// What the platform has answered.
    pub problem: Option<Box<Problem>>,
    /// The id of the request, for the platform's operator.
    pub request_id: Option<String>,
}

impl Error {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), next: Vec::new(), problem: None, request_id: None }
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// Adds a sentence about what to do next.
    #[must_use]
    pub fn next(mut self, sentence: impl Into<String>) -> Self {
        self.next.push(sentence.into());
        self
    }

    /// The platform's machine-readable reason, such as `needs_github_app`.
    pub fn reason(&self) -> Option<&str> {
        self.problem.as_ref()?.reason.as_deref()
    }

    /// Whether the platform rejects this field of the request.
    pub fn is_about(&self, field: &str) -> bool {
        self.problem.iter().flat_map(|problem| &problem.errors).any(|fault| fault.field == field)
    }

    /// The document that `--json` prints to standard error.
    pub fn to_json(&self) -> serde_json::Value {
        let mut error = serde_json::json!({
            "exit_code": self.exit.code(), "message": self.message, "next": self.next,
        });
        if let (Some(fields), Some(problem)) = (error.as_object_mut(), &self.problem) {
            fields.insert("problem".into(), problem.received.clone());
        }
        if let (Some(fields), Some(id)) = (error.as_object_mut(), &self.request_id) {
            fields.insert("request_id".into(), id.clone().into());
        }
        serde_json::json!({ "error": error })
    }
}
