//! `POST /api/v1/auth/token`: issues a short-lived bearer token for a device code (RFC 8628), an authorization code of
//! the command line (RFC 6749, section 4.1), a refresh token (section 6) or a token of the OIDC issuer (RFC 8693).

use crate::{
    authorization_codes,
    complete_sign_in::complete_sign_in,
    github::{send, unexpected_response},
    oidc_issuer,
    sessions::{active_sign_in, sign},
    settings::Settings,
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    authorization::CLIENT_ID,
    grant::{AuthorizationCodeGrant, DeviceGrant, RefreshGrant, TokenExchangeGrant, TokenRequest},
    responses::{IssuedToken, OAuthError},
    scope::Scopes,
    session::{BearerToken, Identity, Purpose},
    token::{OpaqueToken, REFRESH_TOKEN_PREFIX},
};
use nokube_edge::{
    Call, Reply, Result, audit,
    auth::{AuthSettings, blocked_error},
    now,
    store::{Store, keys},
};
use nokube_github::oauth::{UserToken, parse};

pub async fn issue(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let fields = call.form_or_json_fields().await?;
    if TokenRequest::is_of_unknown_grant(&fields) {
        let detail = "The grant_type is not one of those that are described at /docs.";
        return Ok(unsupported_grant(&call, detail));
    }
    match TokenRequest::parse(fields)? {
        TokenRequest::Device(grant) => for_device_code(&call, grant).await,
        TokenRequest::AuthorizationCode(grant) => for_authorization_code(&call, grant).await,
        TokenRequest::Refresh(grant) => for_refresh_token(&call, grant).await,
        TokenRequest::Exchange(grant) => for_issuer_token(&call, grant).await,
    }
}

/// An error with OAuth's code, which clients evaluate, in a problem.
fn oauth_error(call: &Call, error: &str, detail: &str) -> Reply {
    let problem = Problem::new(ProblemKind::Malformed, detail);
    let problem = problem.body(call.path());
    let body = OAuthError { problem, error, error_description: detail };
    Reply::json(StatusCode::BAD_REQUEST, &body).header("content-type", "application/problem+json")
}

/// For a grant that this platform does not have: the client cannot do anything about it (RFC 6749, section 5.2).
fn unsupported_grant(call: &Call, detail: &str) -> Reply {
    oauth_error(call, "unsupported_grant_type", detail)
}

fn issued(
    settings: &AuthSettings,
    identity: Identity,
    scopes: Scopes,
    max_expiry: i64,
    refresh_token: Option<&OpaqueToken>,
) -> Result<Reply> {
    let bearer = BearerToken { identity, scopes };
    let (token, expires_at) = sign(settings, Purpose::Bearer, &bearer, max_expiry)?;
    let body = IssuedToken {
        access_token: &token,
        token_type: "Bearer",
        expires_in: expires_at - now().as_second(),
        scope: bearer.scopes.to_string(),
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        refresh_token: refresh_token.map(OpaqueToken::reveal),
    };
    Ok(Reply::json(StatusCode::OK, &body))
}

async fn for_device_code(call: &Call, grant: DeviceGrant) -> Result<Reply> {
    let code = grant.device_code.filter(|code| code.len() <= 512).unwrap_or_default();
    let (auth_settings, settings) = (AuthSettings::load().await?, Settings::load().await?);
    let Some(oauth) = &settings.oauth else {
        let detail = "Signing in with GitHub is not set up here. /ready says what is missing.";
        return Ok(unsupported_grant(call, detail));
    };
    let response = send(oauth.exchange_device_code(&code)).await?;
    let user_token = parse::<UserToken>(&response)
        .ok_or_else(|| unexpected_response("a device code", &response))?;
    let user_token = match user_token {
        Ok(user_token) => user_token,
        Err(error) => {
            let (error, detail) = match error.error.as_str() {
                "authorization_pending" => {
                    ("authorization_pending", "The user has not entered the code yet.")
                }
                "slow_down" => ("slow_down", "Wait 5 seconds longer between requests."),
                "access_denied" => ("access_denied", "The user has refused."),
                "expired_token" => ("expired_token", "The code has expired. Start again."),
                _ => ("invalid_grant", "GitHub does not know this code. Start again."),
            };
            return Ok(oauth_error(call, error, detail));
        }
    };
    let sign_in = complete_sign_in(call, &settings, oauth, &user_token).await?;
    let max_expiry = now().as_second() + sign_in.lifetime;
    let refresh_token = Some(&sign_in.refresh_token);
    issued(&auth_settings, sign_in.identity, Scopes::all(), max_expiry, refresh_token)
}

/// The command line gets no refresh token: it creates an API token with the bearer token.
async fn for_authorization_code(call: &Call, grant: AuthorizationCodeGrant) -> Result<Reply> {
    if grant.client_id.as_deref() != Some(CLIENT_ID) {
        return Ok(oauth_error(call, "invalid_client", "The client_id must be nokube-cli."));
    }
    let auth_settings = AuthSettings::load().await?;
    let store = Store::open().await?;
    // One answer for every fault, so that it says nothing about a code that somebody has seen.
    let Some(sign_in) = authorization_codes::redeem(&store, &auth_settings, &grant).await? else {
        let detail = "The code is wrong, has expired, was used, or belongs to a sign-in that has ended. Start again.";
        return Ok(oauth_error(call, "invalid_grant", detail));
    };
    audit::record_as(&store, call, &sign_in.identity, "authorization_code", "session.begin")
        .await?;
    let max_expiry = sign_in.expires_at.as_second();
    issued(&auth_settings, sign_in.identity, Scopes::all(), max_expiry, None)
}

async fn for_refresh_token(call: &Call, grant: RefreshGrant) -> Result<Reply> {
    let auth_settings = AuthSettings::load().await?;
    let refresh_token = grant.refresh_token;
    let refresh_token =
        refresh_token.and_then(|text| OpaqueToken::parse(REFRESH_TOKEN_PREFIX, &text));
    let store = Store::open().await?;
    let sign_in = match &refresh_token {
        Some(token) => active_sign_in(&store, &auth_settings, &token.hash()).await?,
        None => None,
    };
    let Some(sign_in) = sign_in else {
        return Ok(oauth_error(call, "invalid_grant", "You are signed out. Sign in again."));
    };
    let max_expiry = sign_in.expires_at.as_second();
    issued(&auth_settings, sign_in.identity, Scopes::all(), max_expiry, None)
}

async fn for_issuer_token(call: &Call, grant: TokenExchangeGrant) -> Result<Reply> {
    let scopes = grant.scope.map_or(Ok(Scopes::all()), |text| Scopes::parse_subset(&text));
    let scopes = match scopes {
        Ok(scopes) => scopes,
        Err(error) => {
            return Ok(oauth_error(call, "invalid_scope", &format!("The scope {error}.")));
        }
    };
    let (auth_settings, settings) = (AuthSettings::load().await?, Settings::load().await?);
    let Some(oidc) = &settings.oidc else {
        let detail = "Tokens of other issuers are not exchanged here: auth_oidc_issuer is not set.";
        return Ok(unsupported_grant(call, detail));
    };
    let store = Store::open().await?;
    let token = grant.subject_token.unwrap_or_default();
    let (identity, max_expiry) =
        match oidc_issuer::identify(&store, &auth_settings, oidc, &token).await? {
            Ok(identified) => identified,
            Err(detail) => return Ok(oauth_error(call, "invalid_grant", &detail)),
        };
    if store.is_blocked(&identity.person).await? {
        return Err(blocked_error());
    }
    store.set(keys::last_sign_in(&identity.person), &now()).await?;
    audit::record_as(&store, call, &identity, "issuer", "token.exchange").await?;
    issued(&auth_settings, identity, scopes, max_expiry, None)
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn issue() -> Operation {
        let pending = "The user has not entered the code yet.";
        Operation::new("issueToken", "Get a short-lived bearer token")
            .description(
                "Exchanges a device code (RFC 8628), an authorization code of the command line (RFC 6749 and \
                 7636), a refresh token, or a token of the external issuer that the operator has configured \
                 (RFC 8693). The body is a form, as in OAuth, or JSON.",
            )
            .json_or_form_body::<TokenRequest>(json!({
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": examples::DEVICE_CODE,
            }))
            .json_response::<IssuedToken<'_>>(
                200,
                "The token.",
                json!({
                    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
                    "token_type": "Bearer", "expires_in": 600,
                    "scope": "read build deploy projects account",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                    "refresh_token": "nkr_a2b3c4d5e6f7",
                }),
            )
            .problem_response::<OAuthError<'_>>(
                400,
                "An OAuth error.",
                json!({
                    "type": "/problems/malformed", "title": "The request cannot be read",
                    "status": 400, "detail": pending, "instance": "/api/v1/auth/token",
                    "error": "authorization_pending", "error_description": pending,
                }),
            )
            .add_problem(examples::blocked())
            .problem(ProblemKind::Conflict, examples::NO_FREE_USERNAME)
            .problem(
                ProblemKind::Invalid,
                "grant_type: must be authorization_code, urn:ietf:params:oauth:grant-type:device_code, refresh_token \
                 or urn:ietf:params:oauth:grant-type:token-exchange",
            )
            .calls_github()
    }
}
