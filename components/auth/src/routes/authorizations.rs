//! `POST /api/v1/auth/authorizations`: a person who is signed in on the page lets the command line sign in (ADR 42).

use crate::{authorization_codes, sessions::active_sign_in};
use http::{Method, StatusCode};
use nokube_domain::{
    Problem, ProblemKind, access::AuthMethod, authorization::AuthorizationRequest,
    responses::AuthorizationCreated,
};
use nokube_edge::{
    Call, Error, Reply, Result,
    auth::{AuthSettings, refresh_token},
    store::Store,
};

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    // A program that has another credential must not turn it into one with more rights or a longer life.
    if call.credential()?.auth_method != AuthMethod::Session {
        let detail = "Only a person who has signed in on the platform's page can allow this.";
        return Err(Error::problem(ProblemKind::Forbidden, detail));
    }
    let (fields, _) = call.json_fields().await?;
    let request = AuthorizationRequest::parse(fields)?;
    let settings = AuthSettings::load().await?;
    let store = Store::open().await?;
    // The session alone does not say which sign-in it belongs to, and is valid for some minutes after that has ended.
    let hash = refresh_token(&Method::POST, call.headers()).await?.hash();
    let person = &call.caller()?.person;
    let sign_in = active_sign_in(&store, &settings, &hash).await?;
    if sign_in.is_none_or(|sign_in| sign_in.identity.person != *person) {
        let detail = "You are signed out. Sign in again.";
        return Err(Problem::new(ProblemKind::Unauthenticated, detail).into());
    }
    let redirect_to = authorization_codes::issue(&store, &settings, hash, request).await?;
    Ok(Reply::json(StatusCode::CREATED, &AuthorizationCreated { redirect_to }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;
    use nokube_domain::authorization::NewAuthorization;

    pub fn create() -> Operation {
        let code = format!("nkc_{}", "a2b3c4d5e6f7g".repeat(4));
        let redirect_to = format!(
            "http://127.0.0.1:49152/callback?code={code}&state=af0ifjsldkj&iss=https%3A%2F%2Fnokube.example.org"
        );
        Operation::new("createAuthorization", "Let the command line sign in")
            .description(
                "For the platform's page, after the user has agreed (authorization code with PKCE, RFC 6749, 7636 and \
                 8252). Only the session of a browser can do this. The code is valid for a minute and can be used \
                 once, at `POST /api/v1/auth/token`, while the browser's sign-in lasts. `iss` is the platform's \
                 address: a client must send the code nowhere else (RFC 9207).",
            )
            .json_body::<NewAuthorization>(json!({
                "client_id": "nokube-cli", "redirect_uri": "http://127.0.0.1:49152/callback",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256", "state": "af0ifjsldkj",
            }))
            .json_response::<AuthorizationCreated>(
                201,
                "Where to send the browser.",
                json!({ "redirect_to": redirect_to }),
            )
            .problem(
                ProblemKind::Forbidden,
                "Only a person who has signed in on the platform's page can allow this.",
            )
            .problem(ProblemKind::Unauthenticated, "You are signed out. Sign in again.")
            .problem(
                ProblemKind::Invalid,
                "redirect_uri: must be http://127.0.0.1:PORT/callback or http://[::1]:PORT/callback",
            )
    }
}
