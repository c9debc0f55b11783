//! `PUT` and `DELETE /api/v1/auth/people/{username}/block`, `GET …/audit`: for administrators.
//!
//! Somebody who is blocked does not get in any more and changes nothing more, whatever they come with;
//! their API tokens end at once, their sessions at the next renewal (ADR 13).

use crate::{session::end_all, tokens::revoke_all};
use http::StatusCode;
use nokube_domain::{Person, Problem, ProblemKind, name::Username};
use nokube_edge::{
    Call, Failure, Reply, Result, audit as trail,
    store::{Log, Store},
};

pub async fn block(call: Call) -> Result<Reply> {
    change(call, true).await
}

pub async fn unblock(call: Call) -> Result<Reply> {
    change(call, false).await
}

async fn change(call: Call, blocked: bool) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (username, person) = named(&call, &store).await?;
    if blocked && person == call.caller()?.person {
        let detail = "You cannot block yourself: nobody may be left to take that back.";
        return Err(Failure::problem(ProblemKind::Conflict, detail));
    }
    store.set_blocked(&person, blocked).await?;
    if blocked {
        end_all(&store, &person).await?;
        revoke_all(&store, &person).await?;
    }
    let object = format!("/api/v1/auth/people/{username}");
    let action = if blocked { "person.block" } else { "person.unblock" };
    trail::record(&store, &call, &Log::Person(person), action, object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub async fn audit(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let store = Store::open().await?;
    let (_, person) = named(&call, &store).await?;
    trail::page(&store, &call, &Log::Person(person)).await
}

async fn named(call: &Call, store: &Store) -> Result<(Username, Person)> {
    let username: Username = call.path("username", "person")?;
    let person = store.named(&username).await?.ok_or_else(|| Problem::not_found("person"))?;
    Ok((username, person))
}
