//! Rate limits.

use crate::ROUTES;
use nokube_test_host::TestHost;
use serde_json::json;

#[test]
fn a_client_address_may_start_so_many_sign_ins_a_minute() {
    let host = TestHost::install();
    host.set("limit_sign_ins_per_minute", "2");
    let client = |address: &str| host.anybody(ROUTES).with_header("spin-client-addr", address);
    let visitor = client("192.0.2.7:40000");
    visitor.get("/sign-in").expect(200);
    visitor.get("/sign-in").expect(200);
    host.wait(20);
    let refused = visitor.get("/sign-in");
    refused.expect(429);
    assert_eq!(refused.header("retry-after"), "40", "when the next minute begins");
    client("192.0.2.8:40000").get("/sign-in").expect(200);

    let stored = host.stored();
    visitor.get("/sign-in").expect(429);
    assert_eq!(host.stored(), stored, "a refused request writes nothing");
    host.wait(40);
    visitor.get("/sign-in").expect(200);
}

#[test]
fn changes_of_a_person_are_limited_and_reads_are_not() {
    let host = TestHost::install();
    host.set("limit_changes_per_minute", "1");
    let alice = host.user(ROUTES, "alice");
    alice.post("/things", &json!({})).expect(200);
    alice.post("/things", &json!({})).expect(429);
    alice.get("/things").expect(200);
    host.user(ROUTES, "bob").post("/things", &json!({})).expect(200);
}
