//! Which routes a credential's scopes allow.

use nokube_domain::{
    access::{
        AccessPolicy, AuthMethod, Credential, GitHubIdentity, Role, authorize_credential,
        authorize_role_assignment,
    },
    scope::{Scope, Scopes},
    session::BearerToken,
};

fn credential(scopes: Scopes) -> Credential {
    Credential {
        auth_method: AuthMethod::Token("ci".into()),
        scopes,
        github_identity: GitHubIdentity::Unknown,
        is_administrator: false,
        expires_at: 0,
        github_membership: None,
    }
}

#[test]
fn a_scope_allows_itself_and_build_and_deploy_allow_reading() {
    let policy = |scope| AccessPolicy::Role(Role::Viewer, scope);
    let all = [
        Scope::Read,
        Scope::Build,
        Scope::Deploy,
        Scope::Projects,
        Scope::Metrics,
        Scope::Reconcile,
        Scope::Account,
    ];
    for (scope, allowed) in [
        (Scope::Read, [true, false, false, false, false, false, false]),
        (Scope::Build, [true, true, false, false, false, false, false]),
        (Scope::Deploy, [true, false, true, false, false, false, false]),
        (Scope::Projects, [false, false, false, true, false, false, false]),
        (Scope::Metrics, [false, false, false, false, true, false, false]),
        (Scope::Reconcile, [false, false, false, false, false, true, false]),
        (Scope::Account, [false; 7]),
    ] {
        let api_token = credential(Scopes::for_api_token([scope]));
        let actual = all.map(|scope| authorize_credential(&api_token, policy(scope)).is_ok());
        assert_eq!(actual, allowed, "{scope}");
        assert!(authorize_credential(&api_token, AccessPolicy::Authenticated).is_ok());
        let owner_or_administrator = AccessPolicy::RoleOrAdministrator(Role::Owner);
        assert!(authorize_credential(&api_token, owner_or_administrator).is_err(), "audit logs");
    }
    let signed_in = credential(Scopes::all());
    assert!(all.iter().all(|scope| authorize_credential(&signed_in, policy(*scope)).is_ok()));
    let administrators_only = AccessPolicy::Administrator(Scope::Account);
    assert!(authorize_credential(&signed_in, administrators_only).is_err());
    let administrator = Credential { is_administrator: true, ..signed_in };
    assert!(authorize_credential(&administrator, administrators_only).is_ok());
}

#[test]
fn a_client_can_request_fewer_scopes() {
    let parse = |text: &str| Scopes::parse_subset(text).map(|scopes| scopes.to_string());
    assert_eq!(parse(" deploy  read read "), Ok("read deploy".into()));
    assert_eq!(parse("account build"), Ok("build account".into()));
    for invalid in ["", " ", "Read", "read,build", "read openid"] {
        assert!(parse(invalid).is_err(), "{invalid}");
    }
    let bearer = r#"{"person":{"issuer":"i","subject":"s"},"login":"a","at_github":"nobody"}"#;
    let bearer: BearerToken = serde_json::from_str(bearer).unwrap();
    assert_eq!(bearer.scopes, Scopes::all(), "a token issued before tokens had scopes");
}

/// Sessions and bearer tokens that were issued before there was the scope `projects`, and scopes that clients ask for.
#[test]
fn account_includes_projects() {
    let earlier = r#"["read", "build", "deploy", "metrics", "reconcile", "account"]"#;
    let earlier: Scopes = serde_json::from_str(earlier).unwrap();
    let only_account = Scopes::parse_subset("account").unwrap();
    for scopes in [earlier, only_account, Scopes::parse_subset("projects").unwrap()] {
        assert!(scopes.allows(Scope::Projects), "{scopes}");
    }
    assert!(!Scopes::parse_subset("projects read build deploy").unwrap().allows(Scope::Account));
}

#[test]
fn who_makes_somebody_a_member_can_do_what_they_can() {
    let may_assign = |scopes: &str, role| {
        let credential = credential(Scopes::parse_subset(scopes).unwrap());
        authorize_role_assignment(&credential, role).is_ok()
    };
    assert!(!may_assign("projects", Role::Viewer), "a viewer can read");
    assert!(!may_assign("projects", Role::Developer));
    for scopes in ["projects read", "projects build", "projects deploy"] {
        assert!(may_assign(scopes, Role::Viewer), "{scopes}");
        assert!(!may_assign(scopes, Role::Developer), "{scopes}");
    }
    for scopes in ["projects build deploy", "account"] {
        assert!(may_assign(scopes, Role::Developer), "{scopes}");
    }
}

#[test]
fn only_reads_within_a_project_skip_the_blocklist() {
    let read = AccessPolicy::Role(Role::Viewer, Scope::Read);
    assert!(!read.checks_blocklist(true) && read.checks_blocklist(false));
    for policy in [
        AccessPolicy::SignedIn(Scope::Read),
        AccessPolicy::RoleOrAdministrator(Role::Owner),
        AccessPolicy::Administrator(Scope::Account),
    ] {
        assert!(policy.checks_blocklist(true) && policy.checks_blocklist(false), "{policy:?}");
    }
}
