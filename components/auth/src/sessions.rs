//! Sessions: signed session cookies and bearer tokens, and the sign-ins that renew them.

use nokube_domain::{
    Person, ProblemKind,
    session::{Identity, Purpose, SESSION_LIFETIME, SignInRecord},
    token::TokenHash,
};
use nokube_edge::{
    Error, Reply, Result,
    auth::{AuthSettings, Cookie},
    now,
    store::{Store, keys},
};
use serde::Serialize;

/// Signs `payload` for `purpose`. Returns the token and the second at which it expires: after
/// [`SESSION_LIFETIME`], but at `max_expiry` at the latest.
pub fn sign(
    settings: &AuthSettings,
    purpose: Purpose,
    payload: &impl Serialize,
    max_expiry: i64,
) -> Result<(String, i64)> {
    let second = now().as_second();
    let expires_at = max_expiry.min(second + SESSION_LIFETIME);
    let token = settings.keys().sign(purpose, payload, second, expires_at);
    let token = token.map_err(|_| {
        let detail = "Sessions are not set up here. /ready says what is missing.";
        Error::problem(ProblemKind::Misconfigured, detail)
    })?;
    Ok((token, expires_at))
}

/// The value of a `Set-Cookie` header with a new session, and the second at which the session expires.
pub fn issue_session_cookie(
    settings: &AuthSettings,
    identity: &Identity,
    max_expiry: i64,
) -> Result<(String, i64)> {
    let (token, expires_at) = sign(settings, Purpose::Session, identity, max_expiry)?;
    let max_age = expires_at - now().as_second();
    Ok((Cookie::Session.set(settings, &token, max_age), expires_at))
}

/// Deletes all of the platform's cookies in the browser.
pub fn clear_cookies(reply: Reply, settings: &AuthSettings) -> Reply {
    let cookies = [Cookie::Session, Cookie::RefreshToken, Cookie::SignIn];
    cookies.into_iter().fold(reply, |reply, cookie| reply.cookie(&cookie.clear(settings)))
}

/// The sign-in whose refresh token has this hash, if it is still valid: three reads. Deletes it otherwise.
///
/// Sessions and bearer tokens live ten minutes. So this is where they end for a person who has signed out,
/// was blocked, or is not on the allowlist any more.
pub async fn active_sign_in(
    store: &Store,
    settings: &AuthSettings,
    hash: &TokenHash,
) -> Result<Option<SignInRecord>> {
    let Some(sign_in) = store.get(keys::sign_in(hash)).await? else { return Ok(None) };
    let revocation = store.access_revocation(&sign_in.identity.person).await?;
    let is_active = sign_in.expires_at > now()
        && revocation.allows_session(sign_in.signed_in_at)
        && settings.is_still_allowed(&sign_in.identity);
    if is_active {
        return Ok(Some(sign_in));
    }
    store.delete(keys::sign_in(hash)).await?;
    Ok(None)
}

/// Revokes all of a person's sessions. Each ends when it would be renewed.
pub async fn revoke_sessions(store: &Store, person: &Person) -> Result<()> {
    store.set(keys::sessions_revoked_at(person), &now()).await
}
