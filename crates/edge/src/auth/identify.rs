//! Who is calling: an outside issuer's token, a token of ours, an API token, or a session's cookie.
//!
//! A token costs no read, an API token one (`y`), or two and a write at its first use of a day.

use super::{AuthSettings, Cookie, Cookies};
use crate::{Failure, Result, now, store::Store};
use http::{HeaderMap, Method};
use nokube_domain::{
    Person, Problem, ProblemKind,
    access::{AtGitHub, Caller, Demand, Proof, Via, admit},
    jwt::{self, Refused},
    name::Username,
    origin::from_our_page,
    scope::{Scope, Scopes},
    session::{Bearer, Identity, Use},
    token::{self, DayPass, Hash, Secret, TokenRecord, day},
};

fn unauthenticated(detail: impl Into<String>) -> Failure {
    Problem::new(ProblemKind::Unauthenticated, detail).into()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The caller, and by what they have proven who they are. Headers prove nothing else: `X-User` and
/// all that begin with `spin-` are the client's to write.
///
/// # Errors
/// 401 with what is wrong, and nothing that tells a forger more than that; 403 for a change that
/// comes with a cookie from another page.
pub async fn identify(method: &Method, headers: &HeaderMap) -> Result<(Caller, Proof)> {
    let settings = AuthSettings::read().await?;
    if headers.contains_key(http::header::AUTHORIZATION) {
        let mut values = headers.get_all(http::header::AUTHORIZATION).iter();
        let one = values.next().and_then(|value| value.to_str().ok());
        let token = one
            .filter(|_| values.next().is_none())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        return match token {
            Some(token) if token.starts_with(token::API) => api_token(&settings, token).await,
            Some(token) => bearer(&settings, token),
            None => Err(unauthenticated("Send one bearer token: 'Authorization: Bearer …'.")),
        };
    }
    let Some(cookie) = Cookies::of(headers).get(Cookie::Session, &settings) else {
        return Err(unauthenticated("Sign in, or send a bearer token: 'Authorization: Bearer …'."));
    };
    check_page(&settings, method, headers)?;
    session(&settings, cookie)
}

/// Who asks at a public route that tells operators more than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onlooker {
    Stranger,
    /// An administrator's API token: a machine, which asks again and again.
    Machine,
    /// Somebody who has the platform's own secret, or an administrator.
    Operator,
}

/// Whatever comes along and proves nothing is not refused: it is a stranger's.
pub async fn onlooker(headers: &HeaderMap) -> Onlooker {
    let Ok(settings) = AuthSettings::read().await else { return Onlooker::Stranger };
    let proof = header(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    if proof.is_some_and(|text| settings.operator_keys().is_operator(text, now().as_second())) {
        return Onlooker::Operator;
    }
    let Ok((caller, proof)) = identify(&Method::GET, headers).await else {
        return Onlooker::Stranger;
    };
    let Ok(store) = Store::open().await else { return Onlooker::Stranger };
    let may = admit(&proof, Demand::Administrator(Scope::Metrics)).is_ok();
    match (may && matches!(store.is_blocked(&caller.person).await, Ok(false)), proof.via) {
        (false, _) => Onlooker::Stranger,
        (true, Via::Token(_)) => Onlooker::Machine,
        (true, _) => Onlooker::Operator,
    }
}

/// What a browser renews its session with.
///
/// # Errors
/// 401 without it; 403 when another page sends it.
pub async fn renewal(method: &Method, headers: &HeaderMap) -> Result<Secret> {
    let settings = AuthSettings::read().await?;
    let cookie = Cookies::of(headers).get(Cookie::Renewal, &settings);
    let secret = cookie.and_then(|text| Secret::parse(token::RENEWAL, text));
    let secret = secret.ok_or_else(|| unauthenticated("You are not signed in."))?;
    check_page(&settings, method, headers)?;
    Ok(secret)
}

fn check_page(settings: &AuthSettings, method: &Method, headers: &HeaderMap) -> Result<()> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let (origin, site) = (header(headers, "origin"), header(headers, "sec-fetch-site"));
    Ok(from_our_page(origin, site, &settings.platform)?)
}

fn session(settings: &AuthSettings, cookie: &str) -> Result<(Caller, Proof)> {
    let opened = settings.keys().unseal::<Identity>(Use::Session, cookie, now().as_second());
    let (identity, ends) = opened.map_err(|refused| {
        unauthenticated(match refused {
            Refused::Expired => "The session has run out: renew it with POST /api/v1/auth/session.",
            _ => "The session is not one of this platform's. Sign in again.",
        })
    })?;
    Ok(known(settings, identity, Via::Session, Scopes::all(), ends))
}

fn known(
    settings: &AuthSettings,
    identity: Identity,
    via: Via,
    scopes: Scopes,
    ends: i64,
) -> (Caller, Proof) {
    let Identity { person, login, at_github, standing } = identity;
    // An API token is no key to the platform all the same: what only administrators may needs the scope
    // `account`, which no token has, or `metrics`.
    let administrator = settings.is_administrator(&person, standing.as_ref(), at_github);
    (Caller { person, login }, Proof { via, scopes, at_github, administrator, ends, standing })
}

/// A token that we or an outside issuer signed. Which of the two is decided by the key that fits;
/// the algorithm is HS256 whatever the token says.
fn bearer(settings: &AuthSettings, token: &str) -> Result<(Caller, Proof)> {
    let again = |refused: Refused| unauthenticated(format!("Sign in again: {refused}."));
    let second = now().as_second();
    match settings.keys().unseal::<Bearer>(Use::Bearer, token, second) {
        Ok((Bearer { identity, scopes }, ends)) => {
            return Ok(known(settings, identity, Via::Bearer, scopes, ends));
        }
        Err(Refused::NotOurs) => {}
        Err(refused) => return Err(again(refused)),
    }
    let Some(issuer) = &settings.issuer else { return Err(again(Refused::NotOurs)) };
    let expected = jwt::Expected {
        secret: issuer.secret.as_bytes(),
        issuer: &issuer.name,
        audience: &issuer.audience,
        leeway: settings.leeway,
        now: second,
    };
    let claims = jwt::verify(token, &expected).map_err(again)?;
    let login: Username = claims
        .sub
        .parse()
        .map_err(|error| unauthenticated(format!("The token's subject {error}.")))?;
    // The canonical spelling is the identity. Of subjects that are no logins, two may differ by case
    // alone and be two people: then only the canonical one is let in.
    if !settings.logins && claims.sub != login.as_str() {
        return Err(unauthenticated("The token's subject must be in lower case."));
    }
    let person = Person { issuer: claims.iss, subject: login.to_string() };
    let at_github = if settings.logins { AtGitHub::Login } else { AtGitHub::Nobody };
    let identity = Identity { person, login, at_github, standing: None };
    Ok(known(settings, identity, Via::Issuer, Scopes::all(), claims.exp))
}

async fn api_token(settings: &AuthSettings, text: &str) -> Result<(Caller, Proof)> {
    let refused = || unauthenticated("The API token does not exist, was revoked or has expired.");
    let secret = Secret::parse(token::API, text).ok_or_else(refused)?;
    let store = Store::open().await?;
    let record = live_token(&store, &secret.hash()).await?.ok_or_else(refused)?;
    // The end, and who may come in, are looked at each time: both may have changed since.
    if record.expires_at <= now() || !settings.still_admits(&record.identity) {
        return Err(refused());
    }
    let TokenRecord { identity, name, scopes, expires_at, .. } = record;
    Ok(known(settings, identity, Via::Token(name), scopes, expires_at.as_second()))
}

/// The record of a token that has not been revoked.
///
/// A use writes a pass for the day and then looks whether the record still stands; revoking takes the
/// record away and then the pass. Whatever order these four come in, a pass does not outlive its
/// record; if the instance dies between the two, it does until the end of the day.
async fn live_token(store: &Store, hash: &Hash) -> Result<Option<TokenRecord>> {
    let today = day(now());
    if let Some(pass) = store.day_pass(hash).await?.filter(|pass| pass.day == today) {
        return Ok(Some(pass.token));
    }
    let Some(record) = store.token(hash).await? else { return Ok(None) };
    store.set_day_pass(hash, &DayPass { day: today, token: record.clone() }).await?;
    if store.token(hash).await?.is_none() {
        store.delete_day_pass(hash).await?;
        return Ok(None);
    }
    Ok(Some(record))
}
