//! `GET` and `POST /api/v1/auth/tokens`, `DELETE /api/v1/auth/tokens/{token}`: API tokens for machines.
//!
//! A token is shown once; what is kept is its hash, as the key of its record. Revoking marks its row,
//! takes the record away and then the day's pass: after a crash in between, it is revoked or can be
//! revoked again.

use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Person, Problem, ProblemKind, Reason,
    access::Proof,
    answer::{Token, TokenCreated, TokenPage},
    page::Page,
    scope::Scope,
    session::Identity,
    token::{API, LONGEST, NewToken, Secret, TokenRecord, TokenRow},
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    auth::AuthSettings,
    blocked, now, random_bytes,
    store::{Counter, Log, Store},
};

/// Tokens that one person may have at a time, and may ever have made.
const MOST: usize = 50;
const MOST_EVER: u32 = 2_000;

pub async fn list(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let page = call.page()?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    let total = store.count(&Counter::tokens(person)).await?;
    let store = &store;
    let rows = page.numbers(total).map(|number| async move {
        let Some(row) = store.token_of(person, number).await? else { return Ok(None) };
        let pass = store.day_pass(&row.hash).await?;
        Ok::<_, Failure>(Some(view(row, pass.map(|pass| pass.day))))
    });
    let tokens: Vec<_> = try_join_all(rows).await?.into_iter().flatten().collect();
    let Page { limit, offset } = page;
    Ok(Reply::json(StatusCode::OK, &TokenPage { tokens, total, limit, offset }))
}

/// A row as it is shown: never the token, and not its hash.
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
    call.only_query(&[])?;
    let (fields, _) = call.fields().await?;
    let (caller, proof) = (call.caller()?, call.proof()?);
    let asked = NewToken::parse(fields, longest(proof).await?, now())?;
    // Whoever comes with a narrow credential makes no wider one.
    if let Some(scope) = asked.scopes.iter().find(|scope| !proof.scopes.allow(*scope)) {
        let detail = format!("must not hold {scope}, which your own credential is not good for");
        return Err(Problem::field("scopes", detail).into());
    }
    if asked.scopes.allow(Scope::Metrics) && !proof.administrator {
        let detail = "must not hold metrics, which is for the platform's administrators";
        return Err(Problem::field("scopes", detail).into());
    }
    let store = Store::open().await?;
    let person = &caller.person;
    let rows = rows(&store, person).await?;
    let live = rows.iter().filter(|row| row.revoked_at.is_none() && row.expires_at > now());
    if live.count() >= MOST || store.count(&Counter::tokens(person)).await? >= MOST_EVER {
        let detail = format!("You have {MOST} tokens. Revoke one that is not used any more.");
        return Err(Problem::conflict(Reason::TooManyTokens, detail).into());
    }
    let number = store.increment(&Counter::tokens(person))?;
    let secret = Secret::new(API, &random_bytes()?);
    let NewToken { name, scopes, expires_at } = asked;
    let expires_at = nokube_domain::whole_seconds(expires_at);
    let row = TokenRow {
        number,
        hash: secret.hash(),
        name: name.clone(),
        scopes: scopes.clone(),
        created_at: nokube_domain::whole_seconds(now()),
        expires_at,
        revoked_at: None,
        last_used: None,
    };
    // The row first: a token that is in no list could not be revoked.
    store.set_token_of(person, &row).await?;
    let identity = Identity {
        person: person.clone(),
        login: caller.login.clone(),
        at_github: proof.at_github,
        standing: proof.standing.clone(),
    };
    let record = TokenRecord { identity, number, name, scopes, expires_at };
    store.set_token(&row.hash, &record).await?;
    // Somebody who was blocked meanwhile has all tokens revoked that were there then; and who revokes
    // this one before it stands must not find it standing afterwards.
    let revoked = store.token_of(person, number).await?.is_none_or(|row| row.revoked_at.is_some());
    if revoked || store.is_blocked(person).await? {
        take_away(&store, person, row).await?;
        return Err(blocked());
    }
    let place = format!("/api/v1/auth/tokens/{number}");
    let log = Log::Person(person.clone());
    audit::record(&store, &call, &log, "token.create", place.clone()).await?;
    let answer = TokenCreated { row: view(row, None), token: secret.reveal() };
    Ok(Reply::json(StatusCode::CREATED, &answer).header("location", &place))
}

/// Days that a token of the caller's may live. What an outside issuer cannot take back is the operator's
/// to allow (ADR 13).
async fn longest(proof: &Proof) -> Result<i64> {
    if proof.standing.is_some() {
        return Ok(LONGEST);
    }
    let days = AuthSettings::read().await?.issuer_token_days;
    if days == 0 {
        let detail = "There are no API tokens for those who come with another issuer's token, which \
                      could not take them back: send that issuer's tokens. (The platform's \
                      administrator allows them with auth_issuer_token_days.)";
        return Err(Failure::problem(ProblemKind::Forbidden, detail));
    }
    Ok(days)
}

pub async fn revoke(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let number = call.path::<u32>("token", "token")?;
    let store = Store::open().await?;
    let person = &call.caller()?.person;
    // The number counts the caller's own tokens: somebody else's cannot be named.
    let row = store.token_of(person, number).await?;
    let row = row.ok_or_else(|| Problem::not_found("token"))?;
    let was_revoked = row.revoked_at.is_some();
    // Again even so: whoever died in between may have left something that still opens.
    take_away(&store, person, row).await?;
    if was_revoked {
        return Err(Problem::not_found("token").into());
    }
    let object = format!("/api/v1/auth/tokens/{number}");
    let log = Log::Person(person.clone());
    audit::record(&store, &call, &log, "token.revoke", object).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn take_away(store: &Store, person: &Person, mut row: TokenRow) -> Result<()> {
    let used = store.day_pass(&row.hash).await?.map(|pass| pass.day);
    row.last_used = used.or(row.last_used);
    row.revoked_at.get_or_insert(nokube_domain::whole_seconds(now()));
    // The row first: a token that is just being made looks at it when it stands.
    store.set_token_of(person, &row).await?;
    store.delete_token(&row.hash).await?;
    store.delete_day_pass(&row.hash).await
}

/// Revokes every token of a person.
///
/// # Errors
/// The store failed.
pub async fn revoke_all(store: &Store, person: &Person) -> Result<()> {
    for row in rows(store, person).await? {
        take_away(store, person, row).await?;
    }
    Ok(())
}

async fn rows(store: &Store, person: &Person) -> Result<Vec<TokenRow>> {
    let count = store.count(&Counter::tokens(person)).await?;
    let rows = (1..=count).map(|number| store.token_of(person, number));
    Ok(try_join_all(rows).await?.into_iter().flatten().collect())
}
