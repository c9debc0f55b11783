//! How often somebody may do what costs something outside: so many times in a window of time.

use crate::problem::{Problem, ProblemKind};

/// Seconds of a window.
pub const WINDOW: i64 = 60;

/// What is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Builds: each is a run at GitHub.
    Builds,
    /// Changes of what runs in the cluster.
    Deploys,
    /// Changes of who belongs to a project: each writes into somebody else's list.
    Members,
    /// Whatever else somebody changes: what it writes stays, an entry of the trail at least.
    Changes,
    /// Deployments that are taken down.
    Removals,
    /// Logs that are opened: each costs requests to GitHub or to the cluster as long as it is followed.
    Logs,
    /// Sign-ins that begin.
    SignIns,
    /// Sign-ins that come back from GitHub, each by itself: a flood of others stops nobody who is half way.
    Callbacks,
    /// Tokens asked for, of devices and of outside issuers.
    Tokens,
}

impl Limited {
    /// Its part of the counters' names.
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

/// The window that a moment (seconds since 1970) falls into.
pub fn window(now: i64) -> i64 {
    now.div_euclid(WINDOW)
}

/// Is the `nth` request in this window still within `most`? 0 means that there is no limit.
///
/// # Errors
/// 429, with the seconds until the next window.
pub fn check(nth: u32, most: u32, now: i64) -> Result<(), Problem> {
    if most == 0 || nth <= most {
        return Ok(());
    }
    let wait = WINDOW - now.rem_euclid(WINDOW);
    let detail = format!("This may be done {most} times a minute. Try again in {wait} seconds.");
    let wait = u32::try_from(wait).unwrap_or(60);
    Err(Problem::new(ProblemKind::TooMany, detail).retry_after(wait))
}
