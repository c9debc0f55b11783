//! Which routes a credential's scopes allow.

use nokube_domain::{
    access::{AccessPolicy, AuthMethod, Credential, GitHubIdentity, Role, authorize_credential},
    scope::{Scope, Scopes},
    session::BearerToken,
};

#[test]
fn a_scope_allows_itself_and_build_and_deploy_allow_reading() {
    let credential = |scopes: Scopes| Credential {
        auth_method: AuthMethod::Token("ci".into()),
        scopes,
        github_identity: GitHubIdentity::Unknown,
        is_administrator: false,
        expires_at: 0,
        github_membership: None,
    };
    let policy = |scope| AccessPolicy::Role(Role::Viewer, scope);
    let all = [
        Scope::Read,
        Scope::Build,
        Scope::Deploy,
        Scope::Metrics,
        Scope::Reconcile,
        Scope::Account,
    ];
    for (scope, allowed) in [
        (Scope::Read, [true, false, false, false, false, false]),
        (Scope::Build, [true, true, false, false, false, false]),
        (Scope::Deploy, [true, false, true, false, false, false]),
        (Scope::Metrics, [false, false, false, true, false, false]),
        (Scope::Reconcile, [false, false, false, false, true, false]),
        (Scope::Account, [false; 6]),
    ] {
        let api_token = credential(Scopes::for_api_token([scope]));
        let actual = all.map(|scope| authorize_credential(&api_token, policy(scope)).is_ok());
        assert_eq!(actual, allowed, "{scope}");
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
