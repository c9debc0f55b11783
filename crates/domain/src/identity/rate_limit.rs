//! Rate limits: how many costly requests a caller may make within a fixed window of time.

use crate::problem::{Problem, ProblemKind};

/// Length of a window.
pub const WINDOW_SECONDS: i64 = 60;

/// What is rate-limited. Each kind has counters of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// Starting builds: each is a workflow run at GitHub.
    Builds,
    /// Changing what runs in the cluster.
    Deploys,
    /// Changing a project's members: each change writes to another person's project list.
    Members,
    /// All other changes: each stores something permanently, at least an audit log entry.
    Changes,
    /// Deleting deployments.
    Removals,
    /// Opening logs: each causes requests to GitHub or the cluster for as long as it is followed.
    Logs,
    /// Starting a sign-in.
    SignIns,
    /// OAuth callbacks, counted per sign-in, so that a flood of sign-ins does not stop one under way.
    Callbacks,
    /// Token requests of devices and with JWTs of the external issuer.
    Tokens,
}

impl RateLimit {
    /// Its part of the counters' storage keys.
    pub fn key(self) -> &'static str {
        match self {
            Self::Builds => "b",
            Self::Deploys => "d",
            Self::Members => "m",
            Self::Changes => "c",
            Self::Removals => "x",
            Self::Logs => "l",
            Self::SignIns => "s",
            Self::Callbacks => "r",
            Self::Tokens => "t",
        }
    }
}

/// The index of the window that contains `now` (Unix time in seconds).
pub fn window_index(now: i64) -> i64 {
    now.div_euclid(WINDOW_SECONDS)
}

/// Checks the number of requests in this window, including the current one, against `max`. A `max` of 0
/// means no limit.
///
/// # Errors
/// 429, with the seconds until the next window.
pub fn check(count: u32, max: u32, now: i64) -> Result<(), Problem> {
    if max == 0 || count <= max {
        return Ok(());
    }
    let wait = WINDOW_SECONDS - now.rem_euclid(WINDOW_SECONDS);
    let detail = format!("This may be done {max} times a minute. Try again in {wait} seconds.");
    let wait = u32::try_from(wait).unwrap_or(60);
    Err(Problem::new(ProblemKind::TooMany, detail).with_retry_after(wait))
}
