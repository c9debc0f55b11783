//! Takes out of an answer what differs from run to run: uids, versions, times, addresses, names.

use serde_json::Value;
use std::{collections::BTreeMap, net::IpAddr};

/// Masks all texts in a value. `words` are replaced by their names.
pub fn value(value: &mut Value, words: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => *text = self::text(text, words),
        Value::Array(items) => items.iter_mut().for_each(|item| self::value(item, words)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match (name.rsplit('/').next(), &*field) {
                    (Some("resourceVersion"), Value::String(_)) => *field = "<version>".into(),
                    (Some("pod-template-hash"), _) => *field = "<hash>".into(),
                    _ => self::value(field, words),
                }
            }
        }
        _ => {}
    }
}

pub fn text(text: &str, words: &BTreeMap<String, String>) -> String {
    if !text.is_empty() && text.parse::<IpAddr>().is_ok() {
        return "<ip>".into();
    }
    let mut text = text.to_owned();
    for (word, value) in words {
        text = whole(&text, value, &format!("{{{word}}}"));
    }
    text = shapes(&text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "<uid>");
    text = shapes(&text, "dddd-dd-ddTdd:dd:ddZ", "<time>");
    names(&users(&text))
}

/// Replaces a word where it stands alone: a number that was observed is no part of an address, and no 256Mi.
fn whole(text: &str, word: &str, mask: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word).filter(|_| !word.is_empty()) {
        let (before, found) = rest.split_at(at);
        let after = found.split_at(word.len()).1;
        let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let alone = !before.ends_with(goes_on) && !after.starts_with(goes_on);
        masked.extend([before, if alone { mask } else { word }]);
        rest = after;
    }
    masked + rest
}

/// Replaces all that has this shape, in which `h` is a hexadecimal digit and `d` a decimal one. The
/// nil uid is a request's own and stays.
fn shapes(text: &str, shape: &str, mask: &str) -> String {
    let fits = |part: &str| {
        part.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'h' => byte.is_ascii_hexdigit(),
            b'd' => byte.is_ascii_digit(),
            _ => byte == shape,
        }) && part.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
    };
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = rest.get(..shape.len()).filter(|part| fits(part));
        let taken = if found.is_some() { shape.len() } else { first.len_utf8() };
        let (part, after) = rest.split_at(taken);
        masked.push_str(if found.is_some() { mask } else { part });
        rest = after;
    }
    masked
}

/// `User "alice"` is whoever the outsider is, with whatever groups.
fn users(text: &str) -> String {
    let text = between(text, "User \"", "\"", "<user>");
    let text = between(&text, "user \"", "\"", "<user>");
    between(&text, "(groups=[", "])", "<groups>")
}

/// Replaces what stands between these.
fn between(text: &str, open: &str, close: &str, mask: &str) -> String {
    let mut parts = text.split(open);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.split_once(close).map_or("", |(_, after)| after);
        masked.extend([open, mask, close, after]);
    }
    masked
}

/// What the controllers call a ReplicaSet, `web-6d4b75cb6d`, and a pod, `web-6d4b75cb6d-x7k2p`.
fn names(text: &str) -> String {
    let random = |part: &str, lengths: &[usize]| {
        let alphabet = |byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte);
        lengths.contains(&part.len()) && part.bytes().all(alphabet)
    };
    let masked = |word: &str| {
        let mut parts: Vec<_> = word.split('-').collect();
        let hash = parts.iter().skip(1).position(|part| random(part, &[8, 9, 10]))? + 1;
        if let Some(pod) = parts.get_mut(hash + 1).filter(|part| random(part, &[5])) {
            *pod = "<pod>";
        }
        *parts.get_mut(hash)? = "<hash>";
        Some(parts.join("-"))
    };
    let words = text.split_inclusive(['"', ' ']);
    words
        .map(|word| {
            let bare = word.trim_end_matches(['"', ' ']);
            let end = word.get(bare.len()..).unwrap_or_default();
            masked(bare).map_or_else(|| word.into(), |masked| masked + end)
        })
        .collect()
}
