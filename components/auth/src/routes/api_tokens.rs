//! `GET` and `POST /api/v1/auth/tokens`, `DELETE /api/v1/auth/tokens/{token}` and `…/current`: API tokens for machines.
//!
//! A token is shown once. The store has only its hash, as the key of its record.

use crate::{api_tokens, token_limits as limits};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind, UnknownFields,
    access::{AuthMethod, Credential},
    page::Page,
    responses::{Token, TokenCreated, TokenPage},
    scope::{Scope, Scopes},
    session::Identity,
    token::{
        API_TOKEN_PREFIX, ApiTokenRequest, MAX_LIFETIME_DAYS, OpaqueToken, TokenRecord, TokenRow,
    },
};
use nokube_edge::{
    Call, Error, Reply, Result, audit,
    auth::{AuthSettings, bearer_token, blocked_error},
    now, random_bytes,
    store::{AuditLog, Counter, Store, keys},
};

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let page = call.page()?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let total = store.count(&Counter::tokens(person)).await?;
    let store = &store;
    let tokens = page.numbers(total).map(|number| async move {
        let Some(row) = store.get(keys::token_row(person, number)).await? else { return Ok(None) };
        let daily = store.get(keys::daily_token(&row.hash)).await?;
        Ok::<_, Error>(Some(view(row, daily.map(|daily| daily.day))))
    });
    let tokens: Vec<_> = try_join_all(tokens).await?.into_iter().flatten().collect();
    let Page { limit, offset } = page;
    Ok(Reply::json(StatusCode::OK, &TokenPage { tokens, total, limit, offset }))
}

/// A token without its hash.
fn view(row: TokenRow, last_used: Option<String>) -> Token {
    Token {
        id: row.number,
        name: row.name,
        scopes: row.scopes,
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        last_used_on: last_used.or(row.last_used),
    }
}

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (fields, _) = call.json_fields().await?;
    let (caller, credential) = (call.caller()?, call.credential()?);
    let request = ApiTokenRequest::parse(fields, max_lifetime_days(credential).await?, now())?;
    check_scopes(&request.scopes, credential)?;
    let store = Store::open().await?;
    let person = &caller.person;
    let number = limits::take_number(&store, person).await?;
    let token = OpaqueToken::from_random_bytes(API_TOKEN_PREFIX, &random_bytes()?);
    let ApiTokenRequest { name, scopes, expires_at } = request;
    let expires_at = nokube_domain::whole_seconds(expires_at);
    let row = TokenRow {
        number,
        hash: token.hash(),
        name: name.clone(),
        scopes: scopes.clone(),
        created_at: nokube_domain::whole_seconds(now()),
        expires_at,
        revoked_at: None,
        last_used: None,
        unknown_fields: UnknownFields::default(),
    };
    // The row is written before the record: a token without a row could not be revoked.
    store.set(keys::token_row(person, number), &row).await?;
    let identity = Identity {
        person: person.clone(),
        login: caller.login.clone(),
        github_identity: credential.github_identity,
        github_membership: credential.github_membership.clone(),
    };
    let unknown_fields = UnknownFields::default();
    let record = TokenRecord { identity, number, name, scopes, expires_at, unknown_fields };
    store.set(keys::token(&row.hash), &record).await?;
    // A concurrent request may have revoked this token before its record was written, or blocked the person
    // and revoked all tokens that existed then.
    let stored = store.get(keys::token_row(person, number)).await?;
    let is_revoked = stored.is_none_or(|row| row.revoked_at.is_some());
    if is_revoked || store.is_blocked(person).await? {
        api_tokens::revoke(&store, person, row).await?;
        return Err(blocked_error());
    }
    let location = format!("/api/v1/auth/tokens/{number}");
    let log = AuditLog::Person(person.clone());
    audit::record(&store, &call, &log, "token.create", location.clone()).await?;
    let response = TokenCreated { details: view(row, None), token: token.reveal() };
    Ok(Reply::json(StatusCode::CREATED, &response).header("location", &location))
}

/// Checks that a new token has no more scopes than the credential it is created with.
fn check_scopes(scopes: &Scopes, credential: &Credential) -> Result<()> {
    if let Some(scope) = scopes.iter().find(|scope| !credential.scopes.allows(*scope)) {
        let detail = format!("must not contain {scope}: your own credential does not have it");
        return Err(Problem::invalid_field("scopes", detail).into());
    }
    let for_administrators = [Scope::Metrics, Scope::Reconcile];
    if let Some(scope) = for_administrators.into_iter().find(|scope| scopes.allows(*scope))
        && !credential.is_administrator
    {
        let detail =
            format!("must not contain {scope}, which is for the platform's administrators");
        return Err(Problem::invalid_field("scopes", detail).into());
    }
    Ok(())
}

/// The longest lifetime of the caller's API tokens. The platform cannot know when an external issuer revokes
/// a person's access, so the operator decides for such people (ADR 13).
async fn max_lifetime_days(credential: &Credential) -> Result<i64> {
    if credential.github_membership.is_some() {
        return Ok(MAX_LIFETIME_DAYS);
    }
    let days = AuthSettings::load().await?.max_issuer_token_days;
    if days == 0 {
        let detail = "People with another issuer's token cannot create API tokens, because that issuer \
                      could not revoke them. Send the issuer's token instead. (The platform's \
                      administrator can allow API tokens with auth_issuer_token_days.)";
        return Err(Error::problem(ProblemKind::Forbidden, detail));
    }
    Ok(days)
}

pub async fn revoke(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let number = call.path_parameter::<u32>("token", "token")?;
    revoke_number(&call, &Store::open().await?, number).await
}

/// Revokes the API token that the request is authenticated with.
pub async fn revoke_current(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let token = match call.credential()?.auth_method {
        AuthMethod::Token(_) => bearer_token(call.headers()),
        _ => None,
    };
    let token = token.and_then(|text| OpaqueToken::parse(API_TOKEN_PREFIX, text));
    let token = token.ok_or_else(|| {
        let detail = "Only an API token revokes itself. To sign out, send DELETE /api/v1/auth/session, or \
                      /api/v1/auth/sessions with a bearer token.";
        Error::problem(ProblemKind::Forbidden, detail)
    })?;
    let store = Store::open().await?;
    // Another request may have revoked it meanwhile.
    let record = store.get(keys::token(&token.hash())).await?;
    let number = record.ok_or_else(|| Problem::not_found("token"))?.number;
    revoke_number(&call, &store, number).await
}

async fn revoke_number(call: &Call, store: &Store, number: u32) -> Result<Reply> {
    let person = &call.caller()?.person;
    // Tokens are numbered for each person, so nobody can name another person's token.
    let row = store.get(keys::token_row(person, number)).await?;
    let row = row.ok_or_else(|| Problem::not_found("token"))?;
    let was_revoked = row.revoked_at.is_some();
    // Repeated for a revoked token too: an earlier request may have died before it deleted the record.
    api_tokens::revoke(store, person, row).await?;
    if was_revoked {
        return Err(Problem::not_found("token").into());
    }
    let object = format!("/api/v1/auth/tokens/{number}");
    let log = AuditLog::Person(person.clone());
    audit::record(store, call, &log, "token.revoke", object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    fn token() -> Value {
        json!({
            "id": 1, "name": "ci", "scopes": ["build"], "created_at": "2025-08-18T10:00:00Z",
            "expires_at": "2025-11-16T10:00:00Z", "revoked_at": null, "last_used_on": "2025-08-18",
        })
    }

    pub fn list() -> Operation {
        Operation::new("listTokens", "List your API tokens")
            .description("Newest first, including revoked tokens.")
            .paginated()
            .json_response::<TokenPage>(200, "A page of tokens.", examples::page("tokens", token()))
    }

    pub fn create() -> Operation {
        let secret = format!("nkt_{}", "a2b3c4d5e6f7g".repeat(4));
        let new = json!({ "last_used_on": null, "token": secret });
        Operation::new("createToken", "Create an API token")
            .description("For programs. The token itself is only in this response.")
            .json_body::<NewToken>(json!({ "name": "ci", "scopes": ["build"] }))
            .json_response::<TokenCreated<'_>>(
                201,
                "The token was created.",
                examples::with(token(), new),
            )
            .response_header("Location")
            .add_problem(examples::blocked())
            .conflict(
                Reason::TooManyTokens,
                "You have 50 tokens. Revoke one that is not used any more.",
            )
            .problem(
                ProblemKind::Invalid,
                "scopes: must contain at least one of read, build, deploy, projects, metrics and reconcile",
            )
    }

    pub fn revoke() -> Operation {
        Operation::new("revokeToken", "Revoke an API token")
            .description("The token becomes invalid immediately.")
            .empty_response(204, "The token was revoked.")
            .not_found("token")
    }
    pub fn revoke_current() -> Operation {
        Operation::new("revokeCurrentToken", "Revoke the API token that the request uses")
            .description(
                "Whatever its scopes. The token becomes invalid immediately. Other credentials get 403.",
            )
            .empty_response(204, "The token was revoked.")
            .problem(
                ProblemKind::Forbidden,
                "Only an API token revokes itself. To sign out, send DELETE /api/v1/auth/session, or \
                 /api/v1/auth/sessions with a bearer token.",
            )
            .not_found("token")
    }
}
