//! Usernames and revoked sessions.

use crate::{person, time};
use nokube_domain::people::{AccessRevocation, username_candidates};
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
        let login = login.parse().unwrap();
        let (one, two) = (person("i", &one), person("i", &two));
        let a = username_candidates(&login, &one).collect::<Vec<_>>();
        let b = username_candidates(&login, &two).collect::<Vec<_>>();
        prop_assert_eq!(a.len(), 4);
        prop_assert_eq!(&a[0], &b[0]);
        prop_assert_eq!(&a[0], &login);
        for name in &a[2..] {
            prop_assert!(!b.contains(name));
        }
    }
}
