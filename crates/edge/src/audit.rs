//! The audit trail: writes what a caller did, reads it page by page.

use crate::{
    Call, Reply, Result, now,
    store::{Counter, Log, Store},
};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    answer::AuditTrail,
    audit::{Actor, Event},
    page::Page,
    session::Identity,
};

/// Adds what the caller did to `object`, a path of the API: two writes.
///
/// # Errors
/// The store failed; or nobody was identified.
pub async fn record(
    store: &Store,
    call: &Call,
    log: &Log,
    action: &str,
    object: String,
) -> Result<()> {
    let (caller, proof) = (call.caller()?, call.proof()?);
    let by = Actor {
        person: caller.person.clone(),
        login: Some(caller.login.clone()),
        via: proof.via.as_str().into(),
        token: match &proof.via {
            nokube_domain::access::Via::Token(name) => Some(name.clone()),
            _ => None,
        },
    };
    add(store, call, log, action, object, by).await
}

/// As [`record`], for somebody who is known by other means than the route's.
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
    let log = Log::Person(identity.person.clone());
    add(store, call, &log, action, "/api/v1/auth/session".into(), by).await
}

async fn add(
    store: &Store,
    call: &Call,
    log: &Log,
    action: &str,
    object: String,
    by: Actor,
) -> Result<()> {
    let event = Event {
        at: now(),
        action: action.into(),
        object,
        by,
        from: call.address.clone(),
        request_id: Some(call.request_id.clone()),
    };
    store.add_event(log, &event).await
}

/// A page of a trail, newest first.
///
/// # Errors
/// The store failed, or the page cannot be meant.
pub async fn page(store: &Store, call: &Call, log: &Log) -> Result<Reply> {
    shown(store, call, log, |event| event).await
}

/// As [`page`], of the caller's own trail.
///
/// # Errors
/// As [`page`].
pub async fn own_page(store: &Store, call: &Call) -> Result<Reply> {
    let person = &call.caller()?.person;
    shown(store, call, &Log::Person(person.clone()), |event| event.for_person(person)).await
}

async fn shown(
    store: &Store,
    call: &Call,
    log: &Log,
    show: impl Fn(Event) -> Event,
) -> Result<Reply> {
    let page = call.page()?;
    let total = store.count(&Counter::audit(log)).await?;
    let rows = page.numbers(total).map(|number| store.event(log, number));
    let events = try_join_all(rows).await?.into_iter().flatten().map(show).collect();
    let Page { limit, offset } = page;
    Ok(Reply::json(StatusCode::OK, &AuditTrail { events, total, limit, offset }))
}
