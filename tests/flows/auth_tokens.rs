//! API tokens, and what a credential costs.

use crate::browser::Browser;
use nokube_tests::World;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_token_is_shown_once_kept_as_a_hash_and_listed_with_its_last_use() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let (number, token) = alice.token(&["build"]).await;
    let list = alice.get("/api/v1/auth/tokens").await;
    assert!(!list.text.contains(&token) && !list.text.contains("hash"), "{}", list.text);
    assert_eq!(list.expect(200)["tokens"][0]["last_used_on"], json!(null));
    let machine = world.bearer(&token);
    machine.get("/api/v1/builds").await.expect(200);
    machine.get("/api/v1/builds").await.expect(200);
    let row = alice.get("/api/v1/auth/tokens").await.expect(200)["tokens"][0].clone();
    let today = jiff::Timestamp::now().to_string()[..10].to_owned();
    assert_eq!((&row["id"], &row["last_used_on"]), (&json!(number), &json!(today)));
    // A machine makes itself nothing.
    machine.get("/api/v1/auth/tokens").await.problem(403);
    machine.post("/api/v1/projects", &json!({ "name": "x" })).await.problem(403);
    // Somebody else's token cannot even be named.
    let mut bob = Browser::signed_in(&world, "bob").await;
    bob.delete(&format!("/api/v1/auth/tokens/{number}")).await.problem(404);
    machine.get("/api/v1/builds").await.expect(200);
    // The world's end looks for tokens in the storage.
    world.end().await;
}

#[tokio::test]
async fn what_is_asked_for_is_checked() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let bad = json!({ "name": "", "scopes": ["read", "account"], "expires_at": "2001-01-01T00:00:00Z", "x": 1 });
    let faults = alice.post("/api/v1/auth/tokens", &bad).await.faults();
    let fields: Vec<_> = faults.keys().map(String::as_str).collect();
    assert_eq!(fields, ["expires_at", "name", "scopes", "x"]);
    world.end().await;
}

#[tokio::test]
async fn a_poll_costs_2_reads_with_a_session_or_a_jwt_and_3_with_an_api_token() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let project = alice.project("myapp").await["id"].clone();
    let wanted = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    let build = alice.post("/api/v1/builds", &wanted).await.expect(202);
    let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    let (_, token) = alice.token(&["read"]).await;
    let machine = world.bearer(&token);
    machine.until_ended(&path).await;
    world.sim.settled().await.ok();
    alice.get(&path).await; // The first read after the end keeps the final answer.
    for _ in 0..2 {
        let (answer, cost) = world.cost(alice.get(&path)).await;
        answer.expect(200);
        assert_eq!(
            (cost.reads, cost.writes + cost.increments, cost.outbound),
            (2, 0, 0),
            "session"
        );
        let (answer, cost) = world.cost(machine.get(&path)).await;
        answer.expect(200);
        assert_eq!((cost.reads, cost.writes + cost.increments, cost.outbound), (3, 0, 0), "token");
    }
    let jwt = world.user("bob");
    let (answer, cost) = world.cost(jwt.get(&path)).await;
    answer.problem(404);
    assert_eq!((cost.reads, cost.writes + cost.increments), (2, 0), "somebody else's");
    world.end().await;
}

#[tokio::test]
async fn what_costs_something_outside_is_limited_for_each_caller() {
    let world = World::plan()
        .set("limit_builds_per_minute", "2")
        .set("limit_sign_ins_per_minute", "5")
        .start()
        .await;
    let (alice, bob) = (world.user("alice"), world.user("bob"));
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let answer = alice.post("/api/v1/builds", &wanted).await;
        if answer.status == 429 {
            let wait: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait));
            answer.problem(429);
        }
        statuses.push(answer.status);
    }
    // A minute may end meanwhile; then two more get through.
    let through = statuses.iter().filter(|status| **status == 202).count();
    assert!((2..=4).contains(&through), "{statuses:?}");
    assert_eq!(world.sim.dispatches(), through);
    bob.build(bob.project("other").await).await;

    let mut refused = 0;
    for _ in 0..12 {
        refused += u32::from(Browser::new(&world).get("/api/v1/auth/login").await.status == 429);
    }
    assert!(refused >= 2, "{refused}");
    world.end().await;
}

/// Each change leaves an entry in a trail for ever.
#[tokio::test]
async fn whatever_somebody_changes_is_limited_and_looking_is_not() {
    let world = World::plan().set("limit_changes_per_minute", "3").start().await;
    let alice = world.user("alice");
    let path = format!("/api/v1/projects/{}", alice.project("myapp").await);
    let mut through = 1;
    for number in 0..9 {
        let change = json!({ "description": format!("{number}") });
        let answer = alice.request(Method::PATCH, &path).json(&change).send().await.unwrap();
        through += u32::from(answer.status() == 200);
        alice.get(&path).await.expect(200);
    }
    // A minute may end meanwhile; then three more get through.
    assert!((3..=6).contains(&through), "{through}");
    let trail = alice.get(&format!("{path}/audit")).await.expect(200);
    assert_eq!(trail["total"], through);
    world.user("bob").project("other").await;
    world.end().await;
}

/// A credential that leaked cannot keep its owner from ending it.
#[tokio::test]
async fn what_takes_access_away_is_never_limited() {
    let world = World::plan()
        .set("limit_changes_per_minute", "3")
        .set("limit_builds_per_minute", "3")
        .start()
        .await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let (number, leaked) = alice.token(&["build", "deploy"]).await;
    let leaked = world.bearer(&leaked);
    for _ in 0..8 {
        leaked.delete("/api/v1/builds/b1").await;
        leaked.delete("/api/v1/deployments/d1").await;
        alice.post("/api/v1/projects", &json!({})).await;
    }
    assert_eq!(leaked.delete("/api/v1/builds/b1").await.status, 429);
    assert_eq!(alice.post("/api/v1/projects", &json!({})).await.status, 429);
    assert_eq!(alice.delete(&format!("/api/v1/auth/tokens/{number}")).await.status, 204);
    leaked.get("/api/v1/builds").await.problem(401);
    // It leaves one entry a minute.
    for _ in 0..8 {
        assert_eq!(alice.delete("/api/v1/auth/sessions").await.status, 204);
        alice = Browser::signed_in(&world, "alice").await;
    }
    let trail = alice.get("/api/v1/auth/audit?limit=100").await.expect(200);
    let ends = trail["events"].as_array().unwrap().iter().filter(|e| e["action"] == "session.end");
    assert!((1..=2).contains(&ends.count()), "{trail}");
    world.end().await;
}

#[tokio::test]
async fn so_many_builds_of_one_owner_are_under_way_at_once() {
    let world = World::plan().set("max_running_builds_per_person", "2").start().await;
    let alice = world.user("alice");
    world.sim.hold_runs(nokube_sim::HoldAt::InProgress);
    let (one, two) = (alice.project("one").await, alice.project("two").await);
    alice.build(one).await;
    alice.build(two).await;
    let wanted = alice.wanted(one, "frontend").await;
    let answer = alice.post("/api/v1/builds", &wanted).await;
    assert!(answer.problem(429).contains("2 builds"), "{}", answer.text);
    let bob = world.user("bob");
    bob.build(bob.project("other").await).await;
    world.sim.release_all();
    world.end().await;
}

#[tokio::test]
async fn so_many_services_of_one_owner_and_project_are_deployed_at_once() {
    let world = World::plan()
        .set("max_services_per_project", "2")
        .set("max_services_per_person", "3")
        .start()
        .await;
    let alice = world.user("alice");
    let (one, two) = (alice.project("one").await, alice.project("two").await);
    let wanted = |project: u64, service: &'static str| {
        let alice = alice.clone();
        async move { alice.wanted_deployment(project, service, "nginx:1.29").await }
    };
    let first = alice.deploy(&wanted(one, "a").await).await;
    alice.deploy(&wanted(one, "b").await).await;
    let more = alice.post("/api/v1/deploy", &wanted(one, "c").await).await;
    assert!(
        more.refused(409, "TooManyServices").contains("The project has 2 services"),
        "{}",
        more.text
    );
    // One that is gone makes room, and needs room to come back.
    assert_eq!(alice.delete(&first).await.status, 204);
    alice.deploy(&wanted(one, "c").await).await;
    alice.post("/api/v1/deploy", &wanted(one, "a").await).await.problem(409);

    alice.deploy(&wanted(two, "a").await).await;
    let more = alice.post("/api/v1/deploy", &wanted(two, "b").await).await;
    assert!(more.problem(409).contains("owner, in all of theirs, has 3"), "{}", more.text);
    // What stands is changed as ever, and others have their own.
    alice.deploy(&wanted(two, "a").await).await;
    let bob = world.user("bob");
    let project = bob.project("one").await;
    bob.deploy(&bob.wanted_deployment(project, "a", "nginx:1.29").await).await;
    world.end().await;
}
