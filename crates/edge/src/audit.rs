//! Audit logs: records what callers did, and returns a log page by page.

use crate::{
    error::Result,
    host::now,
    http::{Call, Reply},
    store::{AuditLog, Counter, Store, keys},
};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    access::AuthMethod,
    audit::{Actor, AuditEntry},
    page::Page,
    responses::AuditLogPage,
    session::Identity,
};

/// Records an action of the caller on `object`, a path of the API: two writes.
///
/// # Errors
/// The store failed, or the route authenticates no caller.
pub async fn record(
    store: &Store,
    call: &Call,
    log: &AuditLog,
    action: &str,
    object: String,
) -> Result<()> {
    store.append_audit_entry(log, &entry_of_caller(call, action, object)?).await
}

/// The entry that [`record`] appends, for a handler that changes it before.
///
/// # Errors
/// The route authenticates no caller.
pub fn entry_of_caller(call: &Call, action: &str, object: String) -> Result<AuditEntry> {
    let (caller, credential) = (call.caller()?, call.credential()?);
    let by = Actor {
        person: caller.person.clone(),
        login: Some(caller.login.clone()),
        via: credential.auth_method.as_str().into(),
        token: match &credential.auth_method {
            AuthMethod::Token(name) => Some(name.clone()),
            _ => None,
        },
    };
    Ok(entry(call, action, object, by))
}

/// As [`record`], on the session of a person whom the route itself has identified.
///
/// # Errors
/// The store failed.
pub async fn record_as(
    store: &Store,
    call: &Call,
    identity: &Identity,
    via: &str,
    action: &str,
) -> Result<()> {
    let by = Actor {
        person: identity.person.clone(),
        login: Some(identity.login.clone()),
        via: via.into(),
        token: None,
    };
    let log = AuditLog::Person(identity.person.clone());
    let entry = entry(call, action, "/api/v1/auth/session".into(), by);
    store.append_audit_entry(&log, &entry).await
}

fn entry(call: &Call, action: &str, object: String, by: Actor) -> AuditEntry {
    AuditEntry {
        at: now(),
        action: action.into(),
        object,
        role: None,
        by,
        from: call.client_address(),
        request_id: Some(call.request_id.clone()),
    }
}

/// Replies with a page of an audit log, newest entry first.
///
/// # Errors
/// The store failed, or the query parameters are invalid.
pub async fn page(store: &Store, call: &Call, log: &AuditLog) -> Result<Reply> {
    page_of(store, call, log, |entry| entry).await
}

/// As [`page`], of the caller's own log.
///
/// # Errors
/// As [`page`].
pub async fn own_page(store: &Store, call: &Call) -> Result<Reply> {
    let person = &call.caller()?.person;
    let log = AuditLog::Person(person.clone());
    page_of(store, call, &log, |entry| entry.redact_for(person)).await
}

async fn page_of(
    store: &Store,
    call: &Call,
    log: &AuditLog,
    convert: impl Fn(AuditEntry) -> AuditEntry,
) -> Result<Reply> {
    let page = call.page()?;
    let total = store.count(&Counter::audit_entries(log)).await?;
    let entries = page.numbers(total).map(|number| store.get(keys::audit_entry(log, number)));
    let events = try_join_all(entries).await?.into_iter().flatten().map(convert).collect();
    let Page { limit, offset } = page;
    Ok(Reply::json(StatusCode::OK, &AuditLogPage { events, total, limit, offset }))
}
