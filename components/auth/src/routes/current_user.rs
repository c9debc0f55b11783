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

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn read() -> Operation {
        Operation::new("readMe", "Read the current user")
            .json_response::<CurrentUser<'_>>(
                200,
                "The current user.",
                json!({
                    "username": "testuser", "login": "testuser", "issuer": "https://github.com",
                    "subject": "583231", "administrator": false, "via": "session",
                    "scopes": [
                        "read", "build", "deploy", "projects", "metrics", "reconcile", "account",
                    ],
                    "expires_at": "2025-08-18T10:40:00Z",
                }),
            )
            .problem(ProblemKind::Conflict, examples::NO_FREE_USERNAME)
    }

    pub fn audit() -> Operation {
        Operation::new("listMyAudit", "Read your own audit log")
            .description("Sign-ins and tokens, newest first.")
            .audit_log("session.begin", "/api/v1/auth/session")
    }
}
