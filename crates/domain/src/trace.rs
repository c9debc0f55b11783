//! What names a request to whoever looks at several logs: its id, and the trace it is part of
//! (W3C Trace Context, <https://www.w3.org/TR/trace-context/>).

use std::fmt;

/// A request's id from outside, if it is fit for a log: 8 to 64 letters, digits, `-`, `_` or `.`.
pub fn request_id(given: &str) -> Option<&str> {
    let fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    ((8..=64).contains(&given.len()) && given.bytes().all(fit)).then_some(given)
}

/// Where a request stands in a trace: a valid `traceparent`. We make no spans of our own, so it is
/// passed on as it came: what we ask for is the doing of whoever called us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(String);

/// `00-` trace (32 digits) `-` parent (16) `-` flags (2).
const LENGTH: usize = 55;

impl TraceParent {
    /// Reads the header. What comes after the known fields of a later version is left out, as the
    /// specification says.
    pub fn parse(text: &str) -> Option<Self> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let version = hex(parts.next()?, 2).filter(|version| *version != "ff")?;
        let trace = hex(parts.next()?, 32).filter(|id| is_not_zero(id))?;
        let parent = hex(parts.next()?, 16).filter(|id| is_not_zero(id))?;
        let flags = hex(parts.next()?, 2)?;
        let is_whole = more.is_empty() || (version != "00" && more.starts_with('-'));
        is_whole.then(|| Self(format!("00-{trace}-{parent}-{flags}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The trace that the request is part of.
    pub fn trace(&self) -> &str {
        self.0.split('-').nth(1).unwrap_or_default()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex(text: &str, length: usize) -> Option<&str> {
    let fit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (text.len() == length && text.bytes().all(fit)).then_some(text)
}

fn is_not_zero(id: &str) -> bool {
    id.bytes().any(|b| b != b'0')
}
