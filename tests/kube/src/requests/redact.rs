//! Replaces what differs between runs in a response: uids, versions, generated names.

use serde_json::Value;
use std::collections::BTreeMap;

/// Replaces in all strings of a value. Values of variables are replaced with their names.
pub fn redact_value(value: &mut Value, variables: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => *text = redact_text(text, variables),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, variables)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match (name.rsplit('/').next(), &*field) {
                    (Some("resourceVersion"), Value::String(_)) => *field = "<version>".into(),
                    (Some("pod-template-hash"), _) => *field = "<hash>".into(),
                    _ => redact_value(field, variables),
                }
            }
        }
        _ => {}
    }
}

pub fn redact_text(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in variables {
        text = replace_word(&text, value, &format!("{{{name}}}"));
    }
    text = replace_pattern(&text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "<uid>");
    replace_generated_names(&text)
}

/// Replaces whole words only: not a number within an address or within `256Mi`.
fn replace_word(text: &str, word: &str, replacement: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word).filter(|_| !word.is_empty()) {
        let (before, found) = rest.split_at(at);
        let after = found.split_at(word.len()).1;
        let is_word_char = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let is_whole_word = !before.ends_with(is_word_char) && !after.starts_with(is_word_char);
        replaced.extend([before, if is_whole_word { replacement } else { word }]);
        rest = after;
    }
    replaced + rest
}

/// Replaces what matches the pattern, in which `h` is a hexadecimal digit. Keeps the nil uid, because the
/// requests contain it.
fn replace_pattern(text: &str, pattern: &str, replacement: &str) -> String {
    let matches = |part: &str| {
        part.bytes().zip(pattern.bytes()).all(|(byte, pattern)| match pattern {
            b'h' => byte.is_ascii_hexdigit(),
            _ => byte == pattern,
        }) && part.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
    };
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = rest.get(..pattern.len()).filter(|part| matches(part));
        let taken = if found.is_some() { pattern.len() } else { first.len_utf8() };
        let (part, after) = rest.split_at(taken);
        replaced.push_str(if found.is_some() { replacement } else { part });
        rest = after;
    }
    replaced
}

/// Replaces the generated parts in names of ReplicaSets, `web-6d4b75cb6d`, and of pods,
/// `web-6d4b75cb6d-x7k2p`.
fn replace_generated_names(text: &str) -> String {
    let is_random = |part: &str, lengths: &[usize]| {
        let is_in_alphabet = |byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte);
        lengths.contains(&part.len()) && part.bytes().all(is_in_alphabet)
    };
    let redact_name = |word: &str| {
        let mut parts: Vec<_> = word.split('-').collect();
        let hash = parts.iter().skip(1).position(|part| is_random(part, &[8, 9, 10]))? + 1;
        if let Some(pod) = parts.get_mut(hash + 1).filter(|part| is_random(part, &[5])) {
            *pod = "<pod>";
        }
        *parts.get_mut(hash)? = "<hash>";
        Some(parts.join("-"))
    };
    let words = text.split_inclusive(['"', ' ']);
    words
        .map(|word| {
            let name = word.trim_end_matches(['"', ' ']);
            let end = word.get(name.len()..).unwrap_or_default();
            redact_name(name).map_or_else(|| word.into(), |redacted| redacted + end)
        })
        .collect()
}
