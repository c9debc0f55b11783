//! Authentication: sign-in with GitHub, sessions, API tokens, and the exchange of an OIDC issuer's tokens.
//!
//! The table below lists every route with the access that it requires; the handlers are in `routes`.

mod api_tokens;
mod complete_sign_in;
mod github;
mod oidc_issuer;
mod routes;
mod sessions;
mod settings;

use http::Method;
use nokube_domain::{access::AccessPolicy, rate_limit::RateLimit, scope::Scope};
use nokube_edge::{BoxBody, Request, Response, Route, serve};
use routes::{
    api_tokens as tokens, current_user, device, people, ready, route_list, session, token,
    web_sign_in,
};

const ACCOUNT: AccessPolicy = AccessPolicy::SignedIn(Scope::Account);
const ADMINISTRATOR: AccessPolicy = AccessPolicy::Administrator(Scope::Account);

const ROUTES: &[Route] = &[
    Route::new(Method::GET, "/api/v1/auth/login", AccessPolicy::Public, |c| {
        Box::pin(web_sign_in::start(c))
    })
    .rate_limit(RateLimit::SignIns),
    // The handler counts requests itself: per sign-in instead of per client address.
    Route::new(Method::GET, "/api/v1/auth/callback", AccessPolicy::Public, |c| {
        Box::pin(web_sign_in::finish(c))
    }),
    Route::new(Method::POST, "/api/v1/auth/device", AccessPolicy::Public, |c| {
        Box::pin(device::start(c))
    })
    .rate_limit(RateLimit::SignIns),
    Route::new(Method::POST, "/api/v1/auth/token", AccessPolicy::Public, |c| {
        Box::pin(token::issue(c))
    })
    .rate_limit(RateLimit::Tokens),
    Route::new(Method::POST, "/api/v1/auth/session", AccessPolicy::SessionRenewal, |c| {
        Box::pin(session::renew(c))
    }),
    Route::new(Method::DELETE, "/api/v1/auth/session", AccessPolicy::SessionRenewal, |c| {
        Box::pin(session::sign_out(c))
    }),
    Route::new(Method::DELETE, "/api/v1/auth/sessions", ACCOUNT, |c| {
        Box::pin(session::sign_out_everywhere(c))
    })
    .revokes_access(),
    Route::new(Method::GET, "/api/v1/auth/me", AccessPolicy::SignedIn(Scope::Read), |c| {
        Box::pin(current_user::read(c))
    }),
    Route::new(Method::GET, "/api/v1/auth/audit", ACCOUNT, |c| Box::pin(current_user::audit(c))),
    Route::new(Method::GET, "/api/v1/auth/tokens", ACCOUNT, |c| Box::pin(tokens::list(c))),
    Route::new(Method::POST, "/api/v1/auth/tokens", ACCOUNT, |c| Box::pin(tokens::create(c))),
    Route::new(Method::DELETE, "/api/v1/auth/tokens/{token}", ACCOUNT, |c| {
        Box::pin(tokens::revoke(c))
    })
    .revokes_access(),
    Route::new(Method::PUT, "/api/v1/auth/people/{username}/block", ADMINISTRATOR, |c| {
        Box::pin(people::block(c))
    })
    .revokes_access(),
    Route::new(Method::DELETE, "/api/v1/auth/people/{username}/block", ADMINISTRATOR, |c| {
        Box::pin(people::unblock(c))
    }),
    Route::new(Method::GET, "/api/v1/auth/people/{username}/audit", ADMINISTRATOR, |c| {
        Box::pin(people::audit(c))
    }),
    Route::new(Method::GET, "/api/v1/routes", AccessPolicy::SignedIn(Scope::Read), |c| {
        Box::pin(route_list::list(c))
    }),
    // Reached by chaining only: `spin.toml` gives them no public path.
    Route::new(Method::GET, "/ready", AccessPolicy::Public, |c| Box::pin(ready::settings(c))),
    Route::new(Method::GET, "/ready/sign-in", AccessPolicy::Public, |c| {
        Box::pin(ready::sign_in(c))
    }),
];

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    serve("auth", ROUTES, request).await
}
