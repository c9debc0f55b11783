//! Requests served natively, with a store in memory. The routes below stand for those of components.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod bodies;
mod callers;
mod interleaving;
mod places;
mod pushes;
mod rate_limits;
mod replies;
mod reservations;
mod routing;
mod settings;
mod store;
mod windows;
mod work;

use http::{Method, StatusCode};
use nokube_domain::{
    access::AccessPolicy,
    rate_limit::{RateLimit, ReadCost},
    scope::Scope,
};
use nokube_edge::{Call, Error, Reply, Result, Route, auth::AuthSettings, readiness};
use serde_json::json;

const ROUTES: &[Route] = &[
    Route::new(Method::GET, "/things", AccessPolicy::SignedIn(Scope::Read), |call| {
        Box::pin(name_caller(call))
    }),
    Route::new(Method::POST, "/things", AccessPolicy::SignedIn(Scope::Build), |call| {
        Box::pin(name_caller(call))
    }),
    Route::new(Method::GET, "/things/{thing}", AccessPolicy::Public, |call| {
        Box::pin(name_thing(call))
    }),
    Route::new(Method::GET, "/things/newest", AccessPolicy::Public, |_| Box::pin(name_newest())),
    Route::new(Method::POST, "/uploads", AccessPolicy::Public, |call| Box::pin(upload(call))),
    Route::new(Method::GET, "/sign-in", AccessPolicy::Public, |_| Box::pin(name_newest()))
        .rate_limit(RateLimit::SignIns),
    Route::new(Method::POST, "/session", AccessPolicy::SessionRenewal, |call| {
        Box::pin(renew(call))
    }),
    Route::new(Method::GET, "/metrics", AccessPolicy::Administrator(Scope::Metrics), |call| {
        Box::pin(name_caller(call))
    }),
    Route::new(Method::GET, "/lists", AccessPolicy::SignedIn(Scope::Read), |call| {
        Box::pin(name_caller(call))
    })
    .costs(ReadCost::FilteredPage(1, "status")),
    Route::new(Method::GET, "/broken", AccessPolicy::Public, |_| Box::pin(fail())),
    Route::new(Method::GET, "/ready", AccessPolicy::Public, |_| Box::pin(ready())),
];

const MAX_UPLOAD: usize = 2048;

async fn name_caller(call: Call) -> Result<Reply> {
    let (caller, credential) = (call.caller()?, call.credential()?);
    let via = credential.auth_method.as_str();
    Ok(Reply::json(StatusCode::OK, &json!({ "login": caller.login, "via": via })))
}

async fn name_thing(call: Call) -> Result<Reply> {
    let number: u32 = call.path_parameter("thing", "thing")?;
    Ok(Reply::json(StatusCode::OK, &json!({ "thing": number })))
}

async fn name_newest() -> Result<Reply> {
    Ok(Reply::json(StatusCode::OK, &json!({ "thing": "newest" })))
}

async fn upload(mut call: Call) -> Result<Reply> {
    let body = call.read_body(MAX_UPLOAD, |_| {}).await?;
    Ok(Reply::json(StatusCode::OK, &json!({ "bytes": body.len() })))
}

async fn renew(call: Call) -> Result<Reply> {
    Ok(Reply::text(call.refresh_token()?.reveal().to_owned()))
}

async fn fail() -> Result<Reply> {
    Err(Error::internal("read the thing", "sector 7 is unreadable"))
}

async fn ready() -> Result<Reply> {
    readiness::settings(AuthSettings::load().await)
}
