//! Authentication: sign-in with GitHub, sessions, API tokens, and the exchange of an OIDC issuer's tokens.
//!
//! The table below lists every route with the access that it requires; the handlers are in `routes`.

mod api_tokens;
mod authorization_codes;
mod complete_sign_in;
mod github;
mod oidc_issuer;
mod routes;
mod sessions;
mod settings;
mod token_limits;

use nokube_domain::{
    access::AccessPolicy,
    rate_limit::{RateLimit, ReadCost},
    scope::Scope,
};
use nokube_edge::{BoxBody, Request, Response, Route, internal_route, route, serve};
use routes::{
    api_tokens as tokens, authorizations, current_user, device, people, ready, route_list, session,
    token, web_sign_in,
};

const ACCOUNT: AccessPolicy = AccessPolicy::SignedIn(Scope::Account);
const ADMINISTRATOR: AccessPolicy = AccessPolicy::Administrator(Scope::Account);

pub const ROUTES: &[Route] = &[
    route!(GET, "/api/v1/auth/login", AccessPolicy::Public, web_sign_in::start)
        .rate_limit(RateLimit::SignIns),
    // The handler counts requests itself: only those of a browser that has started a sign-in.
    route!(GET, "/api/v1/auth/callback", AccessPolicy::Public, web_sign_in::finish),
    route!(POST, "/api/v1/auth/device", AccessPolicy::Public, device::start)
        .rate_limit(RateLimit::SignIns),
    route!(POST, "/api/v1/auth/authorizations", ACCOUNT, authorizations::create)
        .rate_limit(RateLimit::SignIns),
    route!(POST, "/api/v1/auth/token", AccessPolicy::Public, token::issue)
        .rate_limit(RateLimit::Tokens),
    route!(POST, "/api/v1/auth/session", AccessPolicy::SessionRenewal, session::renew),
    route!(DELETE, "/api/v1/auth/session", AccessPolicy::SessionRenewal, session::sign_out),
    route!(DELETE, "/api/v1/auth/sessions", ACCOUNT, session::sign_out_everywhere).revokes_access(),
    route!(GET, "/api/v1/auth/me", AccessPolicy::SignedIn(Scope::Read), current_user::read),
    route!(GET, "/api/v1/auth/audit", ACCOUNT, current_user::audit).costs(ReadCost::Page(1)),
    route!(GET, "/api/v1/auth/tokens", ACCOUNT, tokens::list).costs(ReadCost::Page(1)),
    route!(POST, "/api/v1/auth/tokens", ACCOUNT, tokens::create),
    route!(DELETE, "/api/v1/auth/tokens/{token}", ACCOUNT, tokens::revoke).revokes_access(),
    route!(
        DELETE,
        "/api/v1/auth/tokens/current",
        AccessPolicy::Authenticated,
        tokens::revoke_current
    )
    .revokes_access(),
    route!(PUT, "/api/v1/auth/people/{username}/block", ADMINISTRATOR, people::block)
        .revokes_access(),
    route!(DELETE, "/api/v1/auth/people/{username}/block", ADMINISTRATOR, people::unblock),
    route!(GET, "/api/v1/auth/people/{username}/audit", ADMINISTRATOR, people::audit)
        .costs(ReadCost::Page(1)),
    // It asks five components.
    route!(GET, "/api/v1/routes", AccessPolicy::SignedIn(Scope::Read), route_list::list)
        .costs(ReadCost::Fixed(5)),
    internal_route!(GET, "/ready", ready::settings),
    internal_route!(GET, "/ready/sign-in", ready::sign_in),
];

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Response<BoxBody> {
    serve("auth", ROUTES, request).await
}
