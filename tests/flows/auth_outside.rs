//! People of outside issuers: their tokens are exchanged or taken as they are, and leave nothing behind
//! that their issuer could not take back.

use crate::{
    browser::Browser,
    issuer::{Issuer, claims, ec_jwk, es256, rs256},
};
use nokube_tests::{Answer, User, World, claims as jwt};
use reqwest::Method;
use serde_json::{Value, json};

async fn exchange(world: &World, token: &str, scope: Option<&str>) -> Answer {
    let mut body = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    });
    if let Some(scope) = scope {
        body["scope"] = json!(scope);
    }
    world.anybody().post("/api/v1/auth/token", &body).await
}

async fn exchanged(world: &World, token: &str) -> User {
    let issued = exchange(world, token, None).await.expect(200);
    world.bearer(issued["access_token"].as_str().unwrap())
}

/// A refusal in OAuth's words, which does not repeat what was sent.
fn refusal(answer: &Answer) -> Value {
    answer.problem(400);
    answer.expect(400)["error"].clone()
}

#[tokio::test]
async fn a_token_of_an_issuer_with_published_keys_is_exchanged_for_ours() {
    let issuer = Issuer::start().await;
    let world = issuer.plan().start().await;
    for token in [rs256("r", &claims("dave")), es256("e", &claims("dave"), 1)] {
        let issued = exchange(&world, &token, None).await.expect(200);
        assert_eq!((&issued["token_type"], issued.get("refresh_token")), (&json!("Bearer"), None));
        assert!((1..=600).contains(&issued["expires_in"].as_i64().unwrap()), "{issued}");
        let dave = world.bearer(issued["access_token"].as_str().unwrap());
        let me = dave.get("/api/v1/auth/me").await.expect(200);
        assert_eq!((&me["subject"], &me["login"]), (&json!("u-dave"), &json!("dave")));
        // The issuer's own token opens nothing.
        world.bearer(&token).get("/api/v1/auth/me").await.problem(401);
    }
    assert_eq!(issuer.asked(), 1, "the keys are kept");
    let dave = exchanged(&world, &rs256("r", &claims("dave"))).await;
    dave.build(dave.project("myapp").await).await;
    let trail = dave.get("/api/v1/auth/audit").await.expect(200);
    assert_eq!(
        (&trail["total"], &trail["events"][0]["action"]),
        (&json!(3), &json!("token.exchange"))
    );

    let with = |name: &str, value: Value| {
        let mut claims = claims("dave");
        claims[name] = value;
        claims
    };
    for bad in [
        with("aud", json!("other")),
        with("iss", json!("https://other.test")),
        with("exp", json!(1)),
        with("nbf", json!(jiff::Timestamp::now().as_second() + 900)),
        with("preferred_username", json!("not a login")),
    ] {
        assert_eq!(refusal(&exchange(&world, &rs256("r", &bad), None).await), "invalid_grant");
    }
    for forged in [es256("e", &claims("dave"), 2), es256("r", &claims("dave"), 1), "x".into()] {
        assert_eq!(refusal(&exchange(&world, &forged, None).await), "invalid_grant");
    }
    world.end().await;
}

#[tokio::test]
async fn the_issuers_keys_rotate_and_unknown_ones_are_no_way_to_make_it_busy() {
    let issuer = Issuer::start().await;
    let mut world = issuer.plan().start().await;
    let (old, new) = (es256("e", &claims("dave"), 1), es256("n", &claims("dave"), 2));
    exchange(&world, &old, None).await.expect(200);
    issuer.publish(&[ec_jwk("n", 2)]);
    // However many tokens name keys that nobody has: within half a minute nothing is asked.
    for number in 0..20 {
        let unknown = es256(&format!("unknown-{number}"), &claims("dave"), 3);
        assert_eq!(refusal(&exchange(&world, &unknown, None).await), "invalid_grant");
    }
    assert_eq!(issuer.asked(), 1);
    world.later(31).await;
    exchange(&world, &new, None).await.expect(200);
    assert_eq!(issuer.asked(), 2, "a key that is not known is looked for");
    assert_eq!(refusal(&exchange(&world, &old, None).await), "invalid_grant");

    // Without a new one, a key that was withdrawn is known for ten minutes.
    issuer.publish(&[ec_jwk("o", 3)]);
    world.later(60).await;
    exchange(&world, &new, None).await.expect(200);
    world.later(31 + 600).await;
    assert_eq!(refusal(&exchange(&world, &new, None).await), "invalid_grant");
    exchange(&world, &es256("o", &claims("dave"), 3), None).await.expect(200);
    world.end().await;
}

/// Where people sign in with GitHub, names are GitHub's.
#[tokio::test]
async fn a_login_at_another_issuer_takes_nobodys_name() {
    let issuer = Issuer::start().await;
    let world = issuer.plan().set("auth_jwt_subjects_are_github_logins", "false").start().await;
    let name = |me: Value| me["username"].as_str().unwrap().to_owned();
    let squatter = exchanged(&world, &rs256("r", &claims("alice"))).await;
    let other = world.user("alice");
    let names = [
        name(squatter.get("/api/v1/auth/me").await.expect(200)),
        name(other.get("/api/v1/auth/me").await.expect(200)),
    ];
    assert!(names.iter().all(|name| name.starts_with("alice-")), "{names:?}");
    let mut alice = Browser::signed_in(&world, "alice").await;
    assert_eq!(alice.username().await, "alice");
    // Whom one makes a member is seen.
    let project = alice.project("myapp").await["id"].as_u64().unwrap();
    let member = format!("/api/v1/projects/{project}/members/{}", names[0]);
    let members = alice.put(&member, &json!({ "role": "viewer" })).await.expect(200);
    assert_eq!(members["members"][0]["issuer"], Value::Null);
    assert_eq!(members["members"][1]["issuer"], "https://idp.test");
    world.end().await;

    // Where nobody signs in with GitHub, they are the issuer's, as they were.
    let alone = World::plan().set("auth_jwt_subjects_are_github_logins", "false");
    let alone = alone.set("github_oauth_client_id", "").set("github_oauth_client_secret", "");
    let alone = alone.start().await;
    let me = alone.user("testuser").get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["username"], "testuser");
    alone.end().await;
}

#[tokio::test]
async fn two_issuers_never_have_one_name() {
    let issuer = Issuer::start().await;
    for name in ["https://GitHub.com/", "http://nokube.test/", "nokube"] {
        let world = issuer.plan().set("auth_oidc_issuer", name).start().await;
        let told = world.anybody().get("/ready").await;
        told.expect(503);
        assert!(told.text.contains("must differ from every other issuer"), "{}", told.text);
        world.end().await;
    }
}

#[tokio::test]
async fn a_token_may_be_asked_for_that_is_good_for_less() {
    let issuer = Issuer::start().await;
    let world = issuer.plan().start().await;
    let token = rs256("r", &claims("dave"));
    let whole = exchange(&world, &token, None).await.expect(200);
    assert_eq!(whole["scope"], "read build deploy metrics account");
    let narrow = exchange(&world, &token, Some("build read")).await.expect(200);
    assert_eq!(narrow["scope"], "read build");
    let narrow = world.bearer(narrow["access_token"].as_str().unwrap());
    let me = narrow.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["scopes"], json!(["read", "build"]));
    narrow.get("/api/v1/builds").await.expect(200);
    narrow.post("/api/v1/projects", &json!({ "name": "myapp" })).await.problem(403);
    narrow.post("/api/v1/deploy", &json!({ "project_id": 1 })).await.problem(403);
    for scope in ["", "openid", "read everything"] {
        assert_eq!(refusal(&exchange(&world, &token, Some(scope)).await), "invalid_scope");
    }
    world.end().await;
}

#[tokio::test]
async fn what_an_issuer_cannot_take_back_is_made_only_where_the_operator_allows_it() {
    let issuer = Issuer::start().await;
    let mut world = issuer.plan().start().await;
    let wanted = json!({ "name": "ci", "scopes": ["build"] });
    let year = jiff::Timestamp::now().as_second() + 300 * 86_400;
    let year = jiff::Timestamp::from_second(year).unwrap();
    let long = json!({ "name": "ci", "scopes": ["build"], "expires_at": year });
    let exchanged_token = rs256("r", &claims("dave"));
    for outsider in [exchanged(&world, &exchanged_token).await, world.user("erin")] {
        let told = outsider.post("/api/v1/auth/tokens", &wanted).await.problem(403);
        assert!(told.contains("auth_issuer_token_days"), "{told}");
    }
    world.set("auth_issuer_token_days", "7");
    world.restart().await;
    let mut machines = Vec::new();
    for outsider in [exchanged(&world, &exchanged_token).await, world.user("erin")] {
        assert!(
            outsider.post("/api/v1/auth/tokens", &long).await.faults()["expires_at"]
                .contains("7 days")
        );
        let made = outsider.post("/api/v1/auth/tokens", &wanted).await.expect(201);
        let ends: jiff::Timestamp = made["expires_at"].as_str().unwrap().parse().unwrap();
        assert!(ends.as_second() - jiff::Timestamp::now().as_second() <= 7 * 86_400);
        machines.push(made["token"].as_str().unwrap().to_owned());
    }
    for machine in &machines {
        world.bearer(machine).get("/api/v1/builds").await.expect(200);
    }
    // No longer allowed, they end at once.
    world.set("auth_issuer_token_days", "0");
    world.restart().await;
    for machine in &machines {
        world.bearer(machine).get("/api/v1/builds").await.problem(401);
    }
    world.end().await;
}

/// Whatever somebody comes with: a block is seen by everything that changes something.
#[tokio::test]
async fn who_is_blocked_changes_nothing_more_whatever_they_come_with() {
    let issuer = Issuer::start().await;
    let world = issuer.plan().start().await;
    let mut root = Browser::signed_in(&world, "root").await;
    let token = rs256("r", &claims("dave"));
    let (dave, erin) = (exchanged(&world, &token).await, world.user("erin"));
    let mut alice = Browser::signed_in(&world, "alice").await;
    let (dave_project, erin_project) = (dave.project("one").await, erin.project("two").await);
    let alice_project = alice.project("three").await["id"].as_u64().unwrap();
    let name = |me: Value| me["username"].as_str().unwrap().to_owned();
    let names = [
        name(dave.get("/api/v1/auth/me").await.expect(200)),
        name(erin.get("/api/v1/auth/me").await.expect(200)),
        alice.username().await,
    ];
    for name in &names {
        let block = format!("/api/v1/auth/people/{name}/block");
        assert_eq!(root.put(&block, &json!({})).await.status, 204);
    }
    for (user, project) in [(&dave, dave_project), (&erin, erin_project)] {
        let path = format!("/api/v1/projects/{project}");
        let build = json!({ "project_id": project });
        assert!(
            user.post("/api/v1/builds", &build)
                .await
                .refused(403, "Blocked")
                .contains("taken your access")
        );
        user.post("/api/v1/deploy", &build).await.problem(403);
        user.delete(&path).await.problem(403);
        user.post("/api/v1/projects", &json!({ "name": "four" })).await.problem(403);
        user.get("/api/v1/projects").await.problem(403);
        // A look at what is known already costs no more than it did (ADR 13).
        user.get(&path).await.expect(200);
    }
    let change = alice.request(Method::PATCH, &format!("/api/v1/projects/{alice_project}"));
    alice.send(change.json(&json!({ "description": "x" }))).await.problem(403);
    exchange(&world, &token, None).await.problem(403);
    // The last who could take it back does not shut themselves out.
    root.put("/api/v1/auth/people/root/block", &json!({})).await.problem(409);

    let unblock = format!("/api/v1/auth/people/{}/block", names[1]);
    assert_eq!(root.delete(&unblock).await.status, 204);
    world.user_with(jwt("erin")).get("/api/v1/projects").await.expect(200);
    world.end().await;
}
