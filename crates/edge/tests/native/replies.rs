//! What every reply carries, and how errors are replied to and logged.

use crate::ROUTES;
use nokube_edge::host::LogLevel;
use nokube_test_host::TestHost;
use serde_json::json;
use std::collections::BTreeSet;

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

#[test]
fn a_poll_without_a_change_is_answered_without_a_body() {
    let host = TestHost::install();
    let alice = host.user(ROUTES, "alice");
    let first = alice.get("/things");
    assert_eq!(first.expect(200)["login"], "alice");
    assert_eq!(first.header("content-length"), first.text.len().to_string());
    let etag = first.header("etag").to_owned();

    let again = alice.with_header("if-none-match", &format!("\"1\", W/{etag}")).get("/things");
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    for (name, value) in [("etag", etag.as_str()), ("cache-control", "no-store")] {
        assert_eq!(again.header(name), value, "{name}");
    }
    for name in ["content-type", "content-length"] {
        assert_eq!(again.header(name), "", "{name}");
    }

    let bob = host.user(ROUTES, "bob").with_header("if-none-match", &etag).get("/things");
    assert_eq!(bob.expect(200)["login"], "bob", "another body has another tag");
    assert_ne!(bob.header("etag"), etag);
}

#[test]
fn an_error_is_never_not_modified() {
    let host = TestHost::install();
    let anything = host.anybody(ROUTES).with_header("if-none-match", "*");
    anything.get("/things").expect(401);
    anything.get("/broken").expect(500);
    anything.get("/nothing").expect(404);
    let changed =
        host.user(ROUTES, "alice").with_header("if-none-match", "*").post("/things", &json!({}));
    assert_eq!((changed.status, changed.header("etag")), (200, ""), "only reads are conditional");
}

#[test]
fn public_routes_have_no_entity_tag() {
    let host = TestHost::install();
    for path in ["/ready", "/things/7"] {
        let reply = host.anybody(ROUTES).with_header("if-none-match", "*").get(path);
        assert_eq!((reply.status, reply.header("etag")), (200, ""), "{path}");
    }
}

#[test]
fn every_request_has_an_id_of_its_own() {
    let host = TestHost::install();
    let ids =
        (0..100).map(|_| host.anybody(ROUTES).get("/things/7").header("x-request-id").to_owned());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 100);
}
