//! `GET /api/v1/auth/me` and `GET /api/v1/auth/audit`: who am I, and what did I do.

use http::StatusCode;
use nokube_domain::{Timestamp, answer::Me};
use nokube_edge::{Call, Reply, Result, audit as trail, people, store::Store};

pub async fn me(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let (caller, proof) = (call.caller()?, call.proof()?);
    let username = people::username(&store, caller, proof.at_github).await?;
    let answer = Me {
        username,
        login: &caller.login,
        issuer: &caller.person.issuer,
        subject: &caller.person.subject,
        administrator: proof.administrator,
        via: proof.via.as_str(),
        scopes: proof.scopes.iter().collect(),
        expires_at: Timestamp::from_second(proof.ends).ok(),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

pub async fn audit(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let store = Store::open().await?;
    trail::own_page(&store, &call).await
}
