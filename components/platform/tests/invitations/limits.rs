//! How many invitations there are, however many are sent at once.

use crate::story::{DAY, INVITATIONS, PROJECTS, Story};
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeMap;

#[test]
fn a_project_has_fifty_members_and_invitations() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    let people: Vec<_> = (0..51).map(|n| format!("person-{n}")).collect();
    for person in &people {
        story.project(person, "own");
    }
    let invite = |person: &String| {
        story
            .user("alice")
            .put(&format!("{project}/members/{person}"), &json!({ "role": "viewer" }))
    };
    for person in &people[..50] {
        invite(person).expect(201);
        if person.ends_with('7') {
            story.accept(person, &project).expect(200);
        }
    }
    assert_eq!(invite(&people[50]).expect(409)["reason"], "too_many_members");
    story.decline(&people[3], &project).expect(204);
    invite(&people[50]).expect(201);
    assert_eq!(invite(&people[3]).expect(409)["reason"], "too_many_members");
    story.host.wait(7 * DAY);
    invite(&people[3]).expect(201);
}

#[test]
fn an_owner_has_five_open_invitations_to_one_person() {
    let story = Story::begin();
    let projects: Vec<_> = (0..8).map(|n| story.project("alice", &format!("p{n}"))).collect();
    let at_once = projects.iter().map(|project| {
        let body = json!({ "role": "viewer" });
        story.user("alice").start("PUT", &format!("{project}/members/bob"), Some(&body))
    });
    let statuses: Vec<_> =
        story.host.run(join_all(at_once)).into_iter().map(|it| it.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 5, "{statuses:?}");
    let (open, refused): (Vec<_>, Vec<_>) =
        projects.iter().zip(&statuses).partition(|(_, status)| **status == 201);
    let refused = refused[0].0;
    assert_eq!(
        story.invite("alice", refused, "viewer").expect(409)["reason"],
        "too_many_invitations"
    );
    // Each end frees a place at once.
    story.accept("bob", open[0].0).expect(200);
    story.invite("alice", refused, "viewer").expect(201);
    for project in [open[1].0, refused] {
        story.withdraw("alice", project).expect(204);
    }
    story.user("alice").delete(open[2].0).expect(204);
    for n in 10..13 {
        story.invite("alice", &story.project("alice", &format!("p{n}")), "viewer").expect(201);
    }
    story.invite("alice", refused, "viewer").expect(409);
    story.host.wait(7 * DAY);
    story.invite("alice", refused, "viewer").expect(201);
}

#[test]
fn many_owners_fill_a_list_only_until_the_person_declines() {
    let story = Story::begin();
    let invite = |(owner, project): &(String, String)| {
        let body = json!({ "role": "viewer" });
        story.user(owner).start("PUT", &format!("{project}/members/bob"), Some(&body))
    };
    let mut projects = Vec::new();
    for owner in (0..12).map(|n| format!("mallory-{n}")) {
        projects.extend((0..5).map(|n| (owner.clone(), story.project(&owner, &format!("p{n}")))));
    }
    let mut statuses = BTreeMap::new();
    for response in story.host.run(join_all(projects.iter().map(invite))) {
        *statuses.entry(response.status).or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(201, 50), (409, 10)]));
    let list = story.user("bob").get(INVITATIONS).expect(200)["invitations"].clone();
    assert_eq!(list.as_array().unwrap().len(), 50);
    let hers = story.project("alice", "hers");
    let refused = story.invite("alice", &hers, "viewer").expect(409);
    assert_eq!(refused["reason"], "too_many_invitations");

    // Declining is not limited, and afterwards those owners cannot send more for the rest of the week.
    for row in list.as_array().unwrap() {
        story.decline("bob", &format!("{PROJECTS}/{}", row["project_id"])).expect(204);
    }
    let again = story.host.run(join_all(projects.iter().map(invite)));
    let sent = again.iter().filter(|response| response.status == 201).count();
    // Those ten who were refused above, five at most of each, have not been declined.
    assert!(sent <= 10, "{sent} of {}", again.len());
    assert!(again.iter().any(|response| response.text.contains("invitations_declined")));
    story.invite("alice", &hers, "viewer").expect(201);
    story.host.wait(7 * DAY);
    let (owner, project) = &projects[0];
    story.invite(owner, project, "viewer").expect(201);
}

#[test]
fn somebody_who_declined_by_mistake_can_be_invited_again() {
    let story = Story::begin();
    let project = story.project("alice", "myapp");
    for _ in 0..3 {
        story.invite("alice", &project, "viewer").expect(201);
        story.decline("bob", &project).expect(204);
    }
    let refused = story.invite("alice", &project, "viewer").expect(409);
    assert_eq!(refused["reason"], "invitations_declined");
    // Others can invite him, and alice can invite others.
    story.invite("carol", &story.project("carol", "hers"), "viewer").expect(201);
    let path = format!("{project}/members/carol");
    story.user("alice").put(&path, &json!({ "role": "viewer" })).expect(201);
    story.host.wait(7 * DAY);
    story.invite("alice", &project, "viewer").expect(201);
    assert_eq!(story.accept("bob", &project).expect(200)["role"], "viewer");
}

#[test]
fn inviting_and_accepting_are_rate_limited_and_taking_back_is_not() {
    let story = Story::begin_with_limit("4");
    let projects: Vec<_> = (0..4).map(|n| story.project("alice", &format!("p{n}"))).collect();
    for project in &projects {
        story.invite("alice", project, "viewer").expect(201);
    }
    story.invite("alice", &projects[0], "developer").expect(429);
    // Bob's project counts too.
    for project in &projects[..3] {
        story.accept("bob", project).expect(200);
    }
    story.accept("bob", &projects[3]).expect(429);
    story.decline("bob", &projects[3]).expect(204);
    for project in &projects[..3] {
        story.withdraw("alice", project).expect(204);
    }
    for project in &projects {
        story.decline("bob", project).expect(404);
        story.withdraw("alice", project).expect(404);
    }
}
