//! `POST /api/v1/auth/token`: issues a short-lived bearer token for a device code (RFC 8628), a refresh token
//! (RFC 6749, section 6) or a token of the OIDC issuer (RFC 8693).

use crate::{
    complete_sign_in::complete_sign_in,
    github::{oauth, send, unexpected_response},
    oidc_issuer,
    sessions::{active_sign_in, sign},
    settings::Settings,
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    fields::Fields,
    responses::{IssuedToken, OAuthError},
    scope::Scopes,
    session::{BearerToken, Identity, Purpose},
    token::{OpaqueToken, REFRESH_TOKEN_PREFIX},
};
use nokube_edge::{
    Call, Error, Reply, Result, audit,
    auth::{AuthSettings, blocked_error},
    now,
    store::Store,
};
use nokube_github::oauth::{UserToken, parse};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The token types that may be exchanged. All are JWTs of the issuer.
const SUBJECT_TOKEN_TYPES: [&str; 3] = [
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:access_token",
    "urn:ietf:params:oauth:token-type:id_token",
];

pub async fn issue(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let mut fields = call.form_or_json_fields().await?;
    let grant_type = fields.string("grant_type").unwrap_or_default();
    match grant_type.as_str() {
        DEVICE_CODE => for_device_code(&call, fields).await,
        "refresh_token" => for_refresh_token(&call, fields).await,
        TOKEN_EXCHANGE => for_issuer_token(&call, fields).await,
        _ => {
            let detail = format!("must be {DEVICE_CODE}, refresh_token or {TOKEN_EXCHANGE}");
            Err(Problem::invalid_field("grant_type", detail).into())
        }
    }
}

/// An error with OAuth's code, which clients evaluate, in a problem.
fn oauth_error(call: &Call, error: &str, detail: &str) -> Reply {
    let problem = Problem::new(ProblemKind::Malformed, detail);
    let problem = problem.body(call.path());
    let body = OAuthError { problem, error, error_description: detail };
    Reply::json(StatusCode::BAD_REQUEST, &body).header("content-type", "application/problem+json")
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

async fn for_device_code(call: &Call, mut fields: Fields) -> Result<Reply> {
    let code = fields.string("device_code");
    let code = fields.require("device_code", code);
    let _ = fields.string("client_id"); // Standard clients send it; the platform has one client only.
    fields.finish()?;
    let code = code.filter(|code| code.len() <= 512).unwrap_or_default();
    let (auth_settings, settings) = (AuthSettings::load().await?, Settings::load().await?);
    let oauth = oauth(&settings)?;
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

async fn for_refresh_token(call: &Call, mut fields: Fields) -> Result<Reply> {
    let text = fields.string("refresh_token");
    let text = fields.require("refresh_token", text);
    let _ = fields.string("client_id");
    fields.finish()?;
    let auth_settings = AuthSettings::load().await?;
    let refresh_token = text.and_then(|text| OpaqueToken::parse(REFRESH_TOKEN_PREFIX, &text));
    let store = Store::open().await?;
    let sign_in = match &refresh_token {
        Some(refresh_token) => active_sign_in(&store, &auth_settings, refresh_token).await?,
        None => None,
    };
    let Some(sign_in) = sign_in else {
        return Ok(oauth_error(call, "invalid_grant", "You are signed out. Sign in again."));
    };
    let max_expiry = sign_in.expires_at.as_second();
    issued(&auth_settings, sign_in.identity, Scopes::all(), max_expiry, None)
}

async fn for_issuer_token(call: &Call, mut fields: Fields) -> Result<Reply> {
    let token = fields.string("subject_token");
    let token = fields.require("subject_token", token);
    let token_type = fields.string("subject_token_type");
    if !token_type.is_some_and(|text| SUBJECT_TOKEN_TYPES.contains(&text.as_str())) {
        let detail = format!("must be {}", SUBJECT_TOKEN_TYPES.join(", "));
        fields.add_error("subject_token_type", detail);
    }
    let scopes = fields.string("scope");
    let scopes = scopes.map_or(Ok(Scopes::all()), |text| Scopes::parse_subset(&text));
    for ignored in ["requested_token_type", "audience", "resource", "client_id"] {
        let _ = fields.string(ignored);
    }
    fields.finish()?;
    let scopes = match scopes {
        Ok(scopes) => scopes,
        Err(error) => {
            return Ok(oauth_error(call, "invalid_scope", &format!("The scope {error}.")));
        }
    };
    let (auth_settings, settings) = (AuthSettings::load().await?, Settings::load().await?);
    let oidc = settings.oidc.as_ref().ok_or_else(|| {
        let detail = "Tokens of other issuers are not exchanged here: auth_oidc_issuer is not set.";
        Error::problem(ProblemKind::Misconfigured, detail)
    })?;
    let store = Store::open().await?;
    let token = token.unwrap_or_default();
    let (identity, max_expiry) =
        match oidc_issuer::identify(&store, &auth_settings, oidc, &token).await? {
            Ok(identified) => identified,
            Err(detail) => return Ok(oauth_error(call, "invalid_grant", &detail)),
        };
    if store.is_blocked(&identity.person).await? {
        return Err(blocked_error());
    }
    audit::record_as(&store, call, &identity, "issuer", "token.exchange").await?;
    issued(&auth_settings, identity, scopes, max_expiry, None)
}
