//! Invitations: who is invited decides whether they become a member.

use crate::support::{begin_rate_limit_window, browser::Browser};
use nokube_tests::{Response, TestPlatform};
use reqwest::Method;
use serde_json::{Value, json};

const INVITATIONS: &str = "/api/v1/invitations";

fn viewer() -> Value {
    json!({ "role": "viewer" })
}

#[tokio::test]
async fn somebody_who_is_invited_sees_nothing_of_the_project_until_they_accept() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut bob = Browser::signed_in(&platform, "bob").await;
    let bob_name = bob.username().await;
    let project = alice.create_project("myapp").await["id"].clone();
    let path = format!("/api/v1/projects/{project}");
    let member = format!("{path}/members/{bob_name}");
    let invited = alice.put(&member, &viewer()).await.expect(201);
    assert_eq!(invited["invitations"][0]["invited_by"], "alice");
    alice.put(&member, &json!({ "role": "developer" })).await.expect(200);

    for of_project in ["", "/members", "/builds", "/deployments", "/audit"] {
        bob.get(&format!("{path}{of_project}")).await.expect_problem(404);
    }
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["projects"], json!([]));
    bob.delete(&member).await.expect_problem(404);
    let listed = bob.get(INVITATIONS).await.expect(200);
    let invitation = &listed["invitations"][0];
    assert_eq!((&invitation["project_id"], &invitation["role"]), (&project, &json!("developer")));

    // A machine may see it, but not accept it.
    let (_, token) = bob.create_token(&["read", "build", "deploy"]).await;
    let machine = platform.user_with_token(&token);
    assert_eq!(machine.get(INVITATIONS).await.expect(200), listed);
    let accept = format!("{INVITATIONS}/{project}/accept");
    machine.post(&accept, &json!({})).await.expect_problem(403);
    machine.delete(&format!("{INVITATIONS}/{project}")).await.expect_problem(403);
    // Nor can somebody whom an administrator has blocked.
    let mut root = Browser::signed_in(&platform, "root").await;
    let block = format!("/api/v1/auth/people/{bob_name}/block");
    assert_eq!(root.put(&block, &json!({})).await.status, 204);
    bob.accept_invitation(&project).await.expect_problem_with_reason(403, "blocked");
    assert_eq!(root.delete(&block).await.status, 204);
    bob.sign_in("bob").await;

    let accepted = bob.accept_invitation(&project).await.expect(200);
    assert_eq!(accepted, bob.get(&path).await.expect(200));
    assert_eq!(accepted["role"], "developer");
    assert_eq!(bob.get(INVITATIONS).await.expect(200)["invitations"], json!([]));
    let members = alice.get(&format!("{path}/members")).await.expect(200);
    assert_eq!(members["members"][1]["username"], json!(bob_name));
    assert_eq!(members["invitations"], json!([]));
    platform.finish().await;
}

#[tokio::test]
async fn an_invitation_can_be_declined_withdrawn_and_sent_again() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut bob = Browser::signed_in(&platform, "bob").await;
    bob.username().await;
    let project = alice.create_project("myapp").await["id"].clone();
    let member = format!("/api/v1/projects/{project}/members/bob");
    let invitation = format!("{INVITATIONS}/{project}");
    alice.put(&member, &viewer()).await.expect(201);
    assert_eq!(bob.delete(&invitation).await.status, 204);
    bob.accept_invitation(&project).await.expect_problem(404);
    alice.put(&member, &viewer()).await.expect(201);
    assert_eq!(alice.delete(&member).await.status, 204);
    alice.delete(&member).await.expect_problem(404);
    bob.accept_invitation(&project).await.expect_problem(404);
    bob.delete(&invitation).await.expect_problem(404);
    alice.put(&member, &viewer()).await.expect(201);
    bob.accept_invitation(&project).await.expect(200);
    assert_eq!(bob.delete(&member).await.status, 204, "he leaves");

    let log = alice.get(&format!("/api/v1/projects/{project}/audit")).await.expect(200);
    let events = log["events"].as_array().unwrap().iter().rev();
    let events: Vec<_> = events
        .map(|event| format!("{} {}", event["by"]["login"], event["action"]).replace('"', ""))
        .collect();
    assert_eq!(
        events,
        [
            "alice project.create",
            "alice invitation.send",
            "bob invitation.decline",
            "alice invitation.send",
            "alice invitation.withdraw",
            "alice invitation.send",
            "bob invitation.accept",
            "bob member.remove",
        ]
    );
    platform.finish().await;
}

#[tokio::test]
async fn one_owner_uses_up_neither_the_invitations_nor_the_memberships_of_another() {
    let platform = TestPlatform::start().await;
    let mut alice = Browser::signed_in(&platform, "alice").await;
    let mut bob = Browser::signed_in(&platform, "bob").await;
    bob.username().await;
    for number in 1..=6 {
        let project = alice.create_project(&format!("p{number}")).await["id"].clone();
        let member = format!("/api/v1/projects/{project}/members/bob");
        let sent = alice.put(&member, &viewer()).await;
        match number {
            6 => {
                let detail = sent.expect_problem_with_reason(409, "too_many_invitations");
                assert!(detail.contains("5 open invitations of yours"), "{detail}");
            }
            _ => drop(sent.expect(201)),
        }
    }
    let listed = bob.get("/api/v1/projects").await.expect(200);
    assert_eq!(listed["total"], 0, "no membership is used before he accepts");
    let mut carol = Browser::signed_in(&platform, "carol").await;
    let project = carol.create_project("hers").await["id"].clone();
    carol.add_member(&project, &mut bob, "viewer").await;
    assert_eq!(bob.get("/api/v1/projects").await.expect(200)["total"], 1);
    let invitations = bob.get(INVITATIONS).await.expect(200)["invitations"].clone();
    assert_eq!(invitations.as_array().unwrap().len(), 5);
    platform.finish().await;
}

#[tokio::test]
async fn an_invitation_of_others_and_a_missing_project_cost_the_same() {
    let platform = TestPlatform::start().await;
    let (alice, bob, mallory) =
        (platform.user("alice"), platform.user("bob"), platform.user("mallory"));
    for user in [&bob, &mallory] {
        user.get("/api/v1/auth/me").await.expect(200); // They get usernames.
    }
    let project = alice.create_project("myapp").await;
    begin_rate_limit_window(bob.get(INVITATIONS)).await;
    let (list, none) = platform.measure(bob.get(INVITATIONS)).await;
    assert_eq!(list.expect(200)["invitations"], json!([]));
    let member = format!("/api/v1/projects/{project}/members/bob");
    let invite = alice.request(Method::PUT, &member).json(&viewer());
    Response::send(invite).await.expect(201);
    let (list, one) = platform.measure(bob.get(INVITATIONS)).await;
    assert_eq!(list.expect(200)["invitations"].as_array().unwrap().len(), 1);
    // One for each place, two more for each invitation.
    assert_eq!((none.reads, one.reads), (51, 53), "with the blocklist: {none:?} and {one:?}");
    assert_eq!((one.writes, one.increments), (0, 0));

    let missing = 999_999;
    let accept = async |project: u64| {
        mallory.post(&format!("{INVITATIONS}/{project}/accept"), &json!({})).await
    };
    begin_rate_limit_window(accept(missing)).await;
    let (foreign, cost) = platform.measure(accept(project)).await;
    let (not_found, not_found_cost) = platform.measure(accept(missing)).await;
    let redact = |text: &str, project: u64| text.replace(&format!("/{project}/"), "/ID/");
    assert_eq!(redact(&foreign.text, project), redact(&not_found.text, missing));
    assert_eq!((foreign.status, cost), (404, not_found_cost));
    // One of her own she accepts.
    alice.add_member(project, &mallory, "mallory", "viewer").await;
    platform.finish().await;
}
