//! Why a build failed, for programs.

use crate::text::display_serde_name;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// GitHub rejected the request to start it.
    Refused,
    NeverStarted,
    TimedOut,
    StartupFailure,
    ActionRequired,
    RunDeleted,
    NotRun,
    StepFailed,
    RunFailed,
}

display_serde_name!(ErrorCode);
