//! Who may do what, and what those are told who may not.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::{
    Person, Problem, ProblemKind,
    access::{Caller, Role, decide, role},
    problem::Fault,
    project::Members,
};
use serde_json::json;

fn person(issuer: &str, subject: &str) -> Person {
    Person { issuer: issuer.into(), subject: subject.into() }
}

fn caller(issuer: &str, subject: &str) -> Caller {
    Caller { person: person(issuer, subject), login: "testuser".parse().unwrap() }
}

const ROLES: [Role; 3] = [Role::Viewer, Role::Developer, Role::Owner];

#[test]
fn the_owner_may_do_everything() {
    let members = Members::new(person("github", "1"));
    for demand in ROLES {
        assert_eq!(
            decide(&caller("github", "1"), Some(&members), demand, "build"),
            Ok(Role::Owner)
        );
    }
}

/// The same login at another issuer, or the same issuer with another number, is somebody else.
#[test]
fn without_a_role_there_is_nothing_to_see() {
    let members = Members::new(person("github", "1"));
    let strangers = [("github", "2"), ("other", "1"), ("GitHub", "1"), ("", ""), ("github1", "")];
    for (issuer, subject) in strangers {
        let stranger = caller(issuer, subject);
        assert_eq!(role(&stranger, &members), None);
        for demand in ROLES {
            let theirs = decide(&stranger, Some(&members), demand, "build").unwrap_err();
            let missing = decide(&stranger, None, demand, "build").unwrap_err();
            assert_eq!(theirs, missing, "to the last letter");
            assert_eq!(theirs.status(), 404);
        }
    }
}

#[test]
fn roles_are_ordered() {
    assert!(Role::Viewer < Role::Developer && Role::Developer < Role::Owner);
}

#[test]
fn persons_have_different_keys() {
    let persons = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("a", "b"), ("b", "a")];
    let mut keys: Vec<_> = persons.iter().map(|(i, s)| person(i, s).key()).collect();
    assert!(keys.iter().all(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit())));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), persons.len());
    assert_eq!(person("a", "b").key(), person("a", "b").key());
}

#[test]
fn a_problem_is_problem_json() {
    let fault = |field: &str| Fault { field: field.into(), detail: "is required".into() };
    let one = Problem::invalid(vec![fault("name")]);
    assert_eq!(one.detail, "name: is required");
    let two = Problem::invalid(vec![fault("a"), fault("b")]);
    assert_eq!(
        serde_json::to_value(two.body("/api/v1/builds")).unwrap(),
        json!({
            "type": "/problems/invalid", "title": "Some fields need a change", "status": 422,
            "detail": "2 fields need a change.", "instance": "/api/v1/builds",
            "errors": [{ "field": "a", "detail": "is required" }, { "field": "b", "detail": "is required" }],
        })
    );
    let plain = Problem::new(ProblemKind::Conflict, "No.");
    assert!(serde_json::to_value(plain.body("/")).unwrap().get("errors").is_none());
}
