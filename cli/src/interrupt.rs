//! Ctrl-C while something is followed.

use crate::{Error, Exit, Result};
use std::future::Future;

/// Waits for `work`, or for Ctrl-C, which ends it with the exit status 130. `goes_on` says what goes on without the
/// program, and which command looks again.
pub async fn until_interrupted<T>(
    work: impl Future<Output = Result<T>>,
    goes_on: impl FnOnce() -> String,
) -> Result<T> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Error::new(Exit::Interrupted, goes_on())),
    }
}

/// As [`until_interrupted`]. What goes on is also said if the platform cannot be reached any more.
pub async fn until_lost<T>(
    work: impl Future<Output = Result<T>>,
    goes_on: impl Fn() -> String,
) -> Result<T> {
    until_interrupted(work, &goes_on).await.map_err(|error| match error.exit {
        Exit::Unavailable => error.next(goes_on()),
        _ => error,
    })
}
