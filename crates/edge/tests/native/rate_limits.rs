//! Rate limits.

use crate::{ROUTES, callers::store_token};
use futures::future::join_all;
use nokube_domain::{
    rate_limit::{Client, RateLimit, counter_number},
    scope::Scope,
};
use nokube_edge::{
    host::LogLevel,
    store::{Store, WindowName},
};
use nokube_test_host::{Client as Caller, StoreFault, TestHost};
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
fn changes_of_a_person_are_counted_without_their_reads() {
    let host = TestHost::install();
    host.set("limit_changes_per_minute", "1");
    let alice = host.user(ROUTES, "alice");
    alice.post("/things", &json!({})).expect(200);
    alice.post("/things", &json!({})).expect(429);
    alice.get("/things").expect(200);
    host.user(ROUTES, "bob").post("/things", &json!({})).expect(200);
}

#[test]
fn a_client_is_not_known_by_anything_that_it_can_choose() {
    let host = TestHost::install();
    host.set("limit_sign_ins_per_minute", "2");
    let path = |n: u32| format!("/sign-in?state={n}");
    let statuses = (0..20_u32).map(|n| {
        let address = format!("[2001:db8:7:{n:x}::{n:x}]:40000");
        let client = host.anybody(ROUTES).with_header("spin-client-addr", &address);
        client.with_header("cookie", &format!("a={n}")).get(&path(n)).status
    });
    assert_eq!(statuses.filter(|status| *status == 200).count(), 2, "it has a whole /48");
}

/// Counts one request of each of these clients, in one minute after the other.
async fn count_all(clients: u32) {
    let store = Store::open().await.unwrap();
    for n in 0..clients {
        let (address, start) = (format!("host-{n}"), i64::from(n / 1_000) * 60);
        let client = Client::Address(Some(&address));
        let number = counter_number("secret", RateLimit::SignIns, client, start);
        let name = WindowName::rate_limit(RateLimit::SignIns.key(), number);
        assert!(store.count_in_window(&name, start, 60).await.unwrap());
    }
}

#[test]
fn the_size_of_the_store_does_not_depend_on_who_comes() {
    let host = TestHost::install();
    let address = "192.0.2.7:40000";
    host.anybody(ROUTES).with_header("spin-client-addr", address).get("/sign-in").expect(200);
    assert!(host.stored().keys().all(|key| key.contains("window/limit/s/")), "two are stored");
    host.run(count_all(60_000));
    let keys = host.stored().len();
    assert!(keys <= 5 * 4_096, "{keys} keys after 60,000 clients");
}

/// The statuses of so many reads, one after the other.
fn read(caller: &Caller, count: usize) -> Vec<u16> {
    (0..count).map(|_| caller.get("/things").status).collect()
}

/// The sum of a number of the requests so far, such as `kv_writes`.
fn logged(host: &TestHost, name: &str) -> u32 {
    host.logged_numbers(name).iter().sum()
}

#[test]
fn a_person_may_read_so_many_times_a_minute() {
    let host = TestHost::install();
    host.set("limit_reads_per_minute", "3");
    let alice = host.user(ROUTES, "alice");
    let tag = alice.get("/things").header("etag").to_owned();
    let has_it = alice.with_header("if-none-match", &tag);
    assert_eq!(has_it.get("/things").status, 304, "counts too");
    assert_eq!(host.run(alice.start("HEAD", "/things", None)).status, 200, "counts too");
    host.wait(20);
    let refused = alice.get("/things");
    assert!(refused.expect(429)["detail"].as_str().unwrap().contains("3 times a minute"));
    assert_eq!(refused.header("retry-after"), "40", "when the next minute begins");
    assert_eq!(has_it.get("/things").status, 429);
    alice.post("/things", &json!({})).expect(200);
    alice.get("/things/newest").expect(200); // A public route.
    assert_eq!(read(&host.user(ROUTES, "bob"), 4), [200, 200, 200, 429]);
    host.wait(40);
    alice.get("/things").expect(200);
}

#[test]
fn somebody_with_a_stolen_token_keeps_nobody_from_reading_their_list_of_tokens() {
    let host = TestHost::install();
    host.set("auth_issuer_token_days", "30");
    host.set("limit_reads_per_minute", "3");
    let token = store_token(&host, &[Scope::Read]);
    let bearer = format!("Bearer {}", token.reveal());
    let thief = host.anybody(ROUTES).with_header("authorization", &bearer);
    assert_eq!(read(&thief, 5), [200, 200, 200, 429, 429]);
    assert_eq!(read(&host.user(ROUTES, "alice"), 4), [200, 200, 200, 429]);
}

#[test]
fn a_list_of_what_has_a_status_counts_as_the_longest_page() {
    let host = TestHost::install();
    host.set("limit_reads_per_minute", "42");
    // 1 and one for each ten rows.
    for (query, lists) in [("limit=1", 21), ("limit=200", 2), ("limit=1&status=failed", 2)] {
        let alice = host.user(ROUTES, "alice");
        let listed = (0..30).filter(|_| alice.get(&format!("/lists?{query}")).status == 200);
        assert_eq!(listed.count(), lists, "{query}");
        host.wait(60);
    }
}

#[test]
fn of_reads_at_once_no_more_than_the_limit_are_admitted() {
    let host = TestHost::install();
    host.set("limit_reads_per_minute", "200");
    let alice = host.user(ROUTES, "alice");
    let all = host.run(join_all((0..500).map(|_| alice.start("GET", "/things", None))));
    assert_eq!(all.iter().filter(|response| response.status == 200).count(), 200);
}

#[test]
fn reads_under_a_large_limit_hardly_ever_ask_the_store() {
    let host = TestHost::install();
    host.set("limit_reads_per_minute", "6000");
    let (alice, bob) = (host.user(ROUTES, "alice"), host.user(ROUTES, "bob"));
    // The route itself reads whether the caller is blocked.
    for _ in 0..300 {
        alice.get("/things").expect(200);
        bob.get("/things").expect(200);
    }
    let (reads, writes) = (logged(&host, "kv_reads") - 600, logged(&host, "kv_writes"));
    assert!(reads <= 2 * 13 && (2 * 9..=2 * 12).contains(&writes), "{reads} and {writes}");

    let requests = (0..6_100).map(|_| alice.start("GET", "/things", None));
    let admitted = host.run(join_all(requests)).into_iter().filter(|it| it.status == 200);
    assert!((5_700..5_730).contains(&admitted.count()), "300 were admitted before");
    let written = logged(&host, "kv_writes");
    assert_eq!(read(&alice, 10), [429; 10]);
    assert_eq!(logged(&host, "kv_writes"), written, "a refused read writes nothing");
    bob.get("/things").expect(200);
}

#[test]
fn a_store_that_can_only_be_read_does_not_keep_anybody_from_reading() {
    let host = TestHost::install();
    host.set("limit_reads_per_minute", "100");
    let alice = host.user(ROUTES, "alice");
    host.store_fails(StoreFault::AfterWrites(0));
    alice.get("/things").expect(200);
    let logged = host.logged(LogLevel::Event);
    assert!(logged.iter().any(|line| line.contains("reads are not counted")), "{logged:?}");
    host.store_fails(StoreFault::Silent);
    assert!(alice.get("/things").expect(503)["detail"].as_str().unwrap().contains("storage"));
    host.store_works();
    host.wait(1);
    alice.get("/things").expect(200);
}
