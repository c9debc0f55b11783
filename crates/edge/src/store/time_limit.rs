//! The time limit of the store's calls. A request whose call takes longer fails, so a store that does not answer costs
//! each request this time once.

use crate::{
    error::{Error, Result},
    host::{now, sleep},
};
use futures::future::{Either, select};
use std::{cell::Cell, pin::pin, time::Duration};

const TIME_LIMIT: Duration = Duration::from_secs(3);

/// For how long the instance fails all calls after one took too long. Otherwise its requests would wait one after
/// the other when a call blocks the instance: a call of a locked SQLite file blocks it for 5 s.
const PAUSE: Duration = Duration::from_secs(1);

thread_local! {
    /// Milliseconds since 1970.
    static PAUSED_UNTIL: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Awaits a call about `key`; `verb` says what it does.
///
/// # Errors
/// The call failed or took too long.
pub async fn with_time_limit<T>(
    verb: &str,
    key: &str,
    call: impl Future<Output = std::result::Result<T, String>>,
) -> Result<T> {
    let start = now().as_millisecond();
    // Both bounds: the clock may be set back.
    let is_paused = |end: i64| (end.saturating_sub(millis(PAUSE))..end).contains(&start);
    if PAUSED_UNTIL.get().is_some_and(is_paused) {
        return Err(unavailable(verb, key, "not tried: an earlier call took too long"));
    }
    let result = match select(pin!(call), pin!(sleep(TIME_LIMIT))).await {
        Either::Left((Ok(value), _)) => return Ok(value),
        Either::Left((Err(error), _)) => Err(unavailable(verb, key, &error)),
        Either::Right(_) => Err(unavailable(verb, key, "no answer in time")),
    };
    let end = now().as_millisecond();
    if end.saturating_sub(start) >= millis(TIME_LIMIT) {
        PAUSED_UNTIL.set(Some(end.saturating_add(millis(PAUSE))));
    }
    result
}

/// Whether a call ends in time, be it with an error.
pub async fn ends_in_time(call: impl Future) -> bool {
    matches!(select(pin!(call), pin!(sleep(TIME_LIMIT))).await, Either::Left(_))
}

fn unavailable(verb: &str, key: &str, error: &str) -> Error {
    Error::StoreUnavailable(format!("store: {verb} {key}: {error}"))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
