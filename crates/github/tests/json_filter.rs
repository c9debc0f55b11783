//! Lists of commits and files, and the text of a pull request, are left out of a body while it arrives, and nothing else
//! changes.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use nokube_github::json_filter::{FilterError, JsonFilter};
use proptest::{prelude::*, sample::select};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const LEFT_OUT: [&str; 5] = ["commits", "added", "removed", "modified", "body"];

fn filter(chunks: &[&[u8]]) -> Result<Vec<u8>, FilterError> {
    let mut filter = JsonFilter::new(1024 * 1024);
    chunks.iter().for_each(|chunk| filter.feed(chunk));
    filter.finish()
}

fn filter_text(text: &str) -> Result<String, FilterError> {
    filter(&[text.as_bytes()]).map(|kept| String::from_utf8(kept).unwrap())
}

/// The text in pieces that begin at these places.
fn split<'a>(text: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place % (text.len() + 1)).collect();
    places.extend([0, text.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// What is expected: the same value with the lists replaced.
fn without_lists(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let value =
                    if LEFT_OUT.contains(&&*name) { json!([]) } else { without_lists(value) };
                (name, value)
            });
            members.collect()
        }
        Value::Array(items) => items.into_iter().map(without_lists).collect(),
        other => other,
    }
}

/// Whether a text is JSON, without the limits that a parser has for what it keeps.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

#[test]
fn the_values_of_these_members_become_empty_lists() {
    let table = [
        (r#"{"commits":[{"id":"a","added":["x"]}],"ref":"r"}"#, r#"{"commits":[],"ref":"r"}"#),
        (r#"{ "commits" : 5 , "a" : 1 }"#, r#"{ "commits" : [] , "a" : 1 }"#),
        (r#"{"commits":-0.5e+3}"#, r#"{"commits":[]}"#),
        (r#"{"body":"Fixes \"it\"\r\n","bodies":null}"#, r#"{"body":[],"bodies":null}"#),
        (r#"{"added":null,"removed":"}\"]","modified":{"commits":{}}}"#, {
            r#"{"added":[],"removed":[],"modified":[]}"#
        }),
        (r#"{"a":[[{"added":true}],{"b":[]}],"commits":[]}"#, {
            r#"{"a":[[{"added":[]}],{"b":[]}],"commits":[]}"#
        }),
        // Escapes in names.
        (r#"{"\u0063ommit\u0073":[1],"\u0061\u0064ded":2}"#, {
            r#"{"\u0063ommit\u0073":[],"\u0061\u0064ded":[]}"#
        }),
        (r#"{"commits":[1],"commits":[2]}"#, r#"{"commits":[],"commits":[]}"#),
    ];
    for (text, expected) in table {
        assert_eq!(filter_text(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn everything_else_stays_as_it_is() {
    for text in [
        r#"{"Commits":[1],"commit":[1],"commitss":[1],"":[1],"commits\u0000":[1],"commitş":[1]}"#,
        r#"{"x\u0063ommits":[1],"\\commits":[1],"\bcommits":[1],"\"commits":1}"#,
        // A value that is called so, and the items of a list.
        r#"{"a":"commits","b":["commits",[1],"added",{"c":2}]}"#,
        r#" [ "commits" , "\ud83d\ude00 é 漢 😀" , -1.5E-7 , 0 , true , false , null ] "#,
        "\t\r\n{}\n",
        "[]",
        "\"\"",
        "0",
        "-0",
        "null",
    ] {
        assert_eq!(filter_text(text).as_deref(), Ok(text), "{text}");
    }
}

/// Also where it would have been left out, so nothing that is not JSON becomes JSON.
#[test]
fn what_is_not_json_is_rejected() {
    let values: [&[u8]; 44] = [
        b"",
        b" ",
        b"[",
        b"]",
        b"{",
        b"}",
        b"[1",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1}",
        b"{]",
        b"{,}",
        b"{\"a\"}",
        b"{\"a\":}",
        b"{\"a\":1,}",
        b"{a:1}",
        b"{1:1}",
        b"{\"a\":1 \"b\":2}",
        b"01",
        b"-",
        b"+1",
        b"1.",
        b".5",
        b"1e",
        b"1e+",
        b"--1",
        b"1a",
        b"tru",
        b"truee",
        b"nul1",
        b"NaN",
        b"'a'",
        b"\"",
        b"\"\\x\"",
        b"\"\\u12g4\"",
        b"\"\\ud800\"",
        b"\"\\ud800\\n\"",
        b"\"\\udc00\"",
        b"\"\\ud800\\u0041\"",
        b"\"\n\"",
        b"\"\xff\"",
        b"\"\xc3\x28\"",
        b"\"\xed\xa0\x80\"",
    ];
    for value in values {
        let shown = String::from_utf8_lossy(value);
        assert_eq!(filter(&[value]), Err(FilterError::NotJson), "{shown}");
        for name in ["commits", "kept"] {
            let chunks =
                [format!("{{\"{name}\":").into_bytes(), value.to_vec(), b",\"z\":1}".to_vec()];
            let chunks: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
            assert_eq!(filter(&chunks), Err(FilterError::NotJson), "{name}: {shown}");
        }
    }
    for text in ["{} {}", "1 2", "[] x", "\u{feff}{}", "{}\0"] {
        assert_eq!(filter_text(text), Err(FilterError::NotJson), "{text}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(filter_text(&nested(64)), Ok(nested(64)));
    assert_eq!(filter_text(&nested(65)), Err(FilterError::TooDeep));
    let left_out = format!("{{\"commits\":{}}}", nested(64));
    assert_eq!(filter_text(&left_out), Err(FilterError::TooDeep));

    let of_size = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
    assert_eq!(filter_text(&of_size(1024 * 1024)), Ok(of_size(1024 * 1024)));
    assert_eq!(filter_text(&of_size(1024 * 1024 + 1)), Err(FilterError::TooLarge));
    let list = format!("{{\"commits\":[{}]}}", of_size(3 * 1024 * 1024));
    assert_eq!(filter_text(&list).as_deref(), Ok("{\"commits\":[]}"));
}

#[test]
fn after_an_error_nothing_is_kept() {
    let mut filter = JsonFilter::new(4);
    filter.feed(b"[\"longer");
    filter.feed(b"\"]");
    filter.feed(b"[]");
    assert_eq!(filter.finish(), Err(FilterError::TooLarge));
}

/// JSON with names that are left out, and others that look alike.
fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        select(&["commits", "\"", "\\", "}", "]", "{\"added\":", "\u{2028}", "😀"])
            .prop_map(Into::into)
    ];
    let name = prop_oneof![
        3 => select(&LEFT_OUT).prop_map(str::to_owned),
        1 => text.clone(),
        1 => select(&["commit", "Added", "removed ", "head_commit"]).prop_map(str::to_owned),
    ];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| json!(number)),
        text.prop_map(Into::into),
    ];
    scalar.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The same JSON with other white space, and with escapes for some characters.
fn written_otherwise(value: &Value, escape_every: usize) -> String {
    let mut text = String::new();
    let (mut is_text, mut is_escape) = (false, false);
    for (place, c) in serde_json::to_string(value).unwrap().char_indices() {
        match c {
            _ if is_escape => {
                // `\u` and its digits, or one character.
                is_escape = false;
                text.push(c);
                continue;
            }
            '\\' => is_escape = true,
            '"' => is_text = !is_text,
            'g'..='z' if is_text && place % escape_every == 0 => {
                text += &format!("\\u{:04X}", u32::from(c));
                continue;
            }
            ',' | ':' | '{' | ']' if !is_text => {
                text.push(c);
                text += [" ", "\n", "\t\r\n", ""][place % 4];
                continue;
            }
            _ => {}
        }
        text.push(c);
    }
    text
}

/// Pieces of JSON, in any order.
fn almost_json() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"\\",
        b"\"commits\":",
        b"\"added\":[",
        b"\"a\":1",
        b"\\u0063",
        b"\\ud83d",
        b"\\ude00",
        b"1",
        b"-0.5e3",
        b"e",
        b".",
        b"true",
        b"null",
        b" ",
        b"\n",
        b"\xf0\x9f",
        b"\x98\x80",
        b"\xc3",
        b"\xa9",
        b"\0",
    ];
    prop::collection::vec(select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_in_any_chunks_is_the_same_without_the_lists(
        value in json_value(),
        escape_every in 1..5_usize,
        places in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let text = written_otherwise(&value, escape_every);
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), &value);
        let kept = filter(&split(text.as_bytes(), &places)).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Value>(&kept).unwrap(), without_lists(value));
        // To filter it again changes nothing.
        prop_assert_eq!(filter(&[&kept]).unwrap(), kept);
    }

    #[test]
    fn only_json_passes_and_chunks_do_not_matter(
        bytes in prop_oneof![almost_json(), prop::collection::vec(any::<u8>(), 0..40)],
        places in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let filtered = filter(&[&bytes]);
        prop_assert_eq!(&filter(&split(&bytes, &places)), &filtered);
        if filtered.is_ok() {
            prop_assert!(is_json(&bytes) && std::str::from_utf8(&bytes).is_ok());
        }
        if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
            let kept = filtered.unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&kept).unwrap(), without_lists(value));
        }
    }

    /// JSON of which some bytes are lost, doubled or replaced.
    #[test]
    fn damaged_json_never_becomes_other_json(
        value in json_value(),
        damage in prop::collection::vec((any::<usize>(), any::<u8>(), 0..3_u8), 1..3),
    ) {
        let mut text = value.to_string().into_bytes();
        for (place, byte, kind) in damage {
            let place = place % text.len().max(1);
            match kind {
                0 if place < text.len() => { text.remove(place); }
                1 if place < text.len() => text[place] = byte,
                _ => text.insert(place, byte),
            }
        }
        if let Ok(kept) = filter(&[&text]) {
            prop_assert!(is_json(&text), "{}", String::from_utf8_lossy(&text));
            prop_assert!(is_json(&kept));
        }
    }
}
