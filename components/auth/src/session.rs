//! `POST` and `DELETE /api/v1/auth/session`, `DELETE /api/v1/auth/sessions`: renewing a session, and
//! ending all of a person's.
//!
//! What renews a session is read here and nowhere else. A session lives ten minutes, so this is where
//! every session ends whose person has signed out, or may no longer come in.

use crate::begin::{clear, session_cookie};
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, Timestamp, answer::SessionRenewed, session::SignIn, token::Secret,
};
use nokube_edge::{
    Call, Reply, Result, audit,
    auth::AuthSettings,
    now,
    store::{Log, Store},
};

/// Seconds in which having signed out everywhere is told once.
const AGAIN: i64 = 60;

pub async fn renew(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let common = AuthSettings::read().await?;
    let store = Store::open().await?;
    let Some(sign_in) = live(&store, &common, call.renewal()?).await? else {
        let detail = "You are signed out. Sign in again.";
        let problem = Problem::new(ProblemKind::Unauthenticated, detail);
        return Ok(clear(Reply::problem(&problem, call.path_text()), &common));
    };
    let until = sign_in.ends.as_second();
    let (cookie, ends) = session_cookie(&common, &sign_in.identity, until)?;
    let ends = Timestamp::from_second(ends).unwrap_or_default();
    let answer = SessionRenewed {
        login: &sign_in.identity.login,
        expires_at: ends,
        sign_in_ends_at: sign_in.ends,
    };
    Ok(Reply::json(StatusCode::OK, &answer).cookie(&cookie))
}

/// The sign-in that a secret belongs to, if it goes on: three reads.
///
/// # Errors
/// The store failed.
pub async fn live(store: &Store, common: &AuthSettings, secret: &Secret) -> Result<Option<SignIn>> {
    let hash = secret.hash();
    let Some(sign_in) = store.sign_in(&hash).await? else { return Ok(None) };
    let ends = store.ends(&sign_in.identity.person).await?;
    let goes_on =
        sign_in.ends > now() && ends.leave(sign_in.began) && common.still_admits(&sign_in.identity);
    if goes_on {
        return Ok(Some(sign_in));
    }
    store.delete_sign_in(&hash).await?;
    Ok(None)
}

pub async fn sign_out(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let common = AuthSettings::read().await?;
    let store = Store::open().await?;
    let secret = call.renewal()?;
    // One that has ended ends nothing of those that came after it.
    if let Some(sign_in) = live(&store, &common, secret).await? {
        end_all(&store, &sign_in.identity.person).await?;
        store.delete_sign_in(&secret.hash()).await?;
        audit::record_as(&store, &call, &sign_in.identity, "session", "session.end").await?;
    }
    Ok(clear(Reply::empty(StatusCode::NO_CONTENT), &common))
}

pub async fn sign_out_everywhere(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let common = AuthSettings::read().await?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let before = store.ends_before(person).await?;
    end_all(&store, person).await?;
    // Never limited, so one entry a minute is all that it leaves.
    let is_new = before.is_none_or(|at| now().as_second() - at.as_second() >= AGAIN);
    if is_new {
        let log = Log::Person(person.clone());
        audit::record(&store, &call, &log, "session.end", "/api/v1/auth/sessions".into()).await?;
    }
    Ok(clear(Reply::empty(StatusCode::NO_CONTENT), &common))
}

/// Ends every session of a person at its next renewal.
///
/// # Errors
/// The store failed.
pub async fn end_all(store: &Store, person: &Person) -> Result<()> {
    store.set_ends_before(person, now()).await
}
