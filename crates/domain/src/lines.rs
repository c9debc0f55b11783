//! Splits text that arrives in chunks, such as a log stream, into lines.

use crate::Timestamp;
use std::mem::take;

/// Longer lines are split, so that an endless line cannot exhaust the memory.
pub const MAX_LINE_BYTES: usize = 16 * 1024;

/// A line, or a part of one longer than [`MAX_LINE_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Without the line ending. Invalid UTF-8 is replaced.
    pub text: String,
    /// Whether this part continues the line before it. Then its beginning is arbitrary program output.
    pub is_continuation: bool,
}

impl Line {
    /// Splits off the timestamp that Kubernetes prepends to each line:
    /// `2026-01-02T03:04:05.678901234Z what the program wrote`.
    ///
    /// A continuation has no timestamp, even if it begins with one: the program wrote that, and a forged
    /// future timestamp would make readers skip all lines until then.
    pub fn split_timestamp(self) -> (Option<Timestamp>, String) {
        let Self { text, is_continuation } = self;
        let (time, message) = text.split_once(' ').unwrap_or((&text, ""));
        match time.parse() {
            Ok(at) if !is_continuation => (Some(at), message.to_owned()),
            _ => (None, text),
        }
    }
}

/// Splits chunks into lines. The result depends on the text only, not on the chunks, so line numbers are
/// stable.
#[derive(Default)]
pub struct LineSplitter {
    /// The bytes of the line that is not complete yet.
    pending: Vec<u8>,
    is_continuation: bool,
}

impl LineSplitter {
    /// Returns the lines that `chunk` completes.
    pub fn feed(&mut self, chunk: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for mut part in chunk.split_inclusive(|byte| *byte == b'\n') {
            // Split only if bytes remain, so that a line break is never at the end of `head`.
            while let Some((head, tail @ [_, ..])) =
                part.split_at_checked(MAX_LINE_BYTES.saturating_sub(self.pending.len()))
            {
                self.pending.extend_from_slice(head);
                part = tail;
                lines.push(self.take_line());
                self.is_continuation = true;
            }
            self.pending.extend_from_slice(part);
            if self.pending.ends_with(b"\n") {
                lines.push(self.take_line());
            }
        }
        // A line that was split exactly at its end leaves an empty continuation.
        lines.retain(|line| !(line.is_continuation && line.text.is_empty()));
        lines
    }

    /// Returns the last line if it has no line break.
    pub fn finish(mut self) -> Option<Line> {
        (!self.pending.is_empty()).then(|| self.take_line())
    }

    fn take_line(&mut self) -> Line {
        let bytes = take(&mut self.pending);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        Line { text, is_continuation: take(&mut self.is_continuation) }
    }
}
