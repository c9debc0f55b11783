//! Events about repositories that services are built from are left to the component `builds`, which gets a private call at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod common;

use common::{build, deliver, deliver_text, link_service, outcome, pull_request, push, run_event};
use nokube_edge::host::LogLevel;
use nokube_test_host::{StoreFault, TestHost, WEBHOOK_SECRET};
use serde_json::{Value, json};
use std::{rc::Rc, time::Duration};

const BUILDS: &str = "http://builds.spin.internal";

const ROUND_TRIPS: [&str; 4] = ["kv_reads", "kv_writes", "chained", "outbound"];

/// The round trips of the last request, in the order of [`ROUND_TRIPS`].
fn last_round_trips(host: &TestHost) -> [u32; 4] {
    ROUND_TRIPS.map(|name| *host.logged_numbers(name).last().unwrap())
}

/// A platform on which a service is built by pushes to repository 7.
fn platform() -> Rc<TestHost> {
    let host = TestHost::install();
    host.respond("POST", BUILDS, 204, &json!(null));
    link_service(&host, 7);
    host
}

/// The item with this number in the queue of `builds`.
fn item(host: &TestHost, number: u32) -> Value {
    let stored = host.stored();
    serde_json::from_str(&stored[&format!("work/builds/{number}")]).unwrap()
}

#[test]
fn an_event_of_no_service_costs_one_read() {
    let host = TestHost::install();
    let repository = json!({ "action": "renamed", "repository": { "id": 7 } });
    let branch = json!({ "ref": "main", "ref_type": "branch", "repository": { "id": 7 } });
    for (event, body) in [
        ("push", push()),
        ("create", branch.clone()),
        ("delete", branch),
        ("pull_request", pull_request("opened")),
        ("repository", repository),
    ] {
        let (outcome, reason) = outcome(&host, event, &body);
        assert_eq!(outcome, "ignored");
        assert_eq!(reason.as_deref(), Some("no service is built by pushes to this repository"));
        assert_eq!(last_round_trips(&host), [1, 0, 0, 0], "{event}");
    }
    assert!(host.stored().is_empty() && host.sent_urls().is_empty());
}

#[test]
fn an_event_of_a_service_is_queued_and_builds_gets_its_number_and_nothing_else() {
    let host = platform();
    assert_eq!(outcome(&host, "push", &push()), ("stored".into(), None));
    assert_eq!(last_round_trips(&host), [1, 2, 1, 0]);
    let change = &item(&host, 1)["task"]["repository"]["change"]["push"];
    assert_eq!((&change["branch"], &change["after"]), (&json!("main"), &json!("2".repeat(40))));
    assert!(!host.stored().values().any(|record| record.contains('@')), "e-mail addresses");
    assert_eq!(host.sent_urls(), [format!("{BUILDS}/internal/work/1")]);
    assert_eq!(host.sent("POST", BUILDS), [""]);

    // The same event again is another item: `builds` finds that nothing is left to do.
    assert_eq!(outcome(&host, "push", &push()).0, "stored");
    let renamed = json!({ "action": "renamed", "repository": { "id": 7 } });
    assert_eq!(outcome(&host, "repository", &renamed).0, "stored");
    assert_eq!(item(&host, 3)["task"]["repository"]["change"], "repository");
    assert_eq!(host.sent("POST", BUILDS).len(), 3);
}

/// Whatever the pull request says of itself: `builds` asks GitHub.
#[test]
fn of_a_pull_request_its_number_is_queued_and_nothing_else() {
    let host = platform();
    for (number, action) in ["opened", "synchronize", "closed"].into_iter().enumerate() {
        assert_eq!(outcome(&host, "pull_request", &pull_request(action)), ("stored".into(), None));
        assert_eq!(last_round_trips(&host), [1, 2, 1, 0]);
        let item = item(&host, u32::try_from(number).unwrap() + 1);
        let event = &item["task"]["repository"];
        assert_eq!(event["change"], json!({ "pull_request": { "number": 12 } }));
        assert_eq!(event["repository_id"], 7, "the one that it is to be merged into");
    }
    assert!(!host.stored().values().any(|record| record.contains("mallory")));
    let mut deleted_fork = pull_request("closed");
    deleted_fork["pull_request"]["head"]["repo"] = json!(null);
    assert_eq!(outcome(&host, "pull_request", &deleted_fork).0, "stored");
    let urls = [1, 2, 3, 4].map(|number| format!("{BUILDS}/internal/work/{number}"));
    assert_eq!(host.sent_urls(), urls);
}

#[test]
fn a_pull_request_may_have_a_long_text() {
    let host = platform();
    let mut body = pull_request("opened");
    body["pull_request"]["body"] = json!("x".repeat(2 * 1024 * 1024));
    body["changes"] = json!({ "body": { "from": "y".repeat(2 * 1024 * 1024) } });
    assert_eq!(outcome(&host, "pull_request", &body).0, "stored");
    let mut other = pull_request("opened");
    other["pull_request"]["title"] = json!("x".repeat(2 * 1024 * 1024));
    deliver(&host, WEBHOOK_SECRET, "pull_request", &other).expect(413);
}

#[test]
fn events_that_no_build_depends_on_cost_nothing() {
    let host = platform();
    let with_ref = |git_ref: &str| {
        let mut push = push();
        push["ref"] = json!(git_ref);
        push
    };
    for (event, body, why) in [
        ("push", with_ref("refs/tags/v1"), "a tag, not a branch"),
        ("push", with_ref("refs/heads/gh-readonly-queue/main/pr-1-2"), "a branch of a merge queue"),
        (
            "repository",
            json!({ "action": "created", "repository": { "id": 7 } }),
            "a change of a repository that builds do not depend on",
        ),
        (
            "pull_request",
            pull_request("labeled"),
            "a change of a pull request that previews do not depend on",
        ),
    ] {
        assert_eq!(outcome(&host, event, &body), ("ignored".into(), Some(why.into())));
        assert_eq!(last_round_trips(&host), [0, 0, 0, 0]);
    }
}

/// A read of the service or `reconcile` does the work then.
#[test]
fn an_event_counts_although_builds_does_not_answer() {
    let host = TestHost::install();
    link_service(&host, 7);
    let failures = || host.logged(LogLevel::Event).len();
    assert_eq!(outcome(&host, "push", &push()).0, "stored");
    assert_eq!(failures(), 1, "{:?}", host.logged(LogLevel::Event));
    host.respond("POST", BUILDS, 204, &json!(null));
    host.respond_after(Duration::from_secs(120));
    assert_eq!(outcome(&host, "push", &push()).0, "stored");
    assert_eq!(failures(), 1, "GitHub does not wait for builds");
    host.wait(30);
    host.run(async {});
    assert_eq!(failures(), 2, "{:?}", host.logged(LogLevel::Event));
    assert!(host.stored().contains_key("work/builds/2"));
}

#[test]
fn an_event_that_cannot_be_stored_is_not_acknowledged() {
    let host = platform();
    for fault in [StoreFault::Away, StoreFault::AfterWrites(0), StoreFault::AfterWrites(1)] {
        host.store_fails(fault);
        deliver(&host, WEBHOOK_SECRET, "push", &push()).expect(503);
    }
    assert!(host.sent_urls().is_empty(), "a private call is sent for stored items only");
}

#[test]
fn builds_gets_the_id_of_a_build_that_has_news() {
    let host = platform();
    assert_eq!(outcome(&host, "workflow_run", &run_event()).0, "stored");
    assert_eq!(host.sent_urls(), [format!("{BUILDS}/internal/builds/{}", build())]);
    assert_eq!(outcome(&host, "workflow_run", &run_event()).0, "ignored");
    assert_eq!(host.sent_urls().len(), 1, "nothing is new");
}

#[test]
fn a_forged_event_is_refused_whatever_it_contains() {
    let host = platform();
    let large = format!("[\"{}\"]", "x".repeat(2 * 1024 * 1024));
    for body in [push().to_string(), "no JSON".into(), large, "[".repeat(100)] {
        deliver_text(&host, "another secret", "push", &body).expect(401);
    }
    assert_eq!(host.stored().len(), 1, "the counter of services");
}

#[test]
fn a_signed_body_that_is_not_json_or_too_large_is_refused() {
    let host = platform();
    let refused = |body: &str| {
        let response = deliver_text(&host, WEBHOOK_SECRET, "push", body);
        (response.status, serde_json::from_str::<Value>(&response.text).unwrap()["detail"].clone())
    };
    assert_eq!(refused("no JSON"), (400, json!("The body is not JSON.")));
    assert_eq!(refused(&"[".repeat(100)), (400, json!("The body has more than 64 levels.")));
    let large = format!("{{\"after\":\"{}\"}}", "x".repeat(1024 * 1024));
    let expected = json!("The body is too large, even without its lists and texts.");
    assert_eq!(refused(&large), (413, expected));
}
