//! Projects and their members; names that never meet.

use crate::browser::Browser;
use nokube_sim::HoldAt;
use nokube_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

fn text(build: &Value) -> &str {
    build["build_id"].as_str().unwrap()
}

#[tokio::test]
async fn members_have_roles_that_end_at_once() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    let mut bob = Browser::signed_in(&world, "bob").await;
    let made = alice.project("myapp").await;
    assert_eq!(made["role"], "owner");
    let project = made["id"].clone();
    let (path, member) =
        (format!("/api/v1/projects/{project}"), format!("/api/v1/projects/{project}/members/bob"));
    let wanted = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    bob.get(&path).await.problem(404);
    alice.put(&member, &json!({ "role": "viewer" })).await.expect(200);
    assert_eq!(bob.get(&path).await.expect(200)["role"], "viewer");
    let listed = bob.get("/api/v1/projects").await.expect(200)["projects"][0].clone();
    assert_eq!((&listed["owner"], &listed["role"]), (&json!("alice"), &json!("viewer")));
    bob.post("/api/v1/builds", &wanted).await.refused(403, "RoleTooSmall");
    alice.put(&member, &json!({ "role": "developer" })).await.expect(200);
    assert_eq!(bob.get(&path).await.expect(200)["role"], "developer");
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"][0]["role"], "developer");
    let build = bob.post("/api/v1/builds", &wanted).await.expect(202);
    assert_eq!(build["image_full_name"], "ghcr.io/platform/alice-myapp-frontend:latest");
    assert_eq!(bob.get("/api/v1/builds").await.expect(200)["total"], 1);
    // Nor may a developer make members or take others out.
    bob.put(&member, &json!({ "role": "owner" })).await.problem(403);
    assert!(
        alice.put(&member, &json!({ "role": "owner" })).await.faults()["role"]
            .contains("one owner")
    );
    let nobody = format!("{path}/members/nobody");
    assert!(
        alice.put(&nobody, &json!({ "role": "viewer" })).await.faults()["username"]
            .contains("signed in")
    );
    assert_eq!(bob.delete(&member).await.status, 204, "bob leaves");
    bob.get(&path).await.problem(404);
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"], json!([]));

    assert_eq!(alice.get(&path).await.expect(200)["role"], "owner");
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["projects"][0]["role"], "owner");
    let trail = alice.get(&format!("{path}/audit")).await.expect(200);
    let actions: Vec<_> =
        trail["events"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(
        actions,
        ["member.remove", "build.create", "member.developer", "member.viewer", "project.create"]
    );
    let (built, object) = (&trail["events"][1], format!("/api/v1/builds/{}", text(&build)));
    assert_eq!((&built["by"]["login"], &built["object"]), (&json!("bob"), &json!(object)));
    let mut root = Browser::signed_in(&world, "root").await;
    root.get(&format!("{path}/audit")).await.expect(200);
    root.get(&path).await.problem(404);
    world.end().await;
}

#[tokio::test]
async fn of_two_who_change_members_at_once_nobodys_change_is_lost() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    for login in ["bob", "carol"] {
        Browser::signed_in(&world, login).await.username().await;
    }
    let project = alice.project("myapp").await["id"].clone();
    let changes = ["bob", "carol"].map(|login| {
        let path = format!("/api/v1/projects/{project}/members/{login}");
        let alice = alice.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                let mut alice = alice.clone();
                if alice.put(&path, &json!({ "role": "viewer" })).await.status == 200 {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            panic!("never got through");
        })
    });
    for change in changes {
        change.await.unwrap();
    }
    let members = alice.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
    assert_eq!(members["members"].as_array().unwrap().len(), 3, "{members}");
    world.end().await;
}

#[tokio::test]
async fn a_project_is_changed_and_deleted_and_says_what_stands_in_the_way() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    let change = |body: serde_json::Value| {
        nokube_tests::Answer::of(alice.request(Method::PATCH, &path).json(&body))
    };
    let changed = change(json!({ "description": "A shop", "framework": null })).await.expect(200);
    assert_eq!(changed["description"], "A shop");
    assert!(
        change(json!({ "name": "other" })).await.faults()["name"].contains("cannot be changed")
    );

    world.sim.hold_runs(HoldAt::InProgress);
    let build = alice.build(project).await;
    alice.until(&build, &["building"]).await;
    let answer = alice.delete(&path).await;
    assert_eq!(answer.expect(409)["errors"][0]["field"], build, "{}", answer.text);
    world.sim.hold_runs(None);
    let mut last = alice.delete(&format!("{path}?take_down=true")).await;
    for _ in 0..100 {
        if last.status == 204 {
            break;
        }
        last.problem(409);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        last = alice.delete(&format!("{path}?take_down=true")).await;
    }
    assert_eq!(last.status, 204);
    alice.get(&path).await.problem(404);
    alice.get(&build).await.problem(404);
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["projects"], json!([]));
    // The same owner and name are the same images and namespace: the project gets its number back.
    assert_eq!(alice.project("myapp").await, project);
    alice.get(&path).await.expect(200);
    world.end().await;
}

#[tokio::test]
async fn deleted_projects_do_not_count() {
    let world = World::plan().set("max_projects_per_person", "2").start().await;
    let alice = world.user("alice");
    let (one, _) = (alice.project("one").await, alice.project("two").await);
    let three = alice.post("/api/v1/projects", &json!({ "name": "three" })).await;
    three.refused(409, "TooManyProjects");
    assert_eq!(alice.delete(&format!("/api/v1/projects/{one}")).await.status, 204);
    alice.project("three").await;
    alice.post("/api/v1/projects", &json!({ "name": "four" })).await.problem(409);
    world.end().await;
}

#[tokio::test]
async fn numbers_are_handed_out_to_everybody_and_used_up_by_nobody() {
    let world = World::plan()
        .set("max_projects_per_person", "1")
        .set("limit_deploys_per_minute", "25")
        .start()
        .await;
    let alice = world.user("alice");
    let mut bob = Browser::signed_in(&world, "bob").await;
    let project = alice.project("p1").await;
    let member = format!("/api/v1/projects/{project}/members/bob");
    let put = || alice.request(Method::PUT, &member).json(&json!({ "role": "viewer" }));
    for _ in 0..5 {
        nokube_tests::Answer::of(put()).await.expect(200);
        assert_eq!(bob.get("/api/v1/projects").await.expect(200)["total"], 1, "one number");
        assert_eq!(alice.delete(&member).await.status, 204);
    }
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"], json!([]));
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(nokube_tests::Answer::of(put()).await.status);
    }
    assert!(statuses.contains(&429), "so often a minute: {statuses:?}");

    for number in 2..=10 {
        let path = format!("/api/v1/projects/{}", number - 1);
        assert_eq!(alice.delete(&path).await.status, 204);
        assert_eq!(alice.project(&format!("p{number}")).await, number);
    }
    assert_eq!(alice.delete("/api/v1/projects/10").await.status, 204);
    let more = alice.post("/api/v1/projects", &json!({ "name": "p11" })).await;
    assert!(more.problem(409).contains("an earlier one"), "{}", more.text);
    assert_eq!(alice.project("p3").await, 3);
    world.end().await;
}

/// The same login at two issuers, and a login that changed hands: three people.
#[tokio::test]
async fn people_with_one_login_never_meet_in_a_project_or_an_image() {
    // All of them may come in, whoever has the login: they belong to an organisation.
    let world = World::plan()
        .set("auth_allowed_users", "")
        .set("auth_allowed_organisations", "everybody-org")
        .start()
        .await;
    let outside = world.user("alice");
    let project = outside.project("myapp").await;
    let mut first = Browser::signed_in(&world, "alice").await;
    world.sim.login_changes_hands("alice");
    let mut second = Browser::signed_in(&world, "alice").await;
    let names = [first.username().await, second.username().await];
    assert!(
        names[0] != names[1] && names.iter().all(|name| name.starts_with("alice-")),
        "{names:?}"
    );

    let mut images = Vec::new();
    for browser in [&mut first, &mut second] {
        browser.get(&format!("/api/v1/projects/{project}")).await.problem(404);
        assert_eq!(browser.get("/api/v1/projects").await.expect(200)["total"], 0);
        // The same name of a project, of another owner.
        let own = browser.project("myapp").await;
        let wanted = json!({
            "project_id": own["id"], "repository_url": "https://github.com/acme/shop",
            "image_name": "myapp", "service_name": "frontend",
        });
        let build = browser.post("/api/v1/builds", &wanted).await.expect(202);
        images.push(build["image_full_name"].as_str().unwrap().to_owned());
        // Namespaces and hosts are made of the same two names.
        images.push(format!("{}/{}", own["owner"], own["name"]));
    }
    let build = outside.get(&outside.build(project).await).await.expect(200);
    images.push(build["image_full_name"].as_str().unwrap().to_owned());
    images.push(r#""alice"/"myapp""#.into());
    let count = images.len();
    images.sort();
    images.dedup();
    assert_eq!(images.len(), count, "{images:?}");
    // A private repository of the login's present owner is not the earlier one's.
    let private = |id: &serde_json::Value| {
        json!({
            "project_id": id, "repository_url": "https://github.com/alice/private-thing",
            "image_name": "myapp", "service_name": "frontend",
        })
    };
    for (browser, may) in [(&mut first, false), (&mut second, true)] {
        let own = browser.get("/api/v1/projects").await.expect(200)["projects"][0]["id"].clone();
        let answer = browser.post("/api/v1/builds", &private(&own)).await;
        assert_eq!(answer.status == 202, may, "{}", answer.text);
    }
    world.end().await;
}

#[tokio::test]
async fn nobody_uses_up_anothers_memberships() {
    let world = World::new().await;
    let mut alice = Browser::signed_in(&world, "alice").await;
    Browser::signed_in(&world, "bob").await.username().await;
    let mut refused = String::new();
    for number in 1..=101 {
        let path = format!("/api/v1/projects/{}", alice.project(&format!("p{number}")).await["id"]);
        let made = alice.put(&format!("{path}/members/bob"), &json!({ "role": "viewer" })).await;
        assert_eq!(made.status, if number == 101 { 409 } else { 200 }, "{}", made.text);
        refused = made.text;
        alice.delete(&path).await.expect(204);
    }
    assert!(refused.contains("100 other projects"), "{refused}");
    // Others may still, and she herself where bob has been.
    let mut carol = Browser::signed_in(&world, "carol").await;
    for (owner, name) in [(&mut carol, "hers"), (&mut alice, "p1")] {
        let project = owner.project(name).await["id"].clone();
        let bob = format!("/api/v1/projects/{project}/members/bob");
        owner.put(&bob, &json!({ "role": "viewer" })).await.expect(200);
    }
    world.end().await;
}
