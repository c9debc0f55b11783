//! Who is calling: sign-in with GitHub, sessions, API tokens, tokens of outside issuers.
//!
//! The table below is every route, with what it demands of its caller; each handler is a file.

mod begin;
mod device;
mod exchange;
mod github;
mod issuer;
mod me;
mod people;
mod ready;
mod routes;
mod session;
mod settings;
mod sign_in;
mod tokens;

use http::Method;
use nokube_domain::{access::Demand, limit::Limited, scope::Scope};
use nokube_edge::{BoxBody, Request, Response, Route, serve};

const ACCOUNT: Demand = Demand::SignedIn(Scope::Account);
const ADMINISTRATOR: Demand = Demand::Administrator(Scope::Account);

const ROUTES: &[Route] = &[
    Route::new(Method::GET, "/api/v1/auth/login", Demand::Public, |c| Box::pin(sign_in::login(c)))
        .limited(Limited::SignIns),
    Route::new(Method::GET, "/api/v1/auth/callback", Demand::Public, |c| {
        Box::pin(sign_in::callback(c))
    }),
    Route::new(Method::POST, "/api/v1/auth/device", Demand::Public, |c| {
        Box::pin(device::device(c))
    })
    .limited(Limited::SignIns),
    Route::new(Method::POST, "/api/v1/auth/token", Demand::Public, |c| {
        Box::pin(exchange::token(c))
    })
    .limited(Limited::Tokens),
    Route::new(Method::POST, "/api/v1/auth/session", Demand::Renewal, |c| {
        Box::pin(session::renew(c))
    }),
    Route::new(Method::DELETE, "/api/v1/auth/session", Demand::Renewal, |c| {
        Box::pin(session::sign_out(c))
    }),
    Route::new(Method::DELETE, "/api/v1/auth/sessions", ACCOUNT, |c| {
        Box::pin(session::sign_out_everywhere(c))
    })
    .takes_access_away(),
    Route::new(Method::GET, "/api/v1/auth/me", Demand::SignedIn(Scope::Read), |c| {
        Box::pin(me::me(c))
    }),
    Route::new(Method::GET, "/api/v1/auth/audit", ACCOUNT, |c| Box::pin(me::audit(c))),
    Route::new(Method::GET, "/api/v1/auth/tokens", ACCOUNT, |c| Box::pin(tokens::list(c))),
    Route::new(Method::POST, "/api/v1/auth/tokens", ACCOUNT, |c| Box::pin(tokens::create(c))),
    Route::new(Method::DELETE, "/api/v1/auth/tokens/{token}", ACCOUNT, |c| {
        Box::pin(tokens::revoke(c))
    })
    .takes_access_away(),
    Route::new(Method::PUT, "/api/v1/auth/people/{username}/block", ADMINISTRATOR, |c| {
        Box::pin(people::block(c))
    })
    .takes_access_away(),
    Route::new(Method::DELETE, "/api/v1/auth/people/{username}/block", ADMINISTRATOR, |c| {
        Box::pin(people::unblock(c))
    }),
    Route::new(Method::GET, "/api/v1/auth/people/{username}/audit", ADMINISTRATOR, |c| {
        Box::pin(people::audit(c))
    }),
    Route::new(Method::GET, "/api/v1/routes", Demand::SignedIn(Scope::Read), |c| {
        Box::pin(routes::routes(c))
    }),
    // Reached by chaining only: `spin.toml` gives them no public path.
    Route::new(Method::GET, "/ready", Demand::Public, |c| Box::pin(ready::settings(c))),
    Route::new(Method::GET, "/ready/sign-in", Demand::Public, |c| Box::pin(ready::sign_in(c))),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("auth", ROUTES, request).await
}
