//! When a request is sent again.

mod common;

use http::Method;
use nokube_github::retry::{
    Next::{Again, Later, Take},
    Patience, next, next_without_answer,
};

const NOW: i64 = 1_800_000_000;
const PATIENCE: Patience = Patience { tries: 3, first_wait: 500, longest_wait: 5_000 };
const GET: Method = Method::GET;
const POST: Method = Method::POST;

#[test]
fn the_answer_says_whether_and_when_to_ask_again() {
    let remaining = |left, reset| [("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset)];
    let soon = remaining("0", "1800000004");
    let in_an_hour = remaining("0", "1800003600");
    let past = remaining("0", "1799999000");
    let plenty = remaining("4999", "1800003600");
    let after = |seconds| [("retry-after", seconds)];
    let table = [
        ("an answer", GET, 200, &[][..], 1, Take),
        ("nothing new", GET, 304, &[], 1, Take),
        ("not there", GET, 404, &[], 1, Take),
        ("no right", POST, 403, &[], 1, Take),
        ("no right, with a quota left", GET, 403, &plenty, 1, Take),
        ("validation", POST, 422, &after("1"), 1, Take),
        ("limited, with a time", POST, 429, &after("3"), 1, Again(3_000)),
        ("limited, at once", GET, 429, &after("0"), 1, Again(500)),
        ("the same, the second time", GET, 429, &after("0"), 2, Again(1_000)),
        ("limited for longer than a request lasts", GET, 429, &after("6"), 1, Later(6)),
        ("limited for days", GET, 429, &after("999999999999"), 1, Later(u32::MAX)),
        ("limited, without a time", GET, 429, &[], 1, Later(60)),
        ("limited, until a date", GET, 429, &after("Mon, 23 Nov 2026 10:00:00 GMT"), 1, Later(60)),
        ("secondary limit", POST, 403, &after("2"), 1, Again(2_000)),
        ("nothing remains", GET, 403, &soon, 1, Again(4_000)),
        ("nothing remains for an hour", GET, 403, &in_an_hour, 1, Later(3_600)),
        ("the reset has just passed", GET, 429, &past, 1, Again(1_000)),
        ("tries exhausted", GET, 429, &after("1"), 3, Later(1)),
        ("a fault of theirs, reading", GET, 500, &[], 1, Again(500)),
        ("the same again", Method::HEAD, 503, &[], 2, Again(1_000)),
        ("and once too often", GET, 502, &[], 3, Take),
        ("a fault of theirs, writing: nobody knows", POST, 500, &[], 1, Take),
        ("the same when they are away", POST, 503, &after("1"), 1, Take),
    ];
    for (story, method, status, headers, tried, expected) in table {
        let answer = common::answer(status, headers, "");
        let decided = next(&method, answer.status(), answer.headers(), tried, PATIENCE, NOW);
        assert_eq!(decided, expected, "{story}");
    }
}

#[test]
fn our_own_caution_never_makes_a_short_wait_too_long() {
    let patience = Patience { tries: 9, first_wait: 2_000, longest_wait: 5_000 };
    let answer = common::answer(429, &[("retry-after", "1")], "");
    for (tried, expected) in [(1, 2_000), (2, 4_000), (3, 5_000), (8, 5_000)] {
        let decided = next(&GET, answer.status(), answer.headers(), tried, patience, NOW);
        assert_eq!(decided, Again(expected), "after try {tried}");
    }
}

#[test]
fn waits_grow_and_never_overflow() {
    let patience = Patience { tries: u32::MAX, first_wait: u64::MAX, longest_wait: 60_000 };
    for tried in [0, 1, 2, 63, 64, 65, u32::MAX - 1] {
        let answer = common::answer(500, &[], "");
        let decided = next(&GET, answer.status(), answer.headers(), tried, patience, NOW);
        assert_eq!(decided, Again(60_000));
        assert_eq!(next_without_answer(&GET, tried, patience), Some(60_000));
    }
}

#[test]
fn without_an_answer_only_reading_is_repeated() {
    let table = [
        (GET, 1, Some(500)),
        (GET, 2, Some(1_000)),
        (Method::HEAD, 1, Some(500)),
        (GET, 3, None),
        (POST, 1, None),
        (Method::DELETE, 1, None),
    ];
    for (method, tried, expected) in table {
        assert_eq!(next_without_answer(&method, tried, PATIENCE), expected, "{method} {tried}");
    }
}
