//! Authentication with JWTs, and separation of users.

use crate::support::begin_rate_limit_window;
use nokube_domain::jwt::{Audience, Claims, sign};
use nokube_tests::{JWT_SECRET, Response, TestPlatform, claims};
use reqwest::Method;
use serde_json::json;

/// Routes that require authentication, for one project and build.
fn routes(project: u64, build: &str) -> Vec<(Method, String)> {
    vec![
        (Method::POST, "/api/v1/builds".into()),
        (Method::GET, "/api/v1/builds".into()),
        (Method::GET, format!("/api/v1/builds?project_id={project}")),
        (Method::GET, build.into()),
        (Method::DELETE, build.into()),
        (Method::POST, format!("{build}/retry")),
        (Method::GET, format!("{build}/logs")),
        (Method::POST, "/api/v1/projects".into()),
        (Method::GET, "/api/v1/projects".into()),
        (Method::GET, format!("/api/v1/projects/{project}")),
        (Method::GET, format!("/api/v1/projects/{project}/builds")),
    ]
}

#[tokio::test]
async fn without_a_valid_token_routes_return_401() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let build = alice.start_build(project).await;
    alice.wait_for_end(&build).await;
    platform.settle().await;
    let valid = claims("alice");
    let user_with = |claims: Claims, secret: &str| {
        platform.user_with_token(&sign(&claims, secret.as_bytes()).unwrap())
    };
    let callers = [
        platform.anonymous(),
        platform.user_with_token("garbage"),
        user_with(valid.clone(), "another-secret-of-more-than-32-bytes"),
        user_with(Claims { exp: valid.exp - 3_600, ..valid.clone() }, JWT_SECRET),
        user_with(Claims { nbf: Some(valid.exp), ..valid.clone() }, JWT_SECRET),
        user_with(Claims { iss: "elsewhere".into(), ..valid.clone() }, JWT_SECRET),
        user_with(Claims { aud: Audience::One("other".into()), ..valid.clone() }, JWT_SECRET),
        user_with(Claims { sub: "../alice".into(), ..valid.clone() }, JWT_SECRET),
    ];
    for caller in callers {
        for (method, path) in routes(project, &build) {
            let request = caller.request(method.clone(), &path).json(&json!({}));
            let (response, cost) = platform.measure(Response::send(request)).await;
            assert_eq!(response.status, 401, "{method} {path}: {}", response.text);
            assert_eq!(cost.reads + cost.writes + cost.outbound, 0, "{method} {path}");
        }
    }
    platform.finish().await;
}

#[tokio::test]
async fn builds_and_projects_of_others_look_like_ones_that_do_not_exist() {
    let platform = TestPlatform::start().await;
    let (alice, mallory) = (platform.user("alice"), platform.user("mallory"));
    let project = alice.create_project("myapp").await;
    let build = alice.start_build(project).await;
    alice.wait_for_end(&build).await;
    platform.settle().await;
    let missing = nokube_domain::BuildId::new(nokube_domain::ProjectId(999), 7, 1);
    let missing = format!("/api/v1/builds/{missing}");
    // An id with the right numbers but wrong random bits is not found, not even by the owner.
    let guessed = nokube_domain::BuildId::new(nokube_domain::ProjectId(1), 1, 12345);
    alice.get(&format!("/api/v1/builds/{guessed}")).await.expect_problem(404);

    for (method, suffix) in
        [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/retry"), (Method::GET, "/logs")]
    {
        let send = |path: &str| {
            let request = mallory.request(method.clone(), &format!("{path}{suffix}"));
            platform.measure(Response::send(request))
        };
        begin_rate_limit_window(send(&missing)).await;
        let (foreign_response, foreign_cost) = send(&build).await;
        let (missing_response, missing_cost) = send(&missing).await;
        foreign_response.expect_problem(404);
        assert_eq!(
            foreign_response.text.replace(&build, ""),
            missing_response.text.replace(&missing, ""),
            "the same bytes except for the path"
        );
        assert_eq!(foreign_cost, missing_cost, "the same round trips: {method} {suffix}");
    }
    mallory.get(&format!("/api/v1/projects/{project}")).await.expect_problem(404);
    mallory.get(&format!("/api/v1/projects/{project}/builds")).await.expect_problem(404);
    mallory.get(&format!("/api/v1/builds?project_id={project}")).await.expect_problem(404);
    assert_eq!(mallory.get("/api/v1/builds").await.expect(200)["total"], 0);
    assert_eq!(mallory.get("/api/v1/projects").await.expect(200)["total"], 0);
    let mut body = alice.build_request(project, "frontend").await;
    body["repository_url"] = json!("not even checked");
    mallory.post("/api/v1/builds", &body).await.expect_problem(404);
    platform.finish().await;
}

#[tokio::test]
async fn request_headers_do_not_authenticate() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let request = platform
        .user("mallory")
        .request(Method::GET, &format!("/api/v1/projects/{project}"))
        .header("x-user", "alice")
        .header("spin-client-addr", "0.0.0.0:0")
        .header("spin-path-match-project", "1");
    Response::send(request).await.expect_problem(404);
    platform.finish().await;
}

#[tokio::test]
async fn logins_are_case_insensitive() {
    let platform = TestPlatform::start().await;
    let project = platform.user("Alice").create_project("myapp").await;
    platform.user("alice").get(&format!("/api/v1/projects/{project}")).await.expect(200);
    platform.finish().await;
}
