//! How often something is read, and how long after the network was lost.

use crate::{
    Error, Exit, Result,
    api::{Client, Received},
};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The time between two reads of the same thing, as of the page.
const INTERVAL: Duration = Duration::from_secs(2);

/// So many things are read at that pace; more of them more slowly, so that a person's limit of reads is not used up.
const AT_ONCE: u32 = 5;

/// The pauses after reads that failed, in seconds. After the last one, following ends.
const PAUSES: [u64; 9] = [1, 2, 4, 8, 15, 30, 30, 30, 30];

/// The time between two reads of each of `followed` things.
pub fn interval(followed: usize) -> Duration {
    let followed = u32::try_from(followed).unwrap_or(u32::MAX);
    INTERVAL.saturating_mul(followed.max(AT_ONCE)) / AT_ONCE
}

/// The pause before the next read, after `failures` of them in a row. `None`: there is none.
fn pause(error: &Error, failures: usize) -> Option<Duration> {
    let may_pass = error.exit == Exit::Unavailable;
    PAUSES.get(failures).filter(|_| may_pass).map(|seconds| Duration::from_secs(*seconds))
}

/// Reads one thing again and again.
pub struct Reader<'a> {
    client: &'a Client,
    path: String,
    etag: Option<String>,
    failures: usize,
}

impl<'a> Reader<'a> {
    pub fn new(client: &'a Client, path: String) -> Self {
        Self { client, path, etag: None, failures: 0 }
    }

    /// `None`: it is as it was.
    ///
    /// # Errors
    /// It cannot be read. With a pause, it should be tried again after that.
    pub async fn read<T: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<Received<T>>, (Error, Option<Duration>)> {
        match self.try_read().await {
            Ok(read) => {
                self.failures = 0;
                Ok(read)
            }
            Err(error) => {
                let pause = pause(&error, self.failures);
                self.failures += 1;
                Err((error, pause))
            }
        }
    }

    async fn try_read<T: DeserializeOwned>(&mut self) -> Result<Option<Received<T>>> {
        let mut request = self.client.get(self.path.as_str());
        if let Some(etag) = &self.etag {
            request = request.header("if-none-match", etag.as_str());
        }
        let answer = request.send().await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        self.etag = answer.header("etag").map(str::to_owned);
        answer.receive().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_things_are_read_more_slowly() {
        assert_eq!(interval(1), Duration::from_secs(2));
        assert_eq!(interval(5), Duration::from_secs(2));
        assert_eq!(interval(50), Duration::from_secs(20));
    }

    #[test]
    fn a_lost_network_is_waited_for_and_a_refusal_is_not() {
        let lost = Error::new(Exit::Unavailable, "The platform cannot be reached.");
        assert_eq!(pause(&lost, 0), Some(Duration::from_secs(1)));
        assert_eq!(pause(&lost, PAUSES.len()), None);
        assert_eq!(PAUSES.iter().sum::<u64>(), 150);
        let refused = Error::new(Exit::NotAllowed, "The token was revoked.");
        assert_eq!(pause(&refused, 0), None);
    }
}
