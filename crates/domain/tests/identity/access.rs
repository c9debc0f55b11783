//! Roles in projects, and how people are identified.

use crate::person;
use nokube_domain::{
    access::{Caller, Role, authorize_role, find_role, normalize_issuer},
    projects::Members,
};

fn caller(issuer: &str, subject: &str) -> Caller {
    Caller { person: person(issuer, subject), login: "testuser".parse().unwrap() }
}

const ROLES: [Role; 3] = [Role::Viewer, Role::Developer, Role::Owner];

#[test]
fn the_owner_may_do_everything() {
    let members = Members::new(person("github", "1"));
    let owner = caller("github", "1");
    for required in ROLES {
        assert_eq!(authorize_role(&owner, Some(&members), required, "build"), Ok(Role::Owner));
    }
}

/// The same subject at another issuer, or another subject at the same issuer, is another person.
#[test]
fn without_a_role_a_project_looks_as_if_it_did_not_exist() {
    let members = Members::new(person("github", "1"));
    let strangers = [("github", "2"), ("other", "1"), ("GitHub", "1"), ("", ""), ("github1", "")];
    for (issuer, subject) in strangers {
        let stranger = caller(issuer, subject);
        assert_eq!(find_role(&stranger, &members), None);
        for required in ROLES {
            let existing =
                authorize_role(&stranger, Some(&members), required, "build").unwrap_err();
            let missing = authorize_role(&stranger, None, required, "build").unwrap_err();
            assert_eq!(existing, missing);
            assert_eq!(existing.status(), 404);
        }
    }
}

#[test]
fn roles_are_ordered() {
    assert!(Role::Viewer < Role::Developer && Role::Developer < Role::Owner);
}

#[test]
fn different_people_have_different_keys() {
    let people = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("a", "b"), ("b", "a")];
    let mut keys: Vec<_> =
        people.iter().map(|(issuer, subject)| person(issuer, subject).key()).collect();
    assert!(keys.iter().all(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit())));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), people.len());
    assert_eq!(person("a", "b").key(), person("a", "b").key());
}

#[test]
fn spellings_of_one_issuer_url_are_equal() {
    for (one, other, expected) in [
        ("https://github.com", "https://GitHub.com/", true),
        ("https://idp.test:443/realm/", "https://idp.test/realm", true),
        ("https://idp.test/realm", "https://idp.test/Realm", false),
        ("https://idp.test", "http://idp.test", false),
        ("nokube", "nokube", true),
        ("nokube", "NoKube", false),
    ] {
        assert_eq!(normalize_issuer(one) == normalize_issuer(other), expected, "{one} {other}");
    }
}
