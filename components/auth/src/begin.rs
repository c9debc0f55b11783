//! The end of every sign-in with GitHub: may they come in, what are they called here, the record that
//! their sessions are renewed by.
//!
//! Writes: the name (the first time), the record, the audit entry. A crash in between leaves a name
//! without a sign-in, which the next sign-in finds.

use crate::{github::standing, settings::Settings};
use nokube_domain::{
    Person, ProblemKind, Timestamp,
    access::{AtGitHub, Caller},
    name::Username,
    session::{Identity, LIFE, SignIn, Use},
    token::{RENEWAL, Secret},
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    auth::{AuthSettings, Cookie},
    blocked, now, people, random_bytes,
    store::Store,
    warn,
};
use nokube_github::oauth::{OAuth, UserToken};
use serde::Serialize;

/// A sign-in that has come to its end.
pub struct Begun {
    pub identity: Identity,
    pub renewal: Secret,
    /// Seconds that it lasts.
    pub lasts: i64,
}

/// # Errors
/// 403 for somebody who may not come in.
pub async fn begin(
    call: &Call,
    settings: &Settings,
    oauth: &OAuth,
    token: &UserToken,
) -> Result<Begun> {
    let common = AuthSettings::read().await?;
    let store = Store::open().await?;
    let (login, standing) = standing(&store, oauth, &common.lists, token).await?;
    let refuse = |detail: String| Failure::problem(ProblemKind::Forbidden, detail);
    if !common.lists.admit(&standing) {
        let detail = if common.lists.has_login(&login) && standing.login.is_empty() {
            format!(
                "The login {login} was another account's when it first signed in here. The \
                 platform's administrator can list yours as id:{}.",
                standing.account
            )
        } else {
            format!("{login} may not sign in here. The platform's administrator lists who may.")
        };
        warn(format_args!(
            "{login} (account {}) was not let in: no list names them",
            standing.account
        ));
        return Err(refuse(detail));
    }
    let login: Username = login.parse().map_err(|_| {
        refuse(
            "Logins with other characters than letters, digits and hyphens cannot sign in.".into(),
        )
    })?;
    let person = Person { issuer: common.github.clone(), subject: standing.account.to_string() };
    let at_github = AtGitHub::Account(standing.account);
    let identity = Identity { person, login, at_github, standing: Some(standing) };

    if store.is_blocked(&identity.person).await? {
        return Err(blocked());
    }
    let caller = Caller { person: identity.person.clone(), login: identity.login.clone() };
    people::username(&store, &caller, at_github).await?;
    let renewal = Secret::new(RENEWAL, &random_bytes()?);
    let began = now();
    let ends = Timestamp::from_second(began.as_second() + settings.lasts).unwrap_or(began);
    let record = SignIn { identity: identity.clone(), began, ends };
    store.set_sign_in(&renewal.hash(), &record).await?;
    audit::record_as(&store, call, &identity, "github", "session.begin").await?;
    Ok(Begun { identity, renewal, lasts: settings.lasts })
}

/// A session's cookie for somebody.
///
/// # Errors
/// Sessions are not set up.
pub fn session_cookie(
    common: &AuthSettings,
    identity: &Identity,
    until: i64,
) -> Result<(String, i64)> {
    let (text, ends) = seal(common, Use::Session, identity, until)?;
    let seconds = ends - now().as_second();
    Ok((Cookie::Session.set(common, &text, seconds), ends))
}

/// A signed text of ours for somebody, and the second at which it ends: `until` at the latest.
///
/// # Errors
/// Sessions are not set up.
pub fn seal(
    common: &AuthSettings,
    aud: Use,
    says: &impl Serialize,
    until: i64,
) -> Result<(String, i64)> {
    let second = now().as_second();
    let ends = until.min(second + LIFE);
    let text = common.keys().seal(aud, says, second, ends);
    let text = text.map_err(|_| {
        let detail = "Sessions are not set up here. /ready says what is missing.";
        Failure::problem(ProblemKind::Misconfigured, detail)
    })?;
    Ok((text, ends))
}

/// Takes every cookie of ours away.
pub fn clear(reply: Reply, common: &AuthSettings) -> Reply {
    let cookies = [Cookie::Session, Cookie::Renewal, Cookie::SignIn];
    cookies.into_iter().fold(reply, |reply, cookie| reply.cookie(&cookie.clear(common)))
}
