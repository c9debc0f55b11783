//! `POST` and `DELETE /api/v1/auth/session`, `DELETE /api/v1/auth/sessions`: renew a session, sign out.

use crate::sessions::{active_sign_in, clear_cookies, issue_session_cookie, revoke_sessions};
use http::StatusCode;
use nokube_domain::{Problem, ProblemKind, Timestamp, responses::SessionRenewed};
use nokube_edge::{
    Call, Reply, Result, audit,
    auth::AuthSettings,
    now,
    store::{AuditLog, Store, WindowName, keys},
};

/// Seconds in which signing out everywhere again adds no second audit entry.
const AUDIT_INTERVAL: i64 = 60;

pub async fn renew(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let settings = AuthSettings::load().await?;
    let store = Store::open().await?;
    let hash = call.refresh_token()?.hash();
    let Some(sign_in) = active_sign_in(&store, &settings, &hash).await? else {
        let detail = "You are signed out. Sign in again.";
        let problem = Problem::new(ProblemKind::Unauthenticated, detail);
        return Ok(clear_cookies(Reply::problem(&problem, call.path()), &settings));
    };
    let max_expiry = sign_in.expires_at.as_second();
    let (cookie, expires_at) = issue_session_cookie(&settings, &sign_in.identity, max_expiry)?;
    let response = SessionRenewed {
        login: &sign_in.identity.login,
        expires_at: Timestamp::from_second(expires_at).unwrap_or_default(),
        sign_in_ends_at: sign_in.expires_at,
    };
    Ok(Reply::json(StatusCode::OK, &response).cookie(&cookie))
}

pub async fn sign_out(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let settings = AuthSettings::load().await?;
    let store = Store::open().await?;
    let hash = call.refresh_token()?.hash();
    // An expired sign-in must not end the sessions of a newer one.
    if let Some(sign_in) = active_sign_in(&store, &settings, &hash).await? {
        revoke_sessions(&store, &sign_in.identity.person).await?;
        store.delete(keys::sign_in(&hash)).await?;
        audit::record_as(&store, &call, &sign_in.identity, "session", "session.end").await?;
    }
    Ok(clear_cookies(Reply::empty(StatusCode::NO_CONTENT), &settings))
}

pub async fn sign_out_everywhere(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let settings = AuthSettings::load().await?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let revoked_before = store.get(keys::sessions_revoked_at(person)).await?;
    revoke_sessions(&store, person).await?;
    // This route has no rate limit, so the number of its audit entries is limited instead.
    let is_due = revoked_before
        .is_none_or(|revoked| now().as_second() - revoked.as_second() >= AUDIT_INTERVAL);
    if is_due && store.is_first(&WindowName::sign_out(person), revoked_before).await? {
        let log = AuditLog::Person(person.clone());
        audit::record(&store, &call, &log, "session.end", "/api/v1/auth/sessions".into()).await?;
    }
    Ok(clear_cookies(Reply::empty(StatusCode::NO_CONTENT), &settings))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn renew() -> Operation {
        Operation::new("renewSession", "Renew the session")
            .description(
                "A session expires after ten minutes. This sets a new session cookie, until the \
                 sign-in itself expires.",
            )
            .json_response::<SessionRenewed<'_>>(
                200,
                "The session was renewed.",
                json!({
                    "login": "testuser", "expires_at": "2025-08-18T10:40:00Z",
                    "sign_in_ends_at": "2025-08-25T10:30:00Z",
                }),
            )
            .response_header("Set-Cookie")
            .empty_response(401, "You are signed out. The cookies are deleted.")
            .response_header("Set-Cookie")
    }

    pub fn sign_out() -> Operation {
        Operation::new("signOut", "Sign out")
            .description(
                "Ends all sessions of the user, in all browsers and command-line programs. API \
                 tokens stay valid.",
            )
            .empty_response(204, "Signed out.")
            .response_header("Set-Cookie")
    }

    pub fn sign_out_everywhere() -> Operation {
        Operation::new("signOutEverywhere", "Sign out everywhere")
            .description("Like `DELETE /api/v1/auth/session`, for a caller with a bearer token.")
            .empty_response(204, "Signed out.")
            .response_header("Set-Cookie")
    }
}
