//! Who may come in, what they are called, what a credential is good for, where a change comes from.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::{
    Person,
    access::{AtGitHub, Demand, Proof, Role, Via, admit, issuer_name},
    admission::{Lists, Standing, Texts},
    audit::{Actor, Event, address},
    fields::Fields,
    jwt::Refused,
    limit::{check, window},
    origin::{from_our_page, local_path},
    people::{Ends, candidates},
    scope::{Scope, Scopes},
    session::{Bearer, Begun, Keys, Use},
    token::{API, NewToken, RENEWAL, Secret},
};
use proptest::prelude::*;
use serde_json::json;

fn standing(account: u64, login: &str) -> Standing {
    Standing { account, login: login.into(), ..Standing::default() }
}

#[test]
fn lists_are_closed_and_take_logins_numbers_organisations_and_teams() {
    assert!(!Lists::default().admit(&standing(1, "alice")));
    let texts = Texts {
        users: "Alice, id:7",
        organisations: "Acme",
        teams: "acme/Ops",
        administrators: "root, jwt:ops",
    };
    let lists = Lists::parse(texts).unwrap();
    let member = |organisations: &[&str], teams: &[&str]| Standing {
        organisations: organisations.iter().map(|&o| o.into()).collect(),
        teams: teams.iter().map(|&t| t.into()).collect(),
        ..standing(2, "bob")
    };
    for (standing, may) in [
        (standing(1, "alice"), true),
        (standing(7, "anybody"), true),
        (standing(1, "root"), true),
        (standing(1, "ops"), false),
        (standing(1, "alic"), false),
        (member(&["acme"], &[]), true),
        (member(&[], &["acme/ops"]), true),
        (member(&["other"], &["acme/dev"]), false),
    ] {
        assert_eq!(lists.admit(&standing), may, "{standing:?}");
    }
    let bad =
        Texts { users: "a b, id:x, x:1", organisations: "a/b", teams: "ops", administrators: "-" };
    let bad = Lists::parse(bad).unwrap_err();
    assert_eq!(bad.len(), 6, "{bad:?}");
}

#[test]
fn a_listed_login_means_nobody_who_came_with_it_later() {
    let lists = Lists::parse(Texts {
        users: "alice, id:7",
        teams: "acme/ops",
        administrators: "Root",
        ..Texts::default()
    });
    let lists = lists.unwrap();
    assert!(lists.has_login("alice") && lists.has_login("root"));
    assert!(!lists.has_login("7") && !lists.has_login("acme/ops") && !lists.has_login(""));
    assert!(lists.describe().contains("id:NUMBER"));
    // Whose login it was not the first time is known without it.
    assert!(!lists.admit(&standing(8, "")) && lists.admit(&standing(7, "")));
    let by_number = Lists::parse(Texts { administrators: "id:7", ..Texts::default() }).unwrap();
    assert!(!by_number.describe().contains("id:NUMBER"));
}

#[test]
fn issuers_are_one_however_their_url_is_spelt() {
    for (one, other, same) in [
        ("https://github.com", "https://GitHub.com/", true),
        ("https://idp.test:443/realm/", "https://idp.test/realm", true),
        ("https://idp.test/realm", "https://idp.test/Realm", false),
        ("https://idp.test", "http://idp.test", false),
        ("nokube", "nokube", true),
        ("nokube", "NoKube", false),
    ] {
        assert_eq!(issuer_name(one) == issuer_name(other), same, "{one} {other}");
    }
}

#[test]
fn nobody_sees_in_their_own_trail_from_where_another_came() {
    let person = |subject: &str| Person { issuer: "i".into(), subject: subject.into() };
    let event = Event {
        at: nokube_domain::Timestamp::UNIX_EPOCH,
        action: "person.block".into(),
        object: "/api/v1/auth/people/alice".into(),
        by: Actor { person: person("root"), login: None, via: "session".into(), token: None },
        from: Some("192.0.2.7".into()),
        request_id: None,
    };
    assert_eq!(event.clone().for_person(&person("alice")).from, None);
    assert_eq!(event.clone().for_person(&person("root")), event);
}

#[test]
fn an_administrator_at_one_issuer_is_nobody_at_another() {
    let lists =
        Lists::parse(Texts { administrators: "root, jwt:ops", ..Texts::default() }).unwrap();
    let person =
        |issuer: &str, subject: &str| Person { issuer: issuer.into(), subject: subject.into() };
    let github = standing(5, "root");
    let account = AtGitHub::Account(5);
    assert!(lists.is_administrator(&person("https://github.com", "5"), Some(&github), account));
    assert!(lists.is_administrator(&person("jwt", "ops"), None, AtGitHub::Login));
    assert!(!lists.is_administrator(&person("jwt", "root"), None, AtGitHub::Login));
    let named_ops = standing(6, "ops");
    assert!(!lists.is_administrator(&person("g", "6"), Some(&named_ops), AtGitHub::Account(6)));
}

#[test]
fn scopes_open_what_they_name_and_reading() {
    let proof = |scopes: Scopes| Proof {
        via: Via::Token("ci".into()),
        scopes,
        at_github: AtGitHub::Nobody,
        administrator: false,
        ends: 0,
        standing: None,
    };
    let demand = |scope| Demand::Role(Role::Viewer, scope);
    let all = [Scope::Read, Scope::Build, Scope::Deploy, Scope::Metrics, Scope::Account];
    for (has, opens) in [
        (Scope::Read, [true, false, false, false, false]),
        (Scope::Build, [true, true, false, false, false]),
        (Scope::Deploy, [true, false, true, false, false]),
        (Scope::Metrics, [false, false, false, true, false]),
        (Scope::Account, [false; 5]),
    ] {
        let machine = proof(Scopes::of_token([has]));
        assert_eq!(all.map(|scope| admit(&machine, demand(scope)).is_ok()), opens, "{has}");
    }
    let person = proof(Scopes::all());
    assert!(all.iter().all(|scope| admit(&person, demand(*scope)).is_ok()));
    assert!(admit(&person, Demand::Administrator(Scope::Account)).is_err());
    assert!(
        admit(&Proof { administrator: true, ..person }, Demand::Administrator(Scope::Account))
            .is_ok()
    );
}

#[test]
fn a_credential_may_be_asked_for_that_is_good_for_less() {
    let named = |text: &str| Scopes::narrowed(text).map(|scopes| scopes.to_string());
    assert_eq!(named(" deploy  read read "), Ok("read deploy".into()));
    assert_eq!(named("account build"), Ok("build account".into()));
    for bad in ["", " ", "Read", "read,build", "read openid"] {
        assert!(named(bad).is_err(), "{bad}");
    }
    let bearer = r#"{"person":{"issuer":"i","subject":"s"},"login":"a","at_github":"nobody"}"#;
    let bearer: Bearer = serde_json::from_str(bearer).unwrap();
    assert_eq!(bearer.scopes, Scopes::all(), "one that was issued before they had scopes");
}

#[test]
fn a_block_is_looked_at_everywhere_but_at_reads_in_a_project() {
    let read = Demand::Role(Role::Viewer, Scope::Read);
    assert!(!read.minds_blocks(true) && read.minds_blocks(false));
    for demand in [
        Demand::SignedIn(Scope::Read),
        Demand::RoleOrAdministrator(Role::Owner),
        Demand::Administrator(Scope::Account),
    ] {
        assert!(demand.minds_blocks(true) && demand.minds_blocks(false), "{demand:?}");
    }
}

#[test]
fn an_api_token_lives_no_longer_than_it_may() {
    let now = nokube_domain::Timestamp::from_second(1_800_000_000).unwrap();
    let day =
        |days: i64| nokube_domain::Timestamp::from_second(now.as_second() + days * 86_400).unwrap();
    let ask = |longest: i64, days: Option<i64>| {
        let body = json!({ "name": "ci", "scopes": ["read"], "expires_at": days.map(day) });
        let fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
        NewToken::parse(fields, longest, now).map(|token| token.expires_at)
    };
    for (longest, days, lives) in
        [(366, None, 90), (7, None, 7), (366, Some(366), 366), (7, Some(7), 7), (7, Some(1), 1)]
    {
        assert_eq!(ask(longest, days), Ok(day(lives)));
    }
    for (longest, days) in [(366, 367), (7, 8), (7, -1)] {
        assert!(ask(longest, Some(days)).is_err());
    }
}

#[test]
fn a_change_comes_from_our_page_or_not() {
    let ours = "https://nokube.test";
    for (origin, site, may) in [
        (Some(ours), None, true),
        (Some(ours), Some("same-origin"), true),
        (None, Some("same-origin"), true),
        (None, None, false),
        (Some("null"), Some("same-origin"), false),
        (Some("https://nokube.test.evil"), None, false),
        (Some("http://nokube.test"), None, false),
        (Some(ours), Some("same-site"), false),
        (None, Some("none"), false),
    ] {
        assert_eq!(from_our_page(origin, site, ours).is_ok(), may, "{origin:?} {site:?}");
    }
    // A platform that does not know its own address has no page.
    assert!(from_our_page(Some(""), None, "").is_err());
    for (text, fine) in [
        ("/", true),
        ("/a?b=c", true),
        ("//evil.test", false),
        ("/\\evil.test", false),
        ("https://evil.test", false),
        ("", false),
        ("/a\r\nx: y", false),
        ("/é", false),
    ] {
        assert_eq!(local_path(text).is_some(), fine, "{text}");
    }
}

#[test]
fn limits_begin_anew_with_each_window() {
    let begin = 1_800_000_000 / 60 * 60;
    assert_eq!(window(begin), window(begin + 59));
    assert_ne!(window(begin), window(begin + 60));
    assert!(check(3, 3, begin).is_ok() && check(9, 0, begin).is_ok());
    assert_eq!(check(4, 3, begin + 50).unwrap_err().retry_after, Some(10));
}

#[test]
fn addresses_are_bounded_and_without_ports() {
    for (text, told) in [
        ("127.0.0.1:4711", Some("127.0.0.1")),
        ("[2001:db8::1]:80", Some("2001:db8::1")),
        ("10.0.0.1, 192.0.2.7", Some("192.0.2.7")),
        ("<script>", None),
        ("", None),
    ] {
        assert_eq!(address(text).as_deref(), told, "{text}");
    }
}

#[test]
fn sign_ins_before_the_end_are_over() {
    let time = |second| nokube_domain::Timestamp::from_second(second).unwrap();
    let ends = Ends { before: Some(time(10)), blocked: false };
    assert!(ends.leave(time(11)) && !ends.leave(time(10)) && !ends.leave(time(9)));
    assert!(Ends::default().leave(time(1)));
    assert!(!Ends { before: None, blocked: true }.leave(time(1)));
}

#[test]
fn a_sealed_text_is_good_for_one_use_at_one_platform_for_a_time() {
    let keys =
        Keys { issuer: "https://a.test", secret: "one-secret-of-32-bytes-at-least-", previous: "" };
    let begun = Begun { state: "s".into(), to: "/".into() };
    let text = keys.seal(Use::SignIn, &begun, 100, 200).unwrap();
    let open =
        |keys: &Keys<'_>, aud, now| keys.unseal::<Begun>(aud, &text, now).map(|(said, _)| said);
    assert_eq!(open(&keys, Use::SignIn, 199), Ok(begun.clone()));
    assert_eq!(open(&keys, Use::SignIn, 200), Err(Refused::Expired));
    assert_eq!(open(&keys, Use::SignIn, 94), Err(Refused::NotYet));
    assert_eq!(open(&keys, Use::Session, 150), Err(Refused::Elsewhere));
    let elsewhere = Keys { issuer: "https://b.test", ..keys };
    assert_eq!(open(&elsewhere, Use::SignIn, 150), Err(Refused::Elsewhere));
    let rotated =
        Keys { secret: "two-secret-of-32-bytes-at-least-", previous: keys.secret, ..keys };
    assert_eq!(open(&rotated, Use::SignIn, 150), Ok(begun));
    assert!(rotated.is_previous(&text) && !keys.is_previous(&text));
    assert_eq!(rotated.verifier("s", true), keys.verifier("s", false));
    assert_ne!(keys.verifier("s", false), keys.verifier("t", false));
    assert!(keys.verifier("s", false).len() >= 43, "RFC 7636, 4.1");
    let none = Keys { secret: "", previous: "", ..keys };
    assert_eq!(open(&none, Use::SignIn, 150), Err(Refused::NotOurs));
    assert!(none.seal(Use::SignIn, &0, 0, 1).is_err());
}

#[test]
fn secrets_are_of_one_kind_and_shown_on_purpose_only() {
    let secret = Secret::new(API, &[7; 32]);
    let text = secret.reveal().to_owned();
    assert_eq!(Secret::parse(API, &text).unwrap().hash(), secret.hash());
    assert!(Secret::parse(RENEWAL, &text).is_none());
    assert!(Secret::parse(API, &text.to_uppercase()).is_none());
    assert!(Secret::parse(API, &format!("{text}a")).is_none());
    assert!(!format!("{secret:?}").contains(&text[4..]));
}

proptest! {
    #[test]
    fn every_candidate_is_a_username_and_two_people_share_only_the_first(
        login in "[a-z0-9]([a-z0-9]|-[a-z0-9]){0,18}", one in "[a-z0-9]{1,9}", two in "[a-z0-9]{1,9}",
    ) {
        prop_assume!(one != two);
        let login = login.parse().unwrap();
        let person = |subject: &str| Person { issuer: "i".into(), subject: subject.into() };
        let (a, b) = (candidates(&login, &person(&one), true), candidates(&login, &person(&two), true));
        prop_assert_eq!(a.len(), 4);
        prop_assert_eq!(&a[0], &b[0]);
        prop_assert_eq!(candidates(&login, &person(&one), false), &a[1..]);
        for name in &a[2..] {
            prop_assert!(!b.contains(name));
        }
    }
}

#[test]
fn an_operator_is_known_by_the_platforms_secret_for_a_minute() {
    let keys =
        Keys { issuer: "https://a.test", secret: "one-secret-of-32-bytes-at-least-", previous: "" };
    let proof = keys.operator(100).unwrap();
    assert!(keys.is_operator(&proof, 159) && !keys.is_operator(&proof, 160));
    let others = Keys { secret: "two-secret-of-32-bytes-at-least-", ..keys };
    assert!(!others.is_operator(&proof, 100));
    assert!(keys.unseal::<Begun>(Use::SignIn, &proof, 100).is_err());
    assert!(Keys { secret: "", ..keys }.operator(100).is_err());
}
