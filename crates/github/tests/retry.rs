//! Whether a request is sent again, and after how long.

mod common;

use http::Method;
use nokube_github::retry::retry_after;
use serde_json::json;

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
    let past_date = after("Mon, 23 Nov 2026 10:00:00 GMT");
    let date = after("Fri, 15 Jan 2027 08:02:00 GMT");
    let old_date = after("Friday, 15-Jan-27 08:02:00 GMT");
    let oldest_date = after("Fri Jan 15 08:02:00 2027");
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
        ("limited, until a date", GET, 429, &date, Some(120)),
        ("limited, until a date as of RFC 850", POST, 403, &old_date, Some(120)),
        ("limited, until a date as of asctime", POST, 403, &oldest_date, Some(120)),
        ("limited, until a date that has passed", GET, 429, &past_date, Some(60)),
        ("limited, until something else", GET, 403, &after("soon"), Some(60)),
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

#[test]
fn a_403_without_headers_is_a_limit_if_its_text_says_so() {
    let docs = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api";
    let enterprise = "https://developer.github.com/enterprise/3.9/v3/#abuse-rate-limits";
    let table = [
        ("You have exceeded a secondary rate limit. Please wait a few minutes.", "", true),
        ("API rate limit exceeded for installation ID 5.", "", true),
        ("You have triggered an abuse detection mechanism. Please wait a few minutes.", "", true),
        ("Please wait.", docs, true),
        ("Please wait.", enterprise, true),
        ("Resource not accessible by integration", "https://docs.github.com/rest/actions", false),
        ("Must have admin rights to Repository.", "", false),
    ];
    for (message, documentation_url, expected) in table {
        let body = json!({ "message": message, "documentation_url": documentation_url });
        let response = common::response(403, &[], &body.to_string());
        assert_eq!(retry_after(&POST, &response, NOW), expected.then_some(60), "{message}");
    }
    let page = "<html>Whoa there! You have exceeded a secondary rate limit.</html>";
    assert_eq!(retry_after(&POST, &common::response(403, &[], page), NOW), Some(60));
    assert_eq!(retry_after(&POST, &common::response(403, &[], "<html>Forbidden"), NOW), None);
}
