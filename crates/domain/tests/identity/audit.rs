//! Audit log entries.

use crate::person;
use nokube_domain::audit::{Actor, AuditEntry, parse_client_address};

#[test]
fn a_person_does_not_see_the_client_address_of_another_actor() {
    let actor =
        Actor { person: person("i", "root"), login: None, via: "session".into(), token: None };
    let entry = AuditEntry {
        at: nokube_domain::Timestamp::UNIX_EPOCH,
        action: "person.block".into(),
        object: "/api/v1/auth/people/alice".into(),
        role: None,
        by: actor,
        from: Some("192.0.2.7".into()),
        request_id: None,
    };
    assert_eq!(entry.clone().redact_for(&person("i", "alice")).from, None);
    assert_eq!(entry.clone().redact_for(&person("i", "root")), entry);
}

#[test]
fn client_addresses_are_validated_and_have_no_port() {
    for (text, expected) in [
        ("127.0.0.1:4711", Some("127.0.0.1")),
        ("[2001:db8::1]:80", Some("2001:db8::1")),
        ("10.0.0.1, 192.0.2.7", Some("192.0.2.7")),
        ("<script>", None),
        ("", None),
    ] {
        assert_eq!(parse_client_address(text).as_deref(), expected, "{text}");
    }
}
