//! `PUT` and `DELETE /api/v1/auth/people/{username}/block`, `GET …/audit`: for administrators.
//!
//! A blocked person cannot sign in or change anything, with any credential. Their API tokens are
//! revoked immediately; their sessions end at the next renewal (ADR 13).

use crate::{api_tokens::revoke_all, sessions::revoke_sessions};
use http::StatusCode;
use nokube_domain::{Person, Problem, ProblemKind, name::Username};
use nokube_edge::{
    Call, Error, Reply, Result, audit as audit_log,
    store::{AuditLog, Store, keys},
};

pub async fn block(call: Call) -> Result<Reply> {
    set_blocked(call, true).await
}

pub async fn unblock(call: Call) -> Result<Reply> {
    set_blocked(call, false).await
}

async fn set_blocked(call: Call, blocked: bool) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let (username, person) = find_person(&call, &store).await?;
    if blocked && person == call.caller()?.person {
        let detail =
            "You cannot block yourself: there may be no other administrator to unblock you.";
        return Err(Error::problem(ProblemKind::Conflict, detail));
    }
    store.set(keys::blocked(&person), &blocked).await?;
    if blocked {
        revoke_sessions(&store, &person).await?;
        revoke_all(&store, &person).await?;
    }
    let object = format!("/api/v1/auth/people/{username}");
    let action = if blocked { "person.block" } else { "person.unblock" };
    audit_log::record(&store, &call, &AuditLog::Person(person), action, object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub async fn audit(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let store = Store::open().await?;
    let (_, person) = find_person(&call, &store).await?;
    audit_log::page(&store, &call, &AuditLog::Person(person)).await
}

async fn find_person(call: &Call, store: &Store) -> Result<(Username, Person)> {
    let username: Username = call.path_parameter("username", "person")?;
    let person = store.get(keys::username(&username)).await?;
    let person = person.ok_or_else(|| Problem::not_found("person"))?;
    Ok((username, person))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn block() -> Operation {
        Operation::new("blockPerson", "Block a user")
            .description(
                "The user cannot sign in any more. Their sessions end within ten minutes, their API \
                 tokens immediately. Their projects are kept. With a token of the external issuer they \
                 can still read their projects, but not change anything, until that issuer blocks \
                 them too.",
            )
            .empty_response(204, "The user is blocked.")
            .problem(
                ProblemKind::Conflict,
                "You cannot block yourself: there may be no other administrator to unblock you.",
            )
            .not_found("person")
    }

    pub fn unblock() -> Operation {
        Operation::new("unblockPerson", "Unblock a user")
            .empty_response(204, "The user may sign in again.")
            .not_found("person")
    }

    pub fn audit() -> Operation {
        Operation::new("listPersonAudit", "Read the audit log of a user")
            .audit_log("session.begin", "/api/v1/auth/session")
            .not_found("person")
    }
}
