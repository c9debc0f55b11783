//! Projects: members and roles, changes, quotas, and names of users.

use crate::support::browser::Browser;
use futures::future::join_all;
use nokube_sim::HoldPoint;
use nokube_tests::{Response, TestPlatform};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn changes_of_roles_take_effect_immediately() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut bob = Browser::signed_in(&platform, "bob").await;
    let created = alice.create_project("myapp").await;
    assert_eq!(created["role"], "owner");
    let project = created["id"].clone();
    let (path, member) =
        (format!("/api/v1/projects/{project}"), format!("/api/v1/projects/{project}/members/bob"));
    let body = json!({
        "project_id": project, "repository_url": "https://github.com/acme/shop",
        "image_name": "myapp", "service_name": "frontend",
    });
    bob.get(&path).await.expect_problem(404);
    alice.add_member(&project, &mut bob, "viewer").await;
    assert_eq!(bob.get(&path).await.expect(200)["role"], "viewer");
    let listed = bob.get("/api/v1/projects").await.expect(200)["projects"][0].clone();
    assert_eq!((&listed["owner"], &listed["role"]), (&json!("alice"), &json!("viewer")));
    bob.post("/api/v1/builds", &body).await.expect_problem_with_reason(403, "role_too_small");
    alice.put(&member, &json!({ "role": "developer" })).await.expect(200);
    assert_eq!(bob.get(&path).await.expect(200)["role"], "developer");
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"][0]["role"], "developer");
    let build = bob.post("/api/v1/builds", &body).await.expect(202);
    assert_eq!(build["image_full_name"], "ghcr.io/platform/alice-myapp-frontend:latest");
    assert_eq!(bob.get("/api/v1/builds").await.expect(200)["total"], 1);
    // A developer cannot add members.
    bob.put(&member, &json!({ "role": "owner" })).await.expect_problem(403);
    assert!(
        alice.put(&member, &json!({ "role": "owner" })).await.field_errors()["role"]
            .contains("one owner")
    );
    let unknown_user = format!("{path}/members/nobody");
    assert!(
        alice.put(&unknown_user, &json!({ "role": "viewer" })).await.field_errors()["username"]
            .contains("signed in")
    );
    assert_eq!(bob.delete(&member).await.status, 204, "bob removes himself");
    bob.get(&path).await.expect_problem(404);
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"], json!([]));

    assert_eq!(alice.get(&path).await.expect(200)["role"], "owner");
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["projects"][0]["role"], "owner");
    let build_path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    assert_audited(&mut alice, &path, &build_path).await;
    let mut root = Browser::signed_in(&platform, "root").await;
    root.get(&format!("{path}/audit")).await.expect(200);
    root.get(&path).await.expect_problem(404);
    platform.finish().await;
}

/// The audit log has all that happened, the newest first, and who built.
async fn assert_audited(owner: &mut Browser, path: &str, build_path: &str) {
    let audit_log = owner.get(&format!("{path}/audit")).await.expect(200);
    let actions: Vec<_> =
        audit_log["events"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(
        actions,
        [
            "member.remove",
            "build.create",
            "member.developer",
            "invitation.accept",
            "invitation.send",
            "project.create",
        ]
    );
    let build = &audit_log["events"][1];
    assert_eq!((&build["by"]["login"], &build["object"]), (&json!("bob"), &json!(build_path)));
}

#[tokio::test]
async fn concurrent_changes_of_members_are_not_lost() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut people = Vec::new();
    for login in ["bob", "carol"] {
        let mut person = Browser::signed_in(&platform, login).await;
        people.push((person.username().await, person));
    }
    let project = alice.create_project("myapp").await["id"].clone();
    let changes = people.into_iter().map(|(username, mut person)| {
        let path = format!("/api/v1/projects/{project}/members/{username}");
        let (project, mut alice) = (project.clone(), alice.clone());
        async move {
            let role = json!({ "role": "viewer" });
            until(201, async || alice.put(&path, &role).await).await;
            until(200, async || person.accept_invitation(&project).await).await;
        }
    });
    join_all(changes).await;
    let members = alice.get(&format!("/api/v1/projects/{project}/members")).await.expect(200);
    assert_eq!(members["members"].as_array().unwrap().len(), 3, "{members}");
    platform.finish().await;
}

/// Repeats a request while others change the members.
async fn until(status: u16, mut send: impl AsyncFnMut() -> Response) {
    for _ in 0..20 {
        if send().await.status == status {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never {status}");
}

#[tokio::test]
async fn a_project_can_be_changed_and_deleted_unless_a_build_is_running() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    let change =
        |body: serde_json::Value| Response::send(alice.request(Method::PATCH, &path).json(&body));
    let changed = change(json!({ "description": "A shop", "framework": null })).await.expect(200);
    assert_eq!(changed["description"], "A shop");
    assert!(
        change(json!({ "name": "other" })).await.field_errors()["name"]
            .contains("cannot be changed")
    );

    platform.github.hold_runs(HoldPoint::InProgress);
    let build = alice.start_build(project).await;
    alice.wait_for_status(&build, &["building"]).await;
    let response = alice.delete(&path).await;
    assert_eq!(response.expect(409)["errors"][0]["field"], build, "{}", response.text);
    platform.github.hold_runs(None);
    let mut response = alice.delete(&format!("{path}?take_down=true")).await;
    for _ in 0..100 {
        if response.status == 204 {
            break;
        }
        response.expect_problem(409);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        response = alice.delete(&format!("{path}?take_down=true")).await;
    }
    assert_eq!(response.status, 204);
    alice.get(&path).await.expect_problem(404);
    alice.get(&build).await.expect_problem(404);
    assert_eq!(alice.get("/api/v1/projects").await.expect(200)["projects"], json!([]));
    // A project with the same owner and name has the same images and namespace, so it gets the same id.
    assert_eq!(alice.create_project("myapp").await, project);
    alice.get(&path).await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn deleted_projects_do_not_count_towards_the_quota() {
    let platform = TestPlatform::config().variable("max_projects_per_person", "2").start().await;
    let alice = platform.user("alice");
    let (one, _) = (alice.create_project("one").await, alice.create_project("two").await);
    let rejected = alice.post("/api/v1/projects", &json!({ "name": "three" })).await;
    rejected.expect_problem_with_reason(409, "too_many_projects");
    assert_eq!(alice.delete(&format!("/api/v1/projects/{one}")).await.status, 204);
    alice.create_project("three").await;
    alice.post("/api/v1/projects", &json!({ "name": "four" })).await.expect_problem(409);
    platform.finish().await;
}

#[tokio::test]
async fn repeated_creation_and_deletion_does_not_exhaust_numbers() {
    let platform = TestPlatform::config()
        .variable("max_projects_per_person", "1")
        .variable("limit_deploys_per_minute", "25")
        .start()
        .await;
    let alice = platform.user("alice");
    let mut bob = Browser::signed_in(&platform, "bob").await;
    let project = alice.create_project("p1").await;
    let member = format!("/api/v1/projects/{project}/members/bob");
    let put = || alice.request(Method::PUT, &member).json(&json!({ "role": "viewer" }));
    for _ in 0..5 {
        Response::send(put()).await.expect(201);
        bob.accept_invitation(&json!(project)).await.expect(200);
        assert_eq!(bob.get("/api/v1/projects").await.expect(200)["total"], 1, "one membership");
        assert_eq!(alice.delete(&member).await.status, 204);
    }
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"], json!([]));
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(Response::send(put()).await.status);
    }
    assert!(statuses.contains(&429), "it is rate limited: {statuses:?}");

    for number in 2..=10 {
        let path = format!("/api/v1/projects/{}", number - 1);
        assert_eq!(alice.delete(&path).await.status, 204);
        assert_eq!(alice.create_project(&format!("p{number}")).await, number);
    }
    assert_eq!(alice.delete("/api/v1/projects/10").await.status, 204);
    let rejected = alice.post("/api/v1/projects", &json!({ "name": "p11" })).await;
    assert!(rejected.expect_problem(409).contains("an earlier one"), "{}", rejected.text);
    assert_eq!(alice.create_project("p3").await, 3);
    platform.finish().await;
}

/// Three users with the login alice: one of the external issuer and two GitHub accounts, one after the other.
#[tokio::test]
async fn users_with_the_same_login_share_neither_projects_nor_images() {
    // They may sign in as members of an organisation, whatever their login.
    let platform = TestPlatform::config()
        .variable("auth_allowed_users", "")
        .variable("auth_allowed_organisations", "everybody-org")
        .start()
        .await;
    let external = platform.user("alice");
    let project = external.create_project("myapp").await;
    let mut first = Browser::signed_in(&platform, "alice").await;
    platform.github.reassign_login("alice");
    let mut second = Browser::signed_in(&platform, "alice").await;
    let names = [first.username().await, second.username().await];
    assert!(
        names[0] != names[1] && names.iter().all(|name| name.starts_with("alice-")),
        "{names:?}"
    );

    let mut images = Vec::new();
    for browser in [&mut first, &mut second] {
        browser.get(&format!("/api/v1/projects/{project}")).await.expect_problem(404);
        assert_eq!(browser.get("/api/v1/projects").await.expect(200)["total"], 0);
        // A project with the same name and another owner.
        let own = browser.create_project("myapp").await;
        let body = json!({
            "project_id": own["id"], "repository_url": "https://github.com/acme/shop",
            "image_name": "myapp", "service_name": "frontend",
        });
        let build = browser.post("/api/v1/builds", &body).await.expect(202);
        images.push(build["image_full_name"].as_str().unwrap().to_owned());
        // Namespaces and host names are derived from these two names.
        images.push(format!("{}/{}", own["owner"], own["name"]));
    }
    let build = external.get(&external.start_build(project).await).await.expect(200);
    images.push(build["image_full_name"].as_str().unwrap().to_owned());
    images.push(r#""alice"/"myapp""#.into());
    let count = images.len();
    images.sort();
    images.dedup();
    assert_eq!(images.len(), count, "{images:?}");
    // Only the current owner of the login may build its private repository.
    let private = |id: &serde_json::Value| {
        json!({
            "project_id": id, "repository_url": "https://github.com/alice/private-thing",
            "image_name": "myapp", "service_name": "frontend",
        })
    };
    for (browser, is_allowed) in [(&mut first, false), (&mut second, true)] {
        let own = browser.get("/api/v1/projects").await.expect(200)["projects"][0]["id"].clone();
        let response = browser.post("/api/v1/builds", &private(&own)).await;
        assert_eq!(response.status == 202, is_allowed, "{}", response.text);
    }
    platform.finish().await;
}
