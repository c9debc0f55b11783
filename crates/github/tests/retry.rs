//! Whether a request is sent again, and after how long.

mod common;

use http::Method;
use nokube_github::retry::retry_after;

const NOW: i64 = 1_800_000_000;
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
    let date = after("Mon, 23 Nov 2026 10:00:00 GMT");
    let table = [
        ("a response", GET, 200, &[][..], None),
        ("nothing new", GET, 304, &[], None),
        ("not there", GET, 404, &[], None),
        ("no permission", POST, 403, &[], None),
        ("no permission, with a quota left", GET, 403, &plenty, None),
        ("validation", POST, 422, &after("1"), None),
        ("limited, with a time", POST, 429, &after("3"), Some(3)),
        ("limited, retry after 0 seconds", GET, 429, &after("0"), Some(0)),
        ("limited for days", GET, 429, &after("999999999999"), Some(999_999_999_999)),
        ("limited, without a time", GET, 429, &[], Some(60)),
        ("limited, until a date", GET, 429, &date, Some(60)),
        ("secondary limit", POST, 403, &after("2"), Some(2)),
        ("nothing remains", GET, 403, &soon, Some(4)),
        ("nothing remains for an hour", GET, 403, &in_an_hour, Some(3_600)),
        ("the reset has just passed", GET, 429, &past, Some(1)),
        ("a server error, reading", GET, 500, &[], Some(0)),
        ("the same with HEAD", Method::HEAD, 503, &[], Some(0)),
        ("a server error, writing: it may have been carried out", POST, 500, &[], None),
        ("the same when GitHub is unavailable", POST, 503, &after("1"), None),
    ];
    for (case, method, status, headers, expected) in table {
        let response = common::response(status, headers, "");
        assert_eq!(retry_after(&method, &response, NOW), expected, "{case}");
    }
}
