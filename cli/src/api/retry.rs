//! When a request is sent again.

use crate::{Error, Exit, Result};
use std::time::Duration;
use tokio::time::sleep;

/// How often a read is sent at most.
pub const ATTEMPTS: u32 = 5;
/// The longest pause before a read is sent again. A platform that asks for a longer one is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The pause before a change is sent again that was not carried out, and how often it is sent at most.
const LIMITED_PAUSE: Duration = Duration::from_secs(15);
const LIMITED_ATTEMPTS: u32 = 8;

/// The pause before the next attempt of a read, or `None` if there is none. `status` is `None` if there was no response.
pub fn pause(status: Option<u16>, retry_after: Option<&str>, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS || !matches!(status, None | Some(429 | 502 | 503 | 504)) {
        return None;
    }
    let asked = retry_after.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let pause = asked.unwrap_or_else(|| Duration::from_millis(250 << attempt.min(6)));
    (pause <= LONGEST_PAUSE).then_some(pause.max(Duration::from_millis(100)))
}

/// Sends a change, again while the platform refuses it because it gets too many requests of this person.
///
/// # Errors
/// Those of `send`.
pub async fn while_limited<T>(send: impl AsyncFn() -> Result<T>) -> Result<T> {
    send_again(LIMITED_PAUSE, send).await
}

async fn send_again<T>(pause: Duration, send: impl AsyncFn() -> Result<T>) -> Result<T> {
    for _ in 1..LIMITED_ATTEMPTS {
        match send().await {
            Err(error) if is_limited(&error) => sleep(pause).await,
            result => return result,
        }
    }
    send().await
}

/// The platform has not carried out a change, because it gets too many requests of this person.
pub fn is_limited(error: &Error) -> bool {
    let status = error.problem.as_ref().map(|problem| problem.status);
    error.exit == Exit::Unavailable && status == Some(429)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;
    use std::cell::Cell;

    #[test]
    fn waits_as_long_as_the_platform_asks() {
        assert_eq!(pause(Some(429), Some("7"), 1), Some(Duration::from_secs(7)));
        assert_eq!(pause(Some(503), None, 1), Some(Duration::from_millis(500)));
        assert_eq!(pause(None, None, 2), Some(Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn a_change_is_sent_again_while_there_are_too_many() {
        let problem = |status: u16| Error {
            problem: Some(Box::new(Problem { status, ..Problem::default() })),
            ..Error::new(Exit::Unavailable, "")
        };
        let attempts = Cell::new(0);
        let send = async || {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 3 { Err(problem(429)) } else { Ok(attempts.get()) }
        };
        assert_eq!(send_again(Duration::ZERO, send).await.unwrap(), 3);
        let send = async || -> Result<()> {
            attempts.set(attempts.get() + 1);
            Err(problem(503))
        };
        assert!(send_again(Duration::ZERO, send).await.is_err());
        assert_eq!(attempts.get(), 4, "it may have been carried out");
    }

    #[test]
    fn gives_up() {
        assert_eq!(pause(Some(429), Some("7"), ATTEMPTS), None);
        assert_eq!(pause(Some(429), Some("3600"), 1), None);
        assert_eq!(pause(Some(404), None, 1), None);
        assert_eq!(pause(Some(500), None, 1), None);
    }
}
