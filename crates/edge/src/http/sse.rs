//! Server-sent events, as in the event stream specification of HTML.

use super::{
    body::{BodySender, STREAM_LIMITS, limited_channel},
    reply::Reply,
};
use serde::Serialize;
use std::time::Duration;

/// The client has disconnected, or has to reconnect, because the response may not be longer.
pub struct Disconnected;

pub type Result<T> = std::result::Result<T, Disconnected>;

/// Sends the events of one reply.
pub struct EventSender(BodySender);

/// A reply whose body is a stream of events, and their sender.
pub fn event_stream() -> (EventSender, Reply) {
    let (sender, body) = limited_channel(STREAM_LIMITS.bytes);
    // nginx, if it is in front of the platform, must not collect events before it forwards them.
    let reply = Reply::stream("text/event-stream", body).header("x-accel-buffering", "no");
    (EventSender(sender), reply)
}

impl EventSender {
    /// Sets how long the client waits before it reconnects.
    ///
    /// # Errors
    /// The client has disconnected.
    pub async fn send_retry(&mut self, wait: Duration) -> Result<()> {
        self.send_text(format!("retry: {}\n\n", wait.as_millis())).await
    }

    /// Sends an event with `data` as JSON, which has no line breaks. A client that reconnects sends the last
    /// `id` in `Last-Event-ID`.
    ///
    /// # Errors
    /// The client has disconnected.
    pub async fn send(
        &mut self,
        event: &str,
        id: Option<&str>,
        data: &(impl Serialize + ?Sized),
    ) -> Result<()> {
        let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        let data = serde_json::to_string(data).unwrap_or_default();
        self.send_text(format!("event: {event}\n{id}data: {data}\n\n")).await
    }

    async fn send_text(&mut self, text: String) -> Result<()> {
        if self.0.send(text).await { Ok(()) } else { Err(Disconnected) }
    }
}
