//! Conditional requests (RFC 9110, section 13): a client that polls sends the entity tag of what it has, and gets 304
//! without a body as long as that is current.

use http::{HeaderMap, header};
use std::hash::{DefaultHasher, Hasher};

/// The entity tag of a body, with its quotes. Another release may have another tag for the same body, which costs its
/// readers one response with a body.
///
/// The hash is not a cryptographic one: a tag is compared only with the body that the same caller may read, so a
/// collision would show them an older body of theirs.
pub fn etag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether the client has the representation with this entity tag, by `If-None-Match` (section 13.1.2). The comparison
/// is the weak one: also because a proxy that compresses a response makes its tag weak. In a malformed list, only
/// the tags before the error count.
pub fn client_has(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    let mut lists = headers.get_all(header::IF_NONE_MATCH).iter();
    lists.any(|list| {
        let list = list.as_bytes().trim_ascii();
        list == b"*" || entity_tags(list).any(|tag| tag == opaque.as_bytes())
    })
}

/// The entity tags of a list, with their quotes and without `W/`. A tag may contain commas.
fn entity_tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let separator = |b: &u8| matches!(b, b',' | b' ' | b'\t');
        let start = rest.iter().position(|b| !separator(b))?;
        let tag = rest.get(start..)?;
        let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
        let opaque = tag.strip_prefix(b"\"")?;
        let end = opaque.iter().position(|b| *b == b'"')? + 2;
        rest = tag.get(end..).filter(|rest| rest.first().is_none_or(separator))?;
        tag.get(..end)
    })
}
