//! Invitations: who becomes a member, and who does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod faults;
mod limits;
mod story;

use serde_json::{Value, json};
use story::{DAY, INVITATIONS, PROJECTS, Story, accept_path, invitation};

#[test]
fn somebody_who_is_invited_becomes_a_member_by_accepting() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    let invited = story.invite("alice", &project, "viewer").expect(201);
    assert_eq!(invited["members"].as_array().unwrap().len(), 1, "{invited}");
    assert_eq!(invited["invitations"][0]["username"], "bob");
    assert_eq!(story.role("bob", &project), None, "no access before he accepts");
    let list = story.user("bob").get(INVITATIONS).expect(200);
    let row = &list["invitations"][0];
    for (field, value) in
        [("project_name", "myapp"), ("owner", "alice"), ("role", "viewer"), ("invited_by", "alice")]
    {
        assert_eq!(row[field], value, "{list}");
    }
    // The owner changes her mind about the role, not about the end.
    let changed = story.invite("alice", &project, "developer").expect(200);
    let [before, after] = [&invited, &changed].map(|it| it["invitations"][0].clone());
    assert_eq!(after["expires_at"], before["expires_at"]);
    assert_eq!(story.accept("bob", &project).expect(200)["role"], "developer");
    assert_eq!(story.role("bob", &project), Some(json!("developer")));
    assert_eq!(story.accept("bob", &project).expect(200)["role"], "developer", "accepted twice");
    assert_eq!((story.invited_to("bob"), story.invited_by("alice", &project)), (vec![], vec![]));
    // As a member he sees the others, not who else is invited.
    story.project("carol", "hers");
    story.user("alice").put(&format!("{project}/members/carol"), &json!({ "role": "viewer" }));
    assert_eq!(story.invited_by("alice", &project), ["carol"]);
    assert_eq!(story.invited_by("bob", &project), [] as [Value; 0]);
    story.withdraw("bob", &project).expect(204); // He leaves.
    assert_eq!(story.role("bob", &project), None);
}

#[test]
fn an_invitation_of_others_is_like_none() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    story.invite("alice", &project, "viewer").expect(201);
    story.project("carol", "hers");
    let missing = format!("{PROJECTS}/999");
    let answers = |person: &str, project: &str| {
        let id = project.rsplit('/').next().unwrap();
        [story.accept(person, project), story.decline(person, project)].map(|response| {
            response.expect(404);
            response.text.replace(&format!("/{id}"), "/ID")
        })
    };
    assert_eq!(answers("carol", &project), answers("carol", &missing));
    // One that has ended neither.
    story.withdraw("alice", &project).expect(204);
    assert_eq!(answers("bob", &project), answers("carol", &missing));
    story.invite("alice", &project, "viewer").expect(201);
    story.host.wait(7 * DAY);
    assert_eq!(answers("bob", &project), answers("carol", &missing));
    story.user("bob").delete(&format!("{project}/members/bob")).expect(404);
}

#[test]
fn an_invitation_that_was_not_accepted_gives_nothing() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    let ends: [(&str, &dyn Fn()); 4] = [
        ("declined", &|| drop(story.decline("bob", &project).expect(204))),
        ("withdrawn", &|| drop(story.withdraw("alice", &project).expect(204))),
        ("ended", &|| story.host.wait(7 * DAY)),
        ("of a deleted project", &|| drop(story.user("alice").delete(&project).expect(204))),
    ];
    for (what, end) in ends {
        story.invite("alice", &project, "viewer").expect(201);
        assert_eq!(story.invited_to("bob"), ["myapp"]);
        end();
        assert_eq!(story.invited_to("bob"), [] as [Value; 0], "{what}");
        story.accept("bob", &project).expect(404);
        story.decline("bob", &project).expect(404);
        assert_eq!(story.role("bob", &project), None, "{what}");
    }
    // A project that is created again has the old number, but not the old invitations.
    assert_eq!(story.project("alice", "myapp"), project);
    story.accept("bob", &project).expect(404);
    assert_eq!(story.invited_by("alice", &project), [] as [Value; 0]);
}

#[test]
fn who_cannot_be_invited_is_an_error_of_the_field() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    for (username, text) in [("alice", "is the owner"), ("nobody", "has signed in here yet")] {
        let path = format!("{project}/members/{username}");
        let refused = story.user("alice").put(&path, &json!({ "role": "viewer" })).expect(422);
        assert_eq!(refused["errors"][0]["field"], "username");
        assert!(refused["detail"].as_str().unwrap().contains(text), "{refused}");
    }
    // Nobody invites themselves into a project of others.
    story.invite("bob", &project, "developer").expect(404);
    story.accept("bob", &project).expect(404);
    // The owner has no invitation and needs none.
    assert_eq!(story.accept("alice", &project).expect(200)["role"], "owner");
    story.decline("alice", &project).expect(404);
}

#[test]
fn the_audit_log_says_who_invited_whom_and_what_became_of_it() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    let from =
        |person: &str, address: &str| story.user(person).with_header("spin-client-addr", address);
    let role = |role: &str| json!({ "role": role });
    let path = format!("{project}/members/bob");
    let (alice, bob) = (from("alice", "192.0.2.1:1"), from("bob", "192.0.2.2:1"));
    alice.put(&path, &role("viewer")).expect(201);
    bob.delete(&invitation(&project)).expect(204);
    alice.put(&path, &role("viewer")).expect(201);
    alice.put(&path, &role("developer")).expect(200);
    alice.delete(&path).expect(204);
    alice.put(&path, &role("viewer")).expect(201);
    bob.post(&accept_path(&project), &json!({})).expect(200);
    alice.put(&path, &role("developer")).expect(200);
    let log = alice.get(&format!("{project}/audit")).expect(200);
    let mut events: Vec<_> = log["events"].as_array().unwrap().iter().collect();
    events.reverse();
    let by: Vec<_> = events[1..]
        .iter()
        .map(|event| {
            assert_eq!(event["object"], path);
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let by = text(&event["by"]["login"]);
            [by, text(&event["action"]), text(&event["role"]), text(&event["from"])].join(" ")
        })
        .collect();
    assert_eq!(
        by,
        [
            "alice invitation.send viewer 192.0.2.1",
            // He does not show his address to somebody whose project he did not want to join.
            "bob invitation.decline - -",
            "alice invitation.send viewer 192.0.2.1",
            "alice invitation.send developer 192.0.2.1",
            "alice invitation.withdraw - 192.0.2.1",
            "alice invitation.send viewer 192.0.2.1",
            "bob invitation.accept viewer 192.0.2.2",
            "alice member.developer - 192.0.2.1",
        ]
    );
}
