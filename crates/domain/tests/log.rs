//! Lines of the log, and what may come into them from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    log::line,
    trace::{TraceParent, request_id},
};

#[test]
fn a_line_is_one_line_whatever_a_value_holds() {
    for (value, told) in [
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
        let told = format!("request before=1 value={told} after=2");
        assert_eq!(line("request", &[("before", "1"), ("value", value), ("after", "2")]), told);
    }
}

#[test]
fn an_id_is_taken_if_it_is_fit_for_a_log() {
    for fit in ["12345678", "a-b_c.D9", &"x".repeat(64)] {
        assert_eq!(request_id(fit), Some(fit));
    }
    for unfit in
        ["", "1234567", "12345678\n", "1234 5678", "12345678\"", "ääääääää", &"x".repeat(65)]
    {
        assert_eq!(request_id(unfit), None, "{unfit:?}");
    }
}

#[test]
fn a_trace_is_taken_as_the_specification_says() {
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let good = format!("00-{trace}-{parent}-01");
    let read = TraceParent::parse(&good).unwrap();
    assert_eq!((read.as_str(), read.trace()), (good.as_str(), trace));
    // Later versions may say more, after what is known.
    for later in [format!("01-{trace}-{parent}-01"), format!("cc-{trace}-{parent}-01-what-comes")] {
        assert_eq!(TraceParent::parse(&later).unwrap().as_str(), good);
    }
    for bad in [
        String::new(),
        format!("ff-{trace}-{parent}-01"),
        format!("00-{}-{parent}-01", "0".repeat(32)),
        format!("00-{trace}-{}-01", "0".repeat(16)),
        format!("00-{}-{parent}-01", trace.to_uppercase()),
        format!("{good}-more"),
        format!("01-{trace}-{parent}-01more"),
        format!("{good}\n"),
        format!("00-{trace}-{parent}"),
        format!("00-{trace}_{parent}-01"),
        format!("0ä-{trace}-{parent}-01"),
        format!("00-{trace}-{}-0ä", &parent[1..]),
    ] {
        assert_eq!(TraceParent::parse(&bad), None, "{bad:?}");
    }
}
