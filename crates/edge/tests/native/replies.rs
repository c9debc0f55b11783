//! What every reply carries, and how errors are replied to and logged.

use crate::ROUTES;
use nokube_edge::host::LogLevel;
use nokube_test_host::TestHost;

#[test]
fn every_reply_has_security_headers_and_the_id_of_its_request() {
    let host = TestHost::install();
    host.set("platform_url", "https://nokube.test");
    let response = host.anybody(ROUTES).with_header("x-request-id", "request-17").get("/things/7");
    for (name, value) in [
        ("x-request-id", "request-17"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    let made_up = host.anybody(ROUTES).with_header("x-request-id", "17\"").get("/nothing");
    assert_eq!(made_up.header("x-request-id").len(), 16, "an id that is not safe to log");
}

#[test]
fn an_internal_error_is_logged_once_and_not_told_to_the_caller() {
    let host = TestHost::install();
    let response = host.anybody(ROUTES).with_header("x-request-id", "request-17").get("/broken");
    let detail = response.expect(500)["detail"].to_string();
    assert!(detail.contains("request-17"), "{detail}");
    assert!(!response.text.contains("sector"), "{}", response.text);
    let what = "error component=test request_id=request-17 what=\"read the thing: sector 7 is unreadable\"";
    assert_eq!(host.logged(LogLevel::Event), [what]);
}

#[test]
fn a_request_is_logged_with_its_route_its_caller_and_its_round_trips() {
    let host = TestHost::install();
    host.user(ROUTES, "alice").with_header("x-request-id", "request-17").get("/things").expect(200);
    let log = host.logged(LogLevel::Request);
    let [line] = log.as_slice() else { panic!("{log:?}") };
    for part in [
        "route=\"GET /things\" status=200 ",
        " request_id=request-17 ",
        " user=alice@nokube kv_reads=1 kv_writes=0 outbound=0 chained=0",
    ] {
        assert!(line.contains(part), "{part} {line}");
    }
}
