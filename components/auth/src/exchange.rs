//! `POST /api/v1/auth/token`: a short-lived token of ours, for what proves who somebody is: a device's
//! code (RFC 8628), what renews a sign-in (RFC 6749, 6), or an outside issuer's token (RFC 8693).

use crate::{
    begin::{begin, seal},
    github::{oauth, send, unreadable},
    issuer,
    session::live,
    settings::Settings,
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    answer::{IssuedToken, OAuthProblem},
    fields::Fields,
    scope::Scopes,
    session::{Bearer, Identity, Use},
    token::{RENEWAL, Secret},
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit, auth::AuthSettings, blocked, now, store::Store,
};
use nokube_github::oauth::{UserToken, read};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Kinds of tokens that may be exchanged: each is a JWT of the issuer's.
const KINDS: [&str; 3] = [
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:access_token",
    "urn:ietf:params:oauth:token-type:id_token",
];

pub async fn token(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let mut fields = call.form_or_fields().await?;
    let grant = fields.text("grant_type").unwrap_or_default();
    match grant.as_str() {
        DEVICE => device(&call, fields).await,
        "refresh_token" => refresh(&call, fields).await,
        EXCHANGE => exchange(&call, fields).await,
        _ => {
            let detail = format!("must be {DEVICE}, refresh_token or {EXCHANGE}");
            Err(Problem::field("grant_type", detail).into())
        }
    }
}

/// A refusal in OAuth's words, which clients go by, and in ours.
fn refused(call: &Call, error: &str, detail: &str) -> Reply {
    let problem = Problem::new(ProblemKind::Malformed, detail);
    let problem = problem.body(call.path_text());
    let body = OAuthProblem { problem, error, error_description: detail };
    Reply::json(StatusCode::BAD_REQUEST, &body).header("content-type", "application/problem+json")
}

fn issued(
    common: &AuthSettings,
    identity: Identity,
    scopes: Scopes,
    until: i64,
    renewal: Option<&Secret>,
) -> Result<Reply> {
    let bearer = Bearer { identity, scopes };
    let (text, ends) = seal(common, Use::Bearer, &bearer, until)?;
    let answer = IssuedToken {
        access_token: &text,
        token_type: "Bearer",
        expires_in: ends - now().as_second(),
        scope: bearer.scopes.to_string(),
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        refresh_token: renewal.map(Secret::reveal),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

async fn device(call: &Call, mut fields: Fields) -> Result<Reply> {
    let code = fields.text("device_code");
    let code = fields.required("device_code", code);
    let _ = fields.text("client_id"); // Clients of the standard send one; there is one client here.
    fields.finish()?;
    let code = code.filter(|code| code.len() <= 512).unwrap_or_default();
    let (common, settings) = (AuthSettings::read().await?, Settings::read().await?);
    let oauth = oauth(&settings)?;
    let answer = send(oauth.device_token(&code)).await?;
    let token = match read::<UserToken>(&answer).ok_or_else(|| unreadable("a device", &answer))? {
        Ok(token) => token,
        Err(refusal) => {
            let (error, detail) = match refusal.error.as_str() {
                "authorization_pending" => {
                    ("authorization_pending", "The user has not entered the code yet.")
                }
                "slow_down" => ("slow_down", "Wait 5 seconds longer between the questions."),
                "access_denied" => ("access_denied", "The user has refused."),
                "expired_token" => ("expired_token", "The code has run out. Begin again."),
                _ => ("invalid_grant", "GitHub does not know this code. Begin again."),
            };
            return Ok(refused(call, error, detail));
        }
    };
    let begun = begin(call, &settings, oauth, &token).await?;
    let until = now().as_second() + begun.lasts;
    issued(&common, begun.identity, Scopes::all(), until, Some(&begun.renewal))
}

async fn refresh(call: &Call, mut fields: Fields) -> Result<Reply> {
    let text = fields.text("refresh_token");
    let text = fields.required("refresh_token", text);
    let _ = fields.text("client_id");
    fields.finish()?;
    let common = AuthSettings::read().await?;
    let secret = text.and_then(|text| Secret::parse(RENEWAL, &text));
    let store = Store::open().await?;
    let sign_in = match &secret {
        Some(secret) => live(&store, &common, secret).await?,
        None => None,
    };
    let Some(sign_in) = sign_in else {
        return Ok(refused(call, "invalid_grant", "You are signed out. Sign in again."));
    };
    issued(&common, sign_in.identity, Scopes::all(), sign_in.ends.as_second(), None)
}

async fn exchange(call: &Call, mut fields: Fields) -> Result<Reply> {
    let token = fields.text("subject_token");
    let token = fields.required("subject_token", token);
    let kind = fields.text("subject_token_type");
    if !kind.is_some_and(|kind| KINDS.contains(&kind.as_str())) {
        fields.fault("subject_token_type", format!("must be {}", KINDS.join(", ")));
    }
    let scopes = fields.text("scope").map_or(Ok(Scopes::all()), |text| Scopes::narrowed(&text));
    for ignored in ["requested_token_type", "audience", "resource", "client_id"] {
        let _ = fields.text(ignored);
    }
    fields.finish()?;
    let scopes = match scopes {
        Ok(scopes) => scopes,
        Err(bad) => return Ok(refused(call, "invalid_scope", &format!("The scope {bad}."))),
    };
    let (common, settings) = (AuthSettings::read().await?, Settings::read().await?);
    let oidc = settings.oidc.as_ref().ok_or_else(|| {
        let detail = "Tokens of other issuers are not exchanged here: auth_oidc_issuer is not set.";
        Failure::problem(ProblemKind::Misconfigured, detail)
    })?;
    let store = Store::open().await?;
    let token = token.unwrap_or_default();
    let (identity, until): (Identity, i64) =
        match issuer::identify(&store, &common, oidc, &token).await? {
            Ok(known) => known,
            Err(detail) => return Ok(refused(call, "invalid_grant", &detail)),
        };
    if store.is_blocked(&identity.person).await? {
        return Err(blocked());
    }
    audit::record_as(&store, call, &identity, "issuer", "token.exchange").await?;
    issued(&common, identity, scopes, until, None)
}
