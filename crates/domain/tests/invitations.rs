//! Invitations among a project's members.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::{
    Person, Role, Timestamp,
    access::{Caller, find_role},
    projects::{Assigned, INVITATION_SECONDS, Invitation, Members},
};

fn person(subject: &str) -> Person {
    Person { issuer: "github".into(), subject: subject.into() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn invitation(id: u64, subject: &str, now: Timestamp) -> Invitation {
    Invitation::new(id, person(subject), subject.parse().unwrap(), Role::Viewer, now)
}

fn members(invitations: Vec<Invitation>) -> Members {
    Members { invitations, ..Members::new(person("alice")) }
}

#[test]
fn an_invitation_is_open_for_a_week() {
    let sent = at(1_800_000_000);
    let members = members(vec![invitation(1, "bob", sent)]);
    for (seconds, open) in [(0, 1), (INVITATION_SECONDS - 1, 1), (INVITATION_SECONDS, 0)] {
        let now = at(sent.as_second() + seconds);
        assert_eq!(members.open_invitations(now).count(), open, "after {seconds} s");
        assert_eq!(members.count(now), open, "after {seconds} s");
        let taken = members.clone().take_invitation(now, |it| it.person == person("bob"));
        assert_eq!(taken.is_some(), open == 1, "after {seconds} s");
    }
}

#[test]
fn somebody_who_is_invited_has_no_role_until_they_accept() {
    let now = at(1_800_000_000);
    let mut members = members(vec![invitation(1, "bob", now)]);
    let bob = Caller { person: person("bob"), login: "bob".parse().unwrap() };
    assert_eq!(find_role(&bob, &members), None);
    let accepted = members.take_invitation(now, |it| it.person == bob.person).unwrap();
    members.others.push(accepted.into_member(7));
    assert_eq!(find_role(&bob, &members), Some(Role::Viewer));
    assert_eq!(members.others.first().map(|member| member.number), Some(7));
    assert!(members.invitations.is_empty());
}

#[test]
fn a_role_is_given_to_a_member_or_to_an_open_invitation() {
    let now = at(1_800_000_000);
    let later = at(now.as_second() + INVITATION_SECONDS);
    let mut members = members(vec![invitation(1, "bob", now)]);
    members.others.push(invitation(2, "carol", now).into_member(1));
    for (subject, time, first, second) in [
        ("bob", now, Assigned::Invitation, Assigned::Unchanged),
        ("bob", later, Assigned::Nobody, Assigned::Nobody),
        ("carol", later, Assigned::Member, Assigned::Unchanged),
        ("dave", now, Assigned::Nobody, Assigned::Nobody),
    ] {
        let mut assign = || members.assign_role(&person(subject), Role::Developer, time);
        assert_eq!((assign(), assign()), (first, second), "{subject}");
    }
    let roles = [members.invitations[0].role, members.others[0].role];
    assert_eq!(roles, [Role::Developer; 2]);
}

#[test]
fn taking_an_invitation_leaves_those_of_others_and_drops_what_has_ended() {
    let now = at(1_800_000_000);
    let ended = invitation(1, "dave", at(now.as_second() - INVITATION_SECONDS));
    let all = vec![ended, invitation(2, "bob", now), invitation(3, "carol", now)];
    let mut members = members(all);
    let taken = members.take_invitation(now, |it| it.person == person("bob"));
    assert_eq!(taken.map(|it| it.id), Some(2));
    assert_eq!(members.take_invitation(now, |it| it.person == person("dave")), None);
    let left: Vec<_> = members.invitations.iter().map(|it| it.id).collect();
    assert_eq!(left, [3]);
}
