//! Log lines, and the client's values that are written to them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_edge::telemetry::{
    logfmt::format_line,
    trace_context::{TraceParent, parse_request_id},
};

#[test]
fn special_characters_are_quoted_and_escaped() {
    for (value, expected) in [
        ("200", "200"),
        ("", "\"\""),
        ("GET /a/{b}", "\"GET /a/{b}\""),
        ("a=\"b\\c\"", "\"a=\\\"b\\\\c\\\"\""),
        (
            "a\nrequest status=200\r\t\u{1b}[0m",
            "\"a\\u000arequest status=200\\u000d\\u0009\\u001b[0m\"",
        ),
        ("ä\u{2028}🦀", "\"\\u00e4\\u2028\\ud83e\\udd80\""),
    ] {
        let line = format_line("request", &[("before", "1"), ("value", value), ("after", "2")]);
        assert_eq!(line, format!("request before=1 value={expected} after=2"));
    }
}

#[test]
fn a_request_id_is_accepted_if_it_is_safe_to_log() {
    for valid in ["12345678", "a-b_c.D9", &"x".repeat(64)] {
        assert_eq!(parse_request_id(valid), Some(valid));
    }
    for invalid in
        ["", "1234567", "12345678\n", "1234 5678", "12345678\"", "ääääääää", &"x".repeat(65)]
    {
        assert_eq!(parse_request_id(invalid), None, "{invalid:?}");
    }
}

#[test]
fn a_traceparent_is_parsed_as_the_specification_demands() {
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let valid = format!("00-{trace}-{parent}-01");
    let parsed = TraceParent::parse(&valid).unwrap();
    assert_eq!((parsed.as_str(), parsed.trace_id()), (valid.as_str(), trace));
    // Later versions may have additional fields at the end.
    for later in [format!("01-{trace}-{parent}-01"), format!("cc-{trace}-{parent}-01-more")] {
        assert_eq!(TraceParent::parse(&later).unwrap().as_str(), valid);
    }
    for invalid in [
        String::new(),
        format!("ff-{trace}-{parent}-01"),
        format!("00-{}-{parent}-01", "0".repeat(32)),
        format!("00-{trace}-{}-01", "0".repeat(16)),
        format!("00-{}-{parent}-01", trace.to_uppercase()),
        format!("{valid}-more"),
        format!("01-{trace}-{parent}-01more"),
        format!("{valid}\n"),
        format!("00-{trace}-{parent}"),
        format!("00-{trace}_{parent}-01"),
        format!("0ä-{trace}-{parent}-01"),
        format!("00-{trace}-{}-0ä", &parent[1..]),
    ] {
        assert_eq!(TraceParent::parse(&invalid), None, "{invalid:?}");
    }
}
