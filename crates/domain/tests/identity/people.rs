//! Usernames and revoked sessions.

use crate::{person, time};
use nokube_domain::{
    name::{Login, Username},
    people::{AccessRevocation, username_candidates},
};
use proptest::prelude::*;

#[test]
fn sessions_from_before_a_revocation_are_rejected() {
    let revoked = AccessRevocation { sessions_before: Some(time(10)), blocked: false };
    for (signed_in_at, expected) in [(9, false), (10, false), (11, true)] {
        assert_eq!(revoked.allows_session(time(signed_in_at)), expected, "{signed_in_at}");
    }
    assert!(AccessRevocation::default().allows_session(time(1)));
    let blocked = AccessRevocation { sessions_before: None, blocked: true };
    assert!(!blocked.allows_session(time(1)));
}

proptest! {
    #[test]
    fn candidates_are_usernames_and_two_people_share_only_the_first(
        login in "[a-z0-9]([a-z0-9]|-[a-z0-9]){0,18}", one in "[a-z0-9]{1,9}", two in "[a-z0-9]{1,9}",
    ) {
        prop_assume!(one != two);
        let login: Login = login.parse().unwrap();
        let (one, two) = (person("i", &one), person("i", &two));
        let a = username_candidates(&login, &one).collect::<Vec<_>>();
        let b = username_candidates(&login, &two).collect::<Vec<_>>();
        prop_assert_eq!(a.len(), 4);
        prop_assert_eq!(&a[0], &b[0]);
        prop_assert_eq!(a[0].as_str(), login.as_str());
        for name in &a[2..] {
            prop_assert!(!b.contains(name));
        }
    }
}

#[test]
fn a_taken_username_has_alternatives_for_every_kind_of_login() {
    for login in ["jdoe_acme", "bob-", "-", "____", &"a_".repeat(19), &"-_".repeat(19)] {
        let login: Login = login.parse().unwrap();
        let candidates: Vec<Username> = username_candidates(&login, &person("i", "1")).collect();
        assert_eq!(candidates.len(), 4, "{login}");
        assert_eq!(candidates[0], Username::from_login(&login));
    }
}
