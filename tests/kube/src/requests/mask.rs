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
        text = text.replace(value, &format!("{{{word}}}"));
    }
    text = shapes(&text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "<uid>");
    text = shapes(&text, "dddd-dd-ddTdd:dd:ddZ", "<time>");
    names(users(&text))
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

/// `User "alice"` is whoever the outsider is.
fn users(text: &str) -> String {
    let mut parts = text.split("User \"");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("User \"<user>\"");
        masked.push_str(part.split_once('"').map_or("", |(_, after)| after));
    }
    masked
}

/// `pods "web-6d4b75cb6d-x7k2p"`: what a ReplicaSet calls a pod.
fn names(text: String) -> String {
    let of_pod = |word: &str| {
        let mut parts = word.rsplitn(3, '-');
        let random = |part: Option<&str>, lengths: &[usize]| {
            let alphabet = |byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte);
            part.is_some_and(|part| lengths.contains(&part.len()) && part.bytes().all(alphabet))
        };
        let named = random(parts.next(), &[5]) && random(parts.next(), &[8, 9, 10]);
        parts.next().filter(|_| named).map(|owner| format!("{owner}-<hash>-<pod>"))
    };
    let words = text.split('"').map(|word| of_pod(word).unwrap_or_else(|| word.into()));
    words.collect::<Vec<_>>().join("\"")
}
