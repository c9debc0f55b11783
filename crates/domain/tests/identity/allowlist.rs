//! Who may sign in, and who is an administrator.

use crate::person;
use nokube_domain::{
    access::GitHubIdentity,
    allowlist::{Allowlist, AllowlistSettings, GitHubMembership},
};

fn membership(account: u64, login: &str) -> GitHubMembership {
    GitHubMembership { account, login: login.into(), ..GitHubMembership::default() }
}

#[test]
fn an_allowlist_admits_listed_logins_accounts_organisations_and_teams() {
    assert!(!Allowlist::default().allows_sign_in(&membership(1, "alice")));
    let settings = AllowlistSettings {
        users: "Alice, id:7".into(),
        organisations: "Acme".into(),
        teams: "acme/Ops".into(),
        administrators: "root, jwt:ops".into(),
    };
    let allowlist = Allowlist::parse(&settings).unwrap();
    let member = |organisations: &[&str], teams: &[&str]| GitHubMembership {
        organisations: organisations.iter().map(|&name| name.into()).collect(),
        teams: teams.iter().map(|&name| name.into()).collect(),
        ..membership(2, "bob")
    };
    for (membership, expected) in [
        (membership(1, "alice"), true),
        (membership(7, "anybody"), true),
        (membership(1, "root"), true),
        (membership(1, "ops"), false),
        (membership(1, "alic"), false),
        (member(&["acme"], &[]), true),
        (member(&[], &["acme/ops"]), true),
        (member(&["other"], &["acme/dev"]), false),
    ] {
        assert_eq!(allowlist.allows_sign_in(&membership), expected, "{membership:?}");
    }
    let invalid = AllowlistSettings {
        users: "a b, id:x, x:1".into(),
        organisations: "a/b".into(),
        teams: "ops".into(),
        administrators: "-".into(),
    };
    let errors = Allowlist::parse(&invalid).unwrap_err();
    assert_eq!(errors.len(), 6, "{errors:?}");
}

#[test]
fn a_listed_login_does_not_admit_a_later_account_with_that_login() {
    let allowlist = Allowlist::parse(&AllowlistSettings {
        users: "alice, id:7".into(),
        teams: "acme/ops".into(),
        administrators: "Root".into(),
        ..AllowlistSettings::default()
    });
    let allowlist = allowlist.unwrap();
    assert!(allowlist.lists_login("alice") && allowlist.lists_login("root"));
    assert!(!allowlist.lists_login("7"));
    assert!(!allowlist.lists_login("acme/ops") && !allowlist.lists_login(""));
    assert!(allowlist.describe().contains("id:NUMBER"));
    // The login of a later account is left empty; only its number can match.
    assert!(!allowlist.allows_sign_in(&membership(8, "")));
    assert!(allowlist.allows_sign_in(&membership(7, "")));
    let by_number =
        AllowlistSettings { administrators: "id:7".into(), ..AllowlistSettings::default() };
    assert!(!Allowlist::parse(&by_number).unwrap().describe().contains("id:NUMBER"));
}

#[test]
fn an_administrator_at_one_issuer_is_not_one_at_another() {
    let settings = AllowlistSettings {
        administrators: "root, jwt:ops".into(),
        ..AllowlistSettings::default()
    };
    let allowlist = Allowlist::parse(&settings).unwrap();
    let github = membership(5, "root");
    let account = GitHubIdentity::Account(5);
    let root_at_github = person("https://github.com", "5");
    assert!(allowlist.is_administrator(&root_at_github, Some(&github), account));
    assert!(allowlist.is_administrator(&person("jwt", "ops"), None, GitHubIdentity::Login));
    assert!(!allowlist.is_administrator(&person("jwt", "root"), None, GitHubIdentity::Login));
    let named_ops = membership(6, "ops");
    let account = GitHubIdentity::Account(6);
    assert!(!allowlist.is_administrator(&person("g", "6"), Some(&named_ops), account));
}
