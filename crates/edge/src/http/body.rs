//! Bodies of requests and replies, and those that are streamed.

use crate::host::{sleep, spawn_for};
use bytes::Bytes;
use futures::{
    SinkExt, StreamExt,
    channel::mpsc,
    future::{Either, select},
    stream::{self, LocalBoxStream},
};
use http_body_util::{BodyDataStream, BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use nokube_domain::lines::{Line, LineSplitter};
use std::{collections::VecDeque, pin::pin, time::Duration};

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

/// What a streamed body may have.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    pub time: Duration,
    pub bytes: usize,
}

/// Readers that are too slow must not hold an instance. A hosted Spin ends a request after 30 s, and a response after
/// 10 MiB (docs/hosted-spin.md).
pub const STREAM_LIMITS: StreamLimits = match cfg!(feature = "hosted") {
    true => StreamLimits { time: Duration::from_secs(25), bytes: 9 << 20 },
    false => StreamLimits { time: Duration::from_secs(60), bytes: usize::MAX },
};

/// For how long the last line of a text may wait for its reader.
const LAST_LINE_TIME: Duration = Duration::from_secs(2);

const IS_CUT_OFF: &str = "\n(The log is cut off here, because it is too long or was read too slowly. Follow it with \
                          'Accept: text/event-stream' to get all of it.)\n";

/// The writing end of a streamed body.
pub struct BodySender {
    chunks: mpsc::Sender<Bytes>,
    bytes_left: usize,
}

/// A streamed body and its writing end. The channel holds few chunks, so a slow reader slows the writer
/// down.
pub fn body_channel() -> (BodySender, BoxBody) {
    limited_channel(usize::MAX)
}

/// As [`body_channel`], for at most so many bytes.
pub(super) fn limited_channel(bytes_left: usize) -> (BodySender, BoxBody) {
    let (chunks, receiver) = mpsc::channel::<Bytes>(8);
    let frames = receiver.map(|chunk| Ok(http_body::Frame::data(chunk)));
    (BodySender { chunks, bytes_left }, StreamBody::new(frames).boxed_unsync())
}

/// A log as text, which `write` sends. If it exceeds the limits, its last line says so.
pub fn stream_log(
    limits: StreamLimits,
    write: impl AsyncFnOnce(&mut BodySender) + 'static,
) -> BoxBody {
    let (mut sender, body) = limited_channel(limits.bytes);
    spawn_for(limits.time + LAST_LINE_TIME, async move {
        let is_too_slow = matches!(
            select(pin!(write(&mut sender)), pin!(sleep(limits.time))).await,
            Either::Right(_)
        );
        if is_too_slow || sender.bytes_left == 0 {
            let _ = sender.chunks.send(IS_CUT_OFF.into()).await; // The reader may be gone.
        }
    });
    body
}

impl BodySender {
    /// Sends a chunk; `false` if the reader is gone, or if this is all that may be sent.
    pub async fn send(&mut self, chunk: impl Into<Bytes>) -> bool {
        let mut chunk = chunk.into();
        chunk.truncate(self.bytes_left);
        self.bytes_left -= chunk.len();
        self.chunks.send(chunk).await.is_ok() && self.bytes_left > 0
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
