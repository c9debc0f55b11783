//! Bodies of requests and replies, and those that are streamed.

use bytes::Bytes;
use futures::{
    SinkExt, StreamExt,
    channel::mpsc,
    stream::{self, LocalBoxStream},
};
use http_body_util::{BodyDataStream, BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use nokube_domain::lines::{Line, LineSplitter};
use std::collections::VecDeque;

/// A body of any origin.
pub type BoxBody = UnsyncBoxBody<Bytes, BodyError>;

/// The body ended before it was complete. Holds the reason as the host reports it.
// Not `anyhow::Error`, as in Spin's `BoxBody`: its `Debug` would add backtraces, 70 KB, to every component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyError(pub String);

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BodyError {}

/// The body of a request to serve: Spin's, or one that a test has made.
pub trait RequestBody {
    fn boxed(self) -> BoxBody;
}

impl RequestBody for BoxBody {
    fn boxed(self) -> BoxBody {
        self
    }
}

pub fn full_body(body: impl Into<Bytes>) -> BoxBody {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The writing end of a streamed body.
pub struct BodySender(mpsc::Sender<Bytes>);

/// A streamed body and its writing end. The channel holds few chunks, so a slow reader slows the writer
/// down.
pub fn body_channel() -> (BodySender, BoxBody) {
    let (sender, receiver) = mpsc::channel::<Bytes>(8);
    let frames = receiver.map(|chunk| Ok(http_body::Frame::data(chunk)));
    (BodySender(sender), StreamBody::new(frames).boxed_unsync())
}

impl BodySender {
    /// Sends a chunk; `false` if the reader is gone.
    pub async fn send(&mut self, chunk: impl Into<Bytes>) -> bool {
        self.0.send(chunk.into()).await.is_ok()
    }

    /// Forwards a whole log as it arrives; `false` if the reader is gone. If the log is cut off, a line
    /// says so.
    pub async fn forward(&mut self, body: BoxBody) -> bool {
        let mut chunks = BodyDataStream::new(body);
        while let Some(chunk) = chunks.next().await {
            let Ok(chunk) = chunk else {
                return self.send("\n(The log was cut off here. Load it again.)\n").await;
            };
            if !self.send(chunk).await {
                return false;
            }
        }
        true
    }
}

/// Splits a log into lines as its bytes arrive.
pub fn lines(log: BoxBody) -> LocalBoxStream<'static, Line> {
    let start = (BodyDataStream::new(log), Some(LineSplitter::default()), VecDeque::new());
    stream::unfold(start, |(mut chunks, mut splitter, mut ready)| async move {
        loop {
            if let Some(line) = ready.pop_front() {
                return Some((line, (chunks, splitter, ready)));
            }
            // Without a splitter the log has ended, and is not polled again.
            let unfinished = splitter.as_mut()?;
            match chunks.next().await {
                Some(Ok(chunk)) => ready.extend(unfinished.feed(&chunk)),
                _ => ready.extend(splitter.take()?.finish()),
            }
        }
    })
    .boxed_local()
}
