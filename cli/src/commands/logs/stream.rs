//! Server-sent events over several responses: the server ends each after 25 seconds, and continues after the event that
//! `Last-Event-ID` names.

use crate::{
    Error, Exit, Result,
    api::{client::Request, sse::Event},
    output::Output,
    text,
};
use std::time::Duration;
use tokio::time::sleep;

/// The pause between two responses, as the server asks for it (`retry`).
const PAUSE: Duration = Duration::from_secs(1);

/// The pauses after requests that failed, in seconds. After the last one, following ends.
const PAUSES: [u64; 9] = [1, 2, 4, 8, 15, 30, 30, 30, 30];

/// What a reader does with the events.
pub trait Reader {
    /// The `Last-Event-ID` of the next response.
    fn position(&mut self) -> Option<String>;

    /// Whether the log has ended.
    fn read(&mut self, event: &Event) -> Result<bool>;
}

/// Reads events until the log has ended.
///
/// # Errors
/// The platform refuses, or does not answer for a while.
pub async fn follow<'a>(
    output: &Output,
    request: impl Fn() -> Request<'a>,
    reader: &mut impl Reader,
) -> Result<()> {
    let mut failures = 0;
    loop {
        let mut request = request();
        if let Some(position) = reader.position() {
            request = request.header("last-event-id", position);
        }
        match read_response(request, reader, &mut failures).await {
            Ok(true) => return Ok(()),
            Ok(false) => sleep(PAUSE).await,
            Err(error) => {
                let pause = PAUSES.get(failures).filter(|_| error.exit == Exit::Unavailable);
                let Some(pause) = pause else { return Err(error) };
                note(output, failures, &error);
                failures += 1;
                sleep(Duration::from_secs(*pause)).await;
            }
        }
    }
}

/// Reads one response. Whether the log has ended. A connection that is cut is the end of the response too.
async fn read_response(
    request: Request<'_>,
    reader: &mut impl Reader,
    failures: &mut usize,
) -> Result<bool> {
    let mut events = request.events().await?;
    *failures = 0;
    while let Ok(Some(event)) = events.next().await {
        if reader.read(&event)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A single failure is nothing unusual.
fn note(output: &Output, failures: usize, error: &Error) {
    if failures == 1 {
        let message = error.message.lines().next().unwrap_or_default();
        output.note(&text!("{message} Trying again.", "{message} Nouvel essai."));
    }
}
