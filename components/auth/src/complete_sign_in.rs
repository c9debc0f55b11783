//! The last step of every sign-in with GitHub: check the allowlist, assign a username, store the sign-in.
//!
//! Writes the username (the first time), the sign-in, its time and an audit entry. A crash in between leaves a
//! username without a sign-in, which the next sign-in uses.

use crate::{github::fetch_membership, settings::Settings};
use nokube_domain::{
    Person, ProblemKind, Timestamp,
    access::{Caller, GitHubIdentity},
    session::{Identity, SignInRecord},
    token::{OpaqueToken, REFRESH_TOKEN_PREFIX},
};
use nokube_edge::{
    Call, Error, Result, audit,
    auth::{AuthSettings, blocked_error},
    now, random_bytes,
    store::{Store, keys},
    usernames, warn,
};
use nokube_github::oauth::{OAuth, UserToken};

pub struct CompletedSignIn {
    pub identity: Identity,
    pub refresh_token: OpaqueToken,
    /// Seconds until it expires.
    pub lifetime: i64,
}

/// # Errors
/// 403 for a person who may not sign in.
pub async fn complete_sign_in(
    call: &Call,
    settings: &Settings,
    oauth: &OAuth,
    user_token: &UserToken,
) -> Result<CompletedSignIn> {
    let auth_settings = AuthSettings::load().await?;
    let allowlist = &auth_settings.allowlist;
    let store = Store::open().await?;
    let (login, membership) = fetch_membership(&store, oauth, allowlist, user_token).await?;
    let account = membership.account;
    let forbidden = |detail: String| Error::problem(ProblemKind::Forbidden, detail);
    if !allowlist.allows_sign_in(&membership) {
        warn(format_args!("{login} (account {account}) may not sign in: not on the allowlist"));
        let detail = if allowlist.lists_login(login.as_str()) && membership.login.is_empty() {
            format!(
                "The login {login} belonged to another account when it was first used here. The \
                 platform's administrator can allow your account as id:{account}."
            )
        } else {
            format!("{login} may not sign in here. The platform's administrator decides who may.")
        };
        return Err(forbidden(detail));
    }
    let identity = Identity {
        person: Person {
            issuer: auth_settings.github_issuer.clone(),
            subject: account.to_string(),
        },
        login,
        github_identity: GitHubIdentity::Account(account),
        github_membership: Some(membership),
    };
    if store.is_blocked(&identity.person).await? {
        return Err(blocked_error());
    }
    let caller = Caller { person: identity.person.clone(), login: identity.login.clone() };
    usernames::ensure_username(&store, &caller, identity.github_identity).await?;
    let refresh_token = OpaqueToken::from_random_bytes(REFRESH_TOKEN_PREFIX, &random_bytes()?);
    let lifetime = settings.sign_in_seconds;
    let signed_in_at = now();
    let expires_at =
        Timestamp::from_second(signed_in_at.as_second() + lifetime).unwrap_or(signed_in_at);
    let record = SignInRecord { identity: identity.clone(), signed_in_at, expires_at };
    store.set(keys::sign_in(&refresh_token.hash()), &record).await?;
    store.set(keys::last_sign_in(&identity.person), &signed_in_at).await?;
    audit::record_as(&store, call, &identity, "github", "session.begin").await?;
    Ok(CompletedSignIn { identity, refresh_token, lifetime })
}
