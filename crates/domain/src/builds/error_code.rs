//! Why a build failed, for programs.

use crate::text::display_serde_name;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// GitHub rejected the request to start it.
    Refused,
    NeverStarted,
    /// It waited too long for other builds of the project's owner to end.
    NoCapacity,
    TimedOut,
    StartupFailure,
    ActionRequired,
    RunDeleted,
    NotRun,
    /// The builder's workflow does not know what the platform sends.
    BuilderOutdated,
    /// A submodule or a file in Git LFS cannot be read.
    SourceIncomplete,
    StepFailed,
    RunFailed,
}

display_serde_name!(ErrorCode);
