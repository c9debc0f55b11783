//! API tokens, rate limits and quotas.

use crate::support::browser::Browser;
use nokube_tests::TestPlatform;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_token_is_shown_once_and_listed_with_the_day_of_its_last_use() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let (number, token) = alice.create_token(&["build"]).await;
    let list = alice.get("/api/v1/auth/tokens").await;
    assert!(!list.text.contains(&token) && !list.text.contains("hash"), "{}", list.text);
    assert_eq!(list.expect(200)["tokens"][0]["last_used_on"], json!(null));
    let machine = platform.user_with_token(&token);
    machine.get("/api/v1/builds").await.expect(200);
    machine.get("/api/v1/builds").await.expect(200);
    let row = alice.get("/api/v1/auth/tokens").await.expect(200)["tokens"][0].clone();
    let today = jiff::Timestamp::now().to_string()[..10].to_owned();
    assert_eq!((&row["id"], &row["last_used_on"]), (&json!(number), &json!(today)));
    // API tokens cannot list tokens. One without the scope `projects` creates no projects.
    machine.get("/api/v1/auth/tokens").await.expect_problem(403);
    machine.post("/api/v1/projects", &json!({ "name": "x" })).await.expect_problem(403);
    // Other users cannot revoke it.
    let mut bob = Browser::signed_in(&platform, "bob").await;
    bob.delete(&format!("/api/v1/auth/tokens/{number}")).await.expect_problem(404);
    machine.get("/api/v1/builds").await.expect(200);
    // `finish` checks that the storage does not contain the token.
    platform.finish().await;
}

#[tokio::test]
async fn an_invalid_token_request_reports_all_fields() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let invalid = json!({ "name": "", "scopes": ["read", "account"], "expires_at": "2001-01-01T00:00:00Z", "x": 1 });
    let errors = alice.post("/api/v1/auth/tokens", &invalid).await.field_errors();
    let fields: Vec<_> = errors.keys().map(String::as_str).collect();
    assert_eq!(fields, ["expires_at", "name", "scopes", "x"]);
    platform.finish().await;
}

#[tokio::test]
async fn a_poll_costs_2_reads_with_a_session_or_a_jwt_and_3_with_an_api_token() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let project = alice.create_project("myapp").await["id"].clone();
    let body = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    let build = alice.post("/api/v1/builds", &body).await.expect(202);
    let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    let (_, token) = alice.create_token(&["read"]).await;
    let machine = platform.user_with_token(&token);
    machine.wait_for_end(&path).await;
    platform.settle().await;
    // The first read after the end stores the final state.
    platform.wait_until_logged(&alice.get(&path).await).await;
    for _ in 0..2 {
        let (response, cost) = platform.measure(alice.get(&path)).await;
        response.expect(200);
        assert_eq!(
            (cost.reads, cost.writes + cost.increments, cost.outbound),
            (2, 0, 0),
            "session"
        );
        let (response, cost) = platform.measure(machine.get(&path)).await;
        response.expect(200);
        assert_eq!((cost.reads, cost.writes + cost.increments, cost.outbound), (3, 0, 0), "token");
    }
    let jwt = platform.user("bob");
    let (response, cost) = platform.measure(jwt.get(&path)).await;
    response.expect_problem(404);
    assert_eq!((cost.reads, cost.writes + cost.increments), (2, 0), "another user's build");
    platform.finish().await;
}

#[tokio::test]
async fn builds_and_sign_ins_are_rate_limited_for_each_caller() {
    let platform = TestPlatform::config()
        .variable("limit_builds_per_minute", "2")
        .variable("limit_sign_ins_per_minute", "5")
        .start()
        .await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let response = alice.post("/api/v1/builds", &body).await;
        if response.status == 429 {
            let wait: u32 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait));
            response.expect_problem(429);
        }
        statuses.push(response.status);
    }
    // A new minute may begin meanwhile; then two more are accepted.
    let accepted = statuses.iter().filter(|status| **status == 202).count();
    assert!((2..=4).contains(&accepted), "{statuses:?}");
    assert_eq!(platform.github.dispatch_count(), accepted);
    bob.start_build(bob.create_project("other").await).await;

    let mut rejected = 0;
    for _ in 0..12 {
        rejected +=
            u32::from(Browser::new(&platform).get("/api/v1/auth/login").await.status == 429);
    }
    assert!(rejected >= 2, "{rejected}");
    platform.finish().await;
}

/// Each change adds an entry to an audit log, which is never deleted.
#[tokio::test]
async fn changes_are_rate_limited_and_reads_are_not() {
    let platform = TestPlatform::config().variable("limit_changes_per_minute", "3").start().await;
    let alice = platform.user("alice");
    let path = format!("/api/v1/projects/{}", alice.create_project("myapp").await);
    let mut accepted = 1;
    for number in 0..9 {
        let change = json!({ "description": format!("{number}") });
        let response = alice.request(Method::PATCH, &path).json(&change).send().await.unwrap();
        accepted += u32::from(response.status() == 200);
        alice.get(&path).await.expect(200);
    }
    // A new minute may begin meanwhile; then three more are accepted.
    assert!((3..=6).contains(&accepted), "{accepted}");
    let audit_log = alice.get(&format!("{path}/audit")).await.expect(200);
    assert_eq!(audit_log["total"], accepted);
    platform.user("bob").create_project("other").await;
    platform.finish().await;
}

/// Somebody with a leaked token cannot prevent its owner from revoking it.
#[tokio::test]
async fn revoking_access_is_never_rate_limited() {
    let platform = TestPlatform::config()
        .variable("limit_changes_per_minute", "3")
        .variable("limit_builds_per_minute", "3")
        .start()
        .await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let (number, leaked) = alice.create_token(&["build", "deploy"]).await;
    let leaked = platform.user_with_token(&leaked);
    for _ in 0..8 {
        leaked.delete("/api/v1/builds/b1").await;
        leaked.delete("/api/v1/deployments/d1").await;
        alice.post("/api/v1/projects", &json!({})).await;
    }
    assert_eq!(leaked.delete("/api/v1/builds/b1").await.status, 429);
    assert_eq!(alice.post("/api/v1/projects", &json!({})).await.status, 429);
    assert_eq!(alice.delete(&format!("/api/v1/auth/tokens/{number}")).await.status, 204);
    leaked.get("/api/v1/builds").await.expect_problem(401);
    // It adds at most one entry per minute to the audit log.
    for _ in 0..8 {
        assert_eq!(alice.delete("/api/v1/auth/sessions").await.status, 204);
        alice = Browser::signed_in(&platform, "alice").await;
    }
    let audit_log = alice.get("/api/v1/auth/audit?limit=100").await.expect(200);
    let ends =
        audit_log["events"].as_array().unwrap().iter().filter(|e| e["action"] == "session.end");
    assert!((1..=2).contains(&ends.count()), "{audit_log}");
    platform.finish().await;
}

#[tokio::test]
async fn the_number_of_running_builds_per_owner_is_limited() {
    let platform =
        TestPlatform::config().variable("max_running_builds_per_person", "2").start().await;
    let alice = platform.user("alice");
    platform.github.hold_runs(nokube_sim::HoldPoint::InProgress);
    let (one, two) = (alice.create_project("one").await, alice.create_project("two").await);
    alice.start_build(one).await;
    alice.start_build(two).await;
    let body = alice.build_request(one, "frontend").await;
    let response = alice.post("/api/v1/builds", &body).await;
    assert!(response.expect_problem(429).contains("2 builds"), "{}", response.text);
    let bob = platform.user("bob");
    bob.start_build(bob.create_project("other").await).await;
    platform.github.release_all();
    platform.finish().await;
}

#[tokio::test]
async fn the_number_of_services_per_project_and_per_owner_is_limited() {
    let platform = TestPlatform::config()
        .variable("max_services_per_project", "2")
        .variable("max_services_per_person", "3")
        .start()
        .await;
    let alice = platform.user("alice");
    let (one, two) = (alice.create_project("one").await, alice.create_project("two").await);
    let request = |project: u64, service: &'static str| {
        let alice = alice.clone();
        async move { alice.deployment_request(project, service, "nginx:1.29").await }
    };
    let first = alice.deploy(&request(one, "a").await).await;
    alice.deploy(&request(one, "b").await).await;
    let rejected = alice.post("/api/v1/deploy", &request(one, "c").await).await;
    assert!(
        rejected
            .expect_problem_with_reason(409, "too_many_services")
            .contains("The project has 2 services"),
        "{}",
        rejected.text
    );
    // A deleted service does not count, but it counts again when it is deployed again.
    assert_eq!(alice.delete(&first).await.status, 204);
    alice.deploy(&request(one, "c").await).await;
    alice.post("/api/v1/deploy", &request(one, "a").await).await.expect_problem(409);

    alice.deploy(&request(two, "a").await).await;
    let rejected = alice.post("/api/v1/deploy", &request(two, "b").await).await;
    assert!(
        rejected.expect_problem(409).contains("owner, in all projects, has 3"),
        "{}",
        rejected.text
    );
    // Existing services can be changed, and other users have their own limits.
    alice.deploy(&request(two, "a").await).await;
    let bob = platform.user("bob");
    let project = bob.create_project("one").await;
    bob.deploy(&bob.deployment_request(project, "a", "nginx:1.29").await).await;
    platform.finish().await;
}
