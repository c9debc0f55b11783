//! Correlates a request across logs: the request id, and the trace that the request is part of
//! (W3C Trace Context, <https://www.w3.org/TR/trace-context/>).

/// Accepts a client's request id if it is safe to log: 8 to 64 letters, digits, `-`, `_` or `.`.
pub fn parse_request_id(text: &str) -> Option<&str> {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    ((8..=64).contains(&text.len()) && text.bytes().all(is_allowed)).then_some(text)
}

/// A valid `traceparent` header. The platform creates no spans of its own, so it forwards the header
/// unchanged: its outbound requests appear as children of the caller's span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(String);

/// `00-` trace id (32 digits) `-` parent id (16) `-` flags (2).
const LENGTH: usize = 55;

impl TraceParent {
    /// Parses the header. Fields that a later version adds are dropped, as the specification demands.
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let version = hex(parts.next()?, 2).filter(|version| *version != "ff")?;
        let trace = hex(parts.next()?, 32).filter(|id| is_not_zero(id))?;
        let parent = hex(parts.next()?, 16).filter(|id| is_not_zero(id))?;
        let flags = hex(parts.next()?, 2)?;
        let is_complete = rest.is_empty() || (version != "00" && rest.starts_with('-'));
        is_complete.then(|| Self(format!("00-{trace}-{parent}-{flags}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the trace that the request is part of.
    pub fn trace_id(&self) -> &str {
        self.0.split('-').nth(1).unwrap_or_default()
    }
}

fn hex(text: &str, length: usize) -> Option<&str> {
    let is_allowed = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (text.len() == length && text.bytes().all(is_allowed)).then_some(text)
}

fn is_not_zero(id: &str) -> bool {
    id.bytes().any(|b| b != b'0')
}
