//! The lines of a text that arrives in pieces, as logs do.

use crate::Timestamp;
use std::mem::{replace, take};

/// Bytes after which a line is cut: one without end must not fill the memory that all share.
pub const LONGEST: usize = 16 * 1024;

/// A line, or a part of one that was too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Without its end. What is no UTF-8 is replaced.
    pub text: String,
    /// It goes on from the one before: how it begins was not for the writer of lines to say.
    pub continues: bool,
}

impl Line {
    /// Takes the time off that Kubernetes puts before each line:
    /// `2026-01-02T03:04:05.678901234Z what the program wrote`. What goes on from a line before has none,
    /// whatever the program wrote there: a time to come would hide from a reader what comes until then.
    pub fn timed(self) -> (Option<Timestamp>, String) {
        let Self { text, continues } = self;
        let (time, said) = text.split_once(' ').unwrap_or((&text, ""));
        match time.parse() {
            Ok(at) if !continues => (Some(at), said.to_owned()),
            _ => (None, text),
        }
    }
}

/// Cuts lines. Where it cuts depends on the text alone and not on its pieces, so lines can be counted.
#[derive(Default)]
pub struct Cutter {
    rest: Vec<u8>,
    continues: bool,
}

impl Cutter {
    /// The lines that `piece` completes.
    pub fn cut(&mut self, piece: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for mut part in piece.split_inclusive(|byte| *byte == b'\n') {
            // Strictly longer: the byte that ends a line is never in a head.
            while let Some((head, tail @ [_, ..])) =
                part.split_at_checked(LONGEST.saturating_sub(self.rest.len()))
            {
                self.rest.extend_from_slice(head);
                part = tail;
                lines.push(self.line(false));
            }
            self.rest.extend_from_slice(part);
            if self.rest.ends_with(b"\n") {
                lines.push(self.line(true));
            }
        }
        // What is left of a line that was cut at its very end is no line.
        lines.retain(|line| !(line.continues && line.text.is_empty()));
        lines
    }

    /// What is left at the end of the text.
    pub fn end(mut self) -> Option<Line> {
        (!self.rest.is_empty()).then(|| self.line(true))
    }

    fn line(&mut self, is_end: bool) -> Line {
        let bytes = take(&mut self.rest);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        Line { text, continues: replace(&mut self.continues, !is_end) }
    }
}
