//! Identifies the caller by their credential: a bearer token of the JWT issuer or of the platform, an API
//! token, or the session cookie.
//!
//! Costs no read, except for an API token: one, or two and a write at its first use of a day.

use super::{cookies::Cookie, settings::AuthSettings, verified_tokens};
use crate::{
    error::{Error, Result},
    host::now,
    store::{Store, keys},
};
use http::{HeaderMap, Method};
use nokube_domain::{
    Person, Problem, ProblemKind,
    access::{AuthMethod, Caller, Credential, GitHubIdentity},
    jwt::{self, JwtError},
    name::Login,
    origin::{check_reader, check_same_origin},
    scope::Scopes,
    session::{BearerToken, Identity, Purpose},
    token::{self, DailyTokenRecord, OpaqueToken, TokenHash, TokenRecord, utc_day},
};

fn unauthenticated(detail: impl Into<String>) -> Error {
    Problem::new(ProblemKind::Unauthenticated, detail).into()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The caller and their credential. No other headers identify anybody: a client can send `X-User` and
/// headers that begin with `spin-` itself.
///
/// # Errors
/// 401 with a reason that does not help a forger; 403 for what another site's page sends with a cookie.
pub async fn identify(method: &Method, headers: &HeaderMap) -> Result<(Caller, Credential)> {
    let settings = AuthSettings::load().await?;
    if headers.contains_key(http::header::AUTHORIZATION) {
        return match bearer_token(headers) {
            Some(token) if token.starts_with(token::API_TOKEN_PREFIX) => {
                identify_by_api_token(&settings, token).await
            }
            Some(token) => identify_once(Purpose::Bearer, token, |now| {
                identify_by_bearer_token(&settings, token, now)
            }),
            None => Err(unauthenticated("Send one bearer token: 'Authorization: Bearer …'.")),
        };
    }
    let Some(cookie) = Cookie::Session.get(headers, &settings) else {
        return Err(unauthenticated("Sign in, or send a bearer token: 'Authorization: Bearer …'."));
    };
    check_csrf(&settings, method, headers)?;
    identify_once(Purpose::Session, cookie, |now| identify_by_session(&settings, cookie, now))
}

/// The bearer token of a request (RFC 6750, section 2.1). With two `Authorization` headers there is none.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(http::header::AUTHORIZATION).iter();
    let first = values.next()?.to_str().ok().filter(|_| values.next().is_none())?;
    let (scheme, token) = first.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whom a token identifies, and until when (exclusive, in seconds since 1970).
type Identified = ((Caller, Credential), i64);

/// Identifies by `identify`, unless this instance has already verified the token.
fn identify_once(
    purpose: Purpose,
    token: &str,
    identify: impl FnOnce(i64) -> Result<Identified>,
) -> Result<(Caller, Credential)> {
    let now = now().as_second();
    if let Some(found) = verified_tokens::find(purpose, token, now) {
        return Ok(found);
    }
    let (identified, expires_at) = identify(now)?;
    verified_tokens::remember(purpose, token, now..expires_at, &identified);
    Ok(identified)
}

/// The token that renews the session, from its cookie.
///
/// # Errors
/// 401 without it; 403 when another site's page sends it.
pub async fn refresh_token(method: &Method, headers: &HeaderMap) -> Result<OpaqueToken> {
    let settings = AuthSettings::load().await?;
    let cookie = Cookie::RefreshToken.get(headers, &settings);
    let token = cookie.and_then(|text| OpaqueToken::parse(token::REFRESH_TOKEN_PREFIX, text));
    let token = token.ok_or_else(|| unauthenticated("You are not signed in."))?;
    check_csrf(&settings, method, headers)?;
    Ok(token)
}

/// Rejects what another site's page sends with the browser's cookies.
fn check_csrf(settings: &AuthSettings, method: &Method, headers: &HeaderMap) -> Result<()> {
    let site = header(headers, "sec-fetch-site");
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(check_reader(site, header(headers, "sec-fetch-dest"))?);
    }
    let origin = header(headers, "origin");
    Ok(check_same_origin(origin, site, &settings.platform_origin)?)
}

fn identify_by_session(settings: &AuthSettings, cookie: &str, now: i64) -> Result<Identified> {
    let verified = settings.keys().verify::<Identity>(Purpose::Session, cookie, now);
    let (identity, expires_at) = verified.map_err(|error| {
        unauthenticated(match error {
            JwtError::Expired => {
                "The session has run out: renew it with POST /api/v1/auth/session."
            }
            _ => "The session is not one of this platform's. Sign in again.",
        })
    })?;
    let identified = identified(settings, identity, AuthMethod::Session, Scopes::all(), expires_at);
    Ok((identified, expires_at))
}

fn identified(
    settings: &AuthSettings,
    identity: Identity,
    auth_method: AuthMethod,
    scopes: Scopes,
    expires_at: i64,
) -> (Caller, Credential) {
    let Identity { person, login, github_identity, github_membership } = identity;
    // This does not make an administrator's API token all-powerful: routes for administrators need the scope
    // `account`, which no API token has, `metrics` or `reconcile`.
    let is_administrator =
        settings.is_administrator(&person, github_membership.as_ref(), github_identity);
    let credential = Credential {
        auth_method,
        scopes,
        github_identity,
        is_administrator,
        expires_at,
        github_membership,
    };
    (Caller { person, login }, credential)
}

/// A token that the platform or the JWT issuer signed. The key that verifies it decides which of the two;
/// the algorithm is HS256 whatever the token says.
fn identify_by_bearer_token(settings: &AuthSettings, token: &str, now: i64) -> Result<Identified> {
    let sign_in_again = |error: JwtError| unauthenticated(format!("Sign in again: {error}."));
    match settings.keys().verify::<BearerToken>(Purpose::Bearer, token, now) {
        Ok((BearerToken { identity, scopes }, expires_at)) => {
            let identified = identified(settings, identity, AuthMethod::Bearer, scopes, expires_at);
            return Ok((identified, expires_at));
        }
        Err(JwtError::Invalid) => {}
        Err(error) => return Err(sign_in_again(error)),
    }
    let Some(issuer) = &settings.jwt_issuer else { return Err(sign_in_again(JwtError::Invalid)) };
    let validation = jwt::Validation {
        issuer: &issuer.name,
        audience: &issuer.audience,
        leeway: settings.clock_leeway,
        now,
    };
    let claims =
        jwt::verify(token, issuer.secret.as_bytes(), &validation).map_err(sign_in_again)?;
    let login: Login = claims
        .sub
        .parse()
        .map_err(|error| unauthenticated(format!("The token's subject {error}.")))?;
    // Logins are lower case. Two subjects that are not GitHub logins may differ by case only and be two
    // people, so only the lower-case one is accepted.
    if !settings.subjects_are_github_logins && claims.sub != login.as_str() {
        return Err(unauthenticated("The token's subject must be in lower case."));
    }
    let person = Person { issuer: claims.iss, subject: login.to_string() };
    let github_identity = match settings.subjects_are_github_logins {
        true => GitHubIdentity::Login,
        false => GitHubIdentity::Unknown,
    };
    let identity = Identity { person, login, github_identity, github_membership: None };
    let identified = identified(settings, identity, AuthMethod::Issuer, Scopes::all(), claims.exp);
    Ok((identified, claims.exp.saturating_add(settings.clock_leeway)))
}

async fn identify_by_api_token(
    settings: &AuthSettings,
    text: &str,
) -> Result<(Caller, Credential)> {
    let rejected = || unauthenticated("The API token does not exist, was revoked or has expired.");
    let token = OpaqueToken::parse(token::API_TOKEN_PREFIX, text).ok_or_else(rejected)?;
    let store = Store::open().await?;
    let record = find_api_token(&store, &token.hash()).await?.ok_or_else(rejected)?;
    // Checked at each use: the token may have expired, and the allowlist may have changed, since the record
    // was written.
    if record.expires_at <= now() || !settings.is_still_allowed(&record.identity) {
        return Err(rejected());
    }
    let TokenRecord { identity, name, scopes, expires_at, .. } = record;
    Ok(identified(settings, identity, AuthMethod::Token(name), scopes, expires_at.as_second()))
}

/// The record of an API token that has not been revoked.
///
/// The first use of a day writes a copy of the record for that day, which later uses read, and then checks
/// that the record still exists. Revoking deletes the record and then the copy. Whatever the order of these
/// four steps, the copy does not outlive the record. Only if the instance dies between two steps, the token
/// works until the end of the day.
async fn find_api_token(store: &Store, hash: &TokenHash) -> Result<Option<TokenRecord>> {
    let today = utc_day(now());
    let daily = store.get(keys::daily_token(hash)).await?;
    if let Some(daily) = daily.filter(|daily| daily.day == today) {
        return Ok(Some(daily.token));
    }
    let Some(record) = store.get(keys::token(hash)).await? else { return Ok(None) };
    let daily = DailyTokenRecord { day: today, token: record.clone() };
    store.set(keys::daily_token(hash), &daily).await?;
    if store.get(keys::token(hash)).await?.is_none() {
        store.delete(keys::daily_token(hash)).await?;
        return Ok(None);
    }
    Ok(Some(record))
}
