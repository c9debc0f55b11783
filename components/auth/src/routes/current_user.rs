//! `GET /api/v1/auth/me` and `GET /api/v1/auth/audit`: the caller and their own audit log.

use http::StatusCode;
use nokube_domain::{Timestamp, responses::CurrentUser};
use nokube_edge::{Call, Reply, Result, audit as audit_log, store::Store, usernames};

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let (caller, credential) = (call.caller()?, call.credential()?);
    let username = usernames::ensure_username(&store, caller, credential.github_identity).await?;
    let response = CurrentUser {
        username,
        login: &caller.login,
        issuer: &caller.person.issuer,
        subject: &caller.person.subject,
        administrator: credential.is_administrator,
        via: credential.auth_method.as_str(),
        scopes: credential.scopes.iter().collect(),
        expires_at: Timestamp::from_second(credential.expires_at).ok(),
    };
    Ok(Reply::json(StatusCode::OK, &response))
}

pub async fn audit(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let store = Store::open().await?;
    audit_log::own_page(&store, &call).await
}
