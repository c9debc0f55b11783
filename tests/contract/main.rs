//! The API against its published description: schemathesis makes requests from `docs/api/openapi.json`, of a stranger and
//! of a user, and checks every response. `make test-contract` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod fixtures;
mod schemathesis;

use fixtures::Fixtures;
use nokube_tests::TestPlatform;
use schemathesis::Schemathesis;
use std::collections::BTreeSet;

/// Requests of both runs together.
const MIN_CASES: usize = 5_000;
/// Routes that the user must have been served by. The others need an administrator, a cookie or a signature, or
/// something that ends at its first use.
const MIN_ROUTES: usize = 38;

#[tokio::test(flavor = "multi_thread")]
async fn every_response_to_generated_requests_is_as_the_contract_says() {
    let platform = TestPlatform::config()
        .variable("limit_logs_per_minute", "0")
        .variable("max_projects_per_person", "1000")
        .variable("max_services_per_project", "1000")
        .variable("max_services_per_person", "1000")
        .variable("auth_issuer_token_days", "90")
        .start()
        .await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let fixtures = Fixtures::create(&alice, &bob).await;
    let of_bob = fixtures.of_other(&bob).await;

    let program = Schemathesis::new(&platform.url(""), &fixtures);
    let by_stranger = program.run("a stranger", 2, None).await;
    assert_eq!(fixtures.of_other(&bob).await, of_bob, "a stranger changed something");
    let token = platform.token("alice");
    let by_alice = program.run("a user", 12, Some(&token)).await;
    assert_eq!(fixtures.of_other(&bob).await, of_bob, "alice changed something of bob's");
    assert!(by_stranger + by_alice >= MIN_CASES, "{by_stranger} and {by_alice} requests");

    let console = platform.host().console();
    let served: BTreeSet<_> = console.lines().filter_map(served_route).collect();
    assert!(served.len() >= MIN_ROUTES, "only {} routes: {served:#?}", served.len());
    platform.finish().await;
}

/// The route of a request that succeeded, from its line on the console.
fn served_route(line: &str) -> Option<&str> {
    let (route, rest) = line.split_once(" route=\"")?.1.split_once("\" status=")?;
    let is_published = route.contains("/api/v1/");
    (is_published && rest.starts_with(['2', '3'])).then_some(route)
}
