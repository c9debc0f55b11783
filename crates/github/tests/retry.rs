//! Whether and when a request is sent again.

mod common;

use http::Method;
use nokube_github::retry::{
    Decision::{Retry, Return, TooLong},
    RetryPolicy, decide, decide_without_response,
};

const NOW: i64 = 1_800_000_000;
const POLICY: RetryPolicy = RetryPolicy { max_attempts: 3, first_wait: 500, max_wait: 5_000 };
const GET: Method = Method::GET;
const POST: Method = Method::POST;

#[test]
fn the_response_decides_whether_and_when_to_retry() {
    let remaining = |left, reset| [("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset)];
    let soon = remaining("0", "1800000004");
    let in_an_hour = remaining("0", "1800003600");
    let past = remaining("0", "1799999000");
    let plenty = remaining("4999", "1800003600");
    let after = |seconds| [("retry-after", seconds)];
    let table = [
        ("a response", GET, 200, &[][..], 1, Return),
        ("nothing new", GET, 304, &[], 1, Return),
        ("not there", GET, 404, &[], 1, Return),
        ("no permission", POST, 403, &[], 1, Return),
        ("no permission, with a quota left", GET, 403, &plenty, 1, Return),
        ("validation", POST, 422, &after("1"), 1, Return),
        ("limited, with a time", POST, 429, &after("3"), 1, Retry(3_000)),
        ("limited, retry after 0 seconds", GET, 429, &after("0"), 1, Retry(500)),
        ("the same, the second time", GET, 429, &after("0"), 2, Retry(1_000)),
        ("limited for longer than a request lasts", GET, 429, &after("6"), 1, TooLong(6)),
        ("limited for days", GET, 429, &after("999999999999"), 1, TooLong(u32::MAX)),
        ("limited, without a time", GET, 429, &[], 1, TooLong(60)),
        (
            "limited, until a date",
            GET,
            429,
            &after("Mon, 23 Nov 2026 10:00:00 GMT"),
            1,
            TooLong(60),
        ),
        ("secondary limit", POST, 403, &after("2"), 1, Retry(2_000)),
        ("nothing remains", GET, 403, &soon, 1, Retry(4_000)),
        ("nothing remains for an hour", GET, 403, &in_an_hour, 1, TooLong(3_600)),
        ("the reset has just passed", GET, 429, &past, 1, Retry(1_000)),
        ("attempts exhausted", GET, 429, &after("1"), 3, TooLong(1)),
        ("a server error, reading", GET, 500, &[], 1, Retry(500)),
        ("the same again", Method::HEAD, 503, &[], 2, Retry(1_000)),
        ("and once too often", GET, 502, &[], 3, Return),
        ("a server error, writing: it may have been carried out", POST, 500, &[], 1, Return),
        ("the same when GitHub is unavailable", POST, 503, &after("1"), 1, Return),
    ];
    for (case, method, status, headers, attempt, expected) in table {
        let response = common::response(status, headers, "");
        let decided = decide(&method, response.status(), response.headers(), attempt, POLICY, NOW);
        assert_eq!(decided, expected, "{case}");
    }
}

#[test]
fn backoff_never_makes_a_short_wait_too_long() {
    let policy = RetryPolicy { max_attempts: 9, first_wait: 2_000, max_wait: 5_000 };
    let response = common::response(429, &[("retry-after", "1")], "");
    for (attempt, expected) in [(1, 2_000), (2, 4_000), (3, 5_000), (8, 5_000)] {
        let decided = decide(&GET, response.status(), response.headers(), attempt, policy, NOW);
        assert_eq!(decided, Retry(expected), "after attempt {attempt}");
    }
}

#[test]
fn waits_grow_and_never_overflow() {
    let policy = RetryPolicy { max_attempts: u32::MAX, first_wait: u64::MAX, max_wait: 60_000 };
    for attempt in [0, 1, 2, 63, 64, 65, u32::MAX - 1] {
        let response = common::response(500, &[], "");
        let decided = decide(&GET, response.status(), response.headers(), attempt, policy, NOW);
        assert_eq!(decided, Retry(60_000));
        assert_eq!(decide_without_response(&GET, attempt, policy), Some(60_000));
    }
}

#[test]
fn without_a_response_only_reads_are_repeated() {
    let table = [
        (GET, 1, Some(500)),
        (GET, 2, Some(1_000)),
        (Method::HEAD, 1, Some(500)),
        (GET, 3, None),
        (POST, 1, None),
        (Method::DELETE, 1, None),
    ];
    for (method, attempt, expected) in table {
        assert_eq!(
            decide_without_response(&method, attempt, POLICY),
            expected,
            "{method} {attempt}"
        );
    }
}
