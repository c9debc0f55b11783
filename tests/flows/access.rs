//! Who may call, and what somebody else sees.

use nokube_domain::jwt::{Audience, Claims, sign};
use nokube_tests::{JWT_SECRET, World, claims};
use reqwest::Method;
use serde_json::json;

/// Every route that demands a sign-in, for one project and build.
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
async fn without_a_good_token_every_route_answers_401() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let build = alice.build(project).await;
    alice.until_ended(&build).await;
    let good = claims("alice");
    let with =
        |claims: Claims, secret: &str| world.bearer(&sign(&claims, secret.as_bytes()).unwrap());
    let bad = [
        world.anybody(),
        world.bearer("garbage"),
        with(good.clone(), "another-secret-of-more-than-32-bytes"),
        with(Claims { exp: good.exp - 3_600, ..good.clone() }, JWT_SECRET),
        with(Claims { nbf: Some(good.exp), ..good.clone() }, JWT_SECRET),
        with(Claims { iss: "elsewhere".into(), ..good.clone() }, JWT_SECRET),
        with(Claims { aud: Audience::One("other".into()), ..good.clone() }, JWT_SECRET),
        with(Claims { sub: "../alice".into(), ..good.clone() }, JWT_SECRET),
    ];
    for user in bad {
        for (method, path) in routes(project, &build) {
            let request = user.request(method.clone(), &path).json(&json!({}));
            let (answer, cost) = world.cost(nokube_tests::Answer::of(request)).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            assert_eq!(cost.reads + cost.writes + cost.outbound, 0, "{method} {path}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn what_is_somebody_elses_is_the_same_as_what_does_not_exist() {
    let world = World::new().await;
    let (alice, mallory) = (world.user("alice"), world.user("mallory"));
    let project = alice.project("myapp").await;
    let build = alice.build(project).await;
    alice.until_ended(&build).await;
    let nowhere = nokube_domain::BuildId::new(nokube_domain::ProjectId(999), 7, 1);
    let nowhere = format!("/api/v1/builds/{nowhere}");
    // A good guess of the numbers with wrong random bits is as good as nothing, even for the owner.
    let guessed = nokube_domain::BuildId::new(nokube_domain::ProjectId(1), 1, 12345);
    alice.get(&format!("/api/v1/builds/{guessed}")).await.problem(404);

    for (theirs, nothing) in [(&build, &nowhere)] {
        for (method, part) in [
            (Method::GET, ""),
            (Method::DELETE, ""),
            (Method::POST, "/retry"),
            (Method::GET, "/logs"),
        ] {
            let ask = |path: &str| {
                let request = mallory.request(method.clone(), &format!("{path}{part}"));
                world.cost(nokube_tests::Answer::of(request))
            };
            let ((theirs_told, theirs_cost), theirs_path) = (ask(theirs).await, theirs);
            let (nothing_told, nothing_cost) = ask(nothing).await;
            theirs_told.problem(404);
            assert_eq!(
                theirs_told.text.replace(theirs_path.as_str(), ""),
                nothing_told.text.replace(nothing.as_str(), ""),
                "the same bytes but for the path itself"
            );
            assert_eq!(theirs_cost, nothing_cost, "the same round trips: {method} {part}");
        }
    }
    mallory.get(&format!("/api/v1/projects/{project}")).await.problem(404);
    mallory.get(&format!("/api/v1/projects/{project}/builds")).await.problem(404);
    mallory.get(&format!("/api/v1/builds?project_id={project}")).await.problem(404);
    assert_eq!(mallory.get("/api/v1/builds").await.expect(200)["total"], 0);
    assert_eq!(mallory.get("/api/v1/projects").await.expect(200)["total"], 0);
    let mut wanted = alice.wanted(project, "frontend").await;
    wanted["repository_url"] = json!("not even checked");
    mallory.post("/api/v1/builds", &wanted).await.problem(404);
    world.end().await;
}

#[tokio::test]
async fn headers_of_a_client_prove_nothing() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let request = world
        .user("mallory")
        .request(Method::GET, &format!("/api/v1/projects/{project}"))
        .header("x-user", "alice")
        .header("spin-client-addr", "0.0.0.0:0")
        .header("spin-path-match-project", "1");
    nokube_tests::Answer::of(request).await.problem(404);
    world.end().await;
}

#[tokio::test]
async fn logins_that_differ_by_case_are_one_person() {
    let world = World::new().await;
    let project = world.user("Alice").project("myapp").await;
    world.user("alice").get(&format!("/api/v1/projects/{project}")).await.expect(200);
    world.end().await;
}
