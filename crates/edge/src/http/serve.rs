//! Serves a request: find the route, authenticate the caller, check rate limits, call the handler.

use super::{
    call::Call,
    cors, rate_limit,
    reply::Reply,
    route::{RateLimitPolicy, Route, find_route},
    security_headers,
};
use crate::{
    auth::{AuthSettings, blocked_error, identify, refresh_token},
    error::{Error, Result},
    store::Store,
    telemetry::{RequestSpan, log_error},
};
use http::{HeaderMap, Method, StatusCode};
use nokube_domain::{
    Problem, ProblemKind,
    access::{AccessPolicy, authorize_credential},
    audit::parse_client_address,
    rate_limit::RateLimit,
    responses::Routes,
};
use spin_sdk::http::{BoxBody, Request, Response};
use std::collections::BTreeMap;

/// Where each component lists its routes. Reached by chaining only: `spin.toml` gives it no public path.
const ROUTES_PATH: &str = "/routes";

/// Serves `request` with `routes`; `component` is the name in the log.
pub async fn serve(
    component: &'static str,
    routes: &[Route],
    request: Request,
) -> Response<BoxBody> {
    let headers = request.headers().clone();
    in_request_span(component, request, async |span, request| {
        let path = request.uri().path().to_owned();
        let reply = into_reply(span, &path, handle(span, routes, request).await);
        let settings = AuthSettings::load().await.ok();
        let reply = security_headers::add(reply, settings.as_deref());
        match &settings {
            Some(settings) => cors::add_headers(reply, &headers, settings),
            None => reply,
        }
    })
    .await
}

/// As [`serve`], for a component that authenticates no callers. It is called by servers, not by web pages,
/// so it needs neither the code nor the settings for sign-in, rate limits and CORS.
pub async fn serve_unauthenticated(
    component: &'static str,
    routes: &[Route],
    request: Request,
) -> Response<BoxBody> {
    in_request_span(component, request, async |span, request| {
        let path = request.uri().path().to_owned();
        let result = match match_route(span, routes, request) {
            Ok(Matched::RouteList(reply)) => Ok(reply),
            Ok(Matched::Route(route, call)) => match route.access_policy {
                AccessPolicy::Public | AccessPolicy::Signature => (route.handler)(*call).await,
                _ => {
                    let what = "a route requires a caller in a component that authenticates none";
                    Err(Error::internal(what, &path))
                }
            },
            Err(error) => Err(error),
        };
        security_headers::add_defaults(into_reply(span, &path, result))
    })
    .await
}

/// Runs `serve` within a new request span. The span writes its log line when everything has ended.
pub(super) async fn in_request_span(
    component: &'static str,
    request: Request,
    serve: impl AsyncFnOnce(&RequestSpan, Request) -> Reply,
) -> Response<BoxBody> {
    let span = RequestSpan::new(component, &request);
    let reply = span.clone().run(serve(&span, request)).await;
    span.set_status(reply.status().as_u16());
    reply.header("x-request-id", &span.request_id).into_response()
}

/// Turns errors into replies. This is the only place that logs internal errors.
fn into_reply(span: &RequestSpan, path: &str, result: Result<Reply>) -> Reply {
    match result {
        Ok(reply) => reply,
        Err(Error::Problem(problem)) => Reply::problem(&problem, path),
        Err(Error::Internal(what)) => {
            log_error(&what);
            let request_id = &span.request_id;
            let detail = format!(
                "This was logged as {request_id}. Try again; if it happens again, tell the \
                 platform's administrator that id."
            );
            Reply::problem(&Problem::new(ProblemKind::Internal, detail), path)
        }
    }
}

enum Matched<'a> {
    /// The request was for the list of routes.
    RouteList(Reply),
    /// The call has no caller yet.
    Route(&'a Route, Box<Call>),
}

fn match_route<'a>(
    span: &RequestSpan,
    routes: &'a [Route],
    request: Request,
) -> Result<Matched<'a>> {
    let path = request.uri().path().to_owned();
    let method = route_method(&request);
    if path == ROUTES_PATH && method == Method::GET {
        span.set_route("GET", ROUTES_PATH);
        let routes = routes.iter().map(Route::view).collect();
        return Ok(Matched::RouteList(Reply::json(StatusCode::OK, &Routes { routes })));
    }
    let (route, path_parameters) = find_route(routes, &method, &path)?;
    span.set_route(route.method.as_str(), route.pattern);
    let call = Call {
        headers: request.headers().clone(),
        query: parse_query(request.uri().query().unwrap_or_default()),
        request: Some(request),
        path,
        path_parameters,
        access_policy: route.access_policy,
        caller: None,
        credential: None,
        refresh_token: None,
        client_address: None,
        request_id: span.request_id.clone(),
    };
    Ok(Matched::Route(route, Box::new(call)))
}

/// The method to find the route by: HEAD is served as GET.
fn route_method(request: &Request) -> Method {
    match *request.method() {
        Method::HEAD => Method::GET,
        ref method => method.clone(),
    }
}

async fn handle(span: &RequestSpan, routes: &[Route], request: Request) -> Result<Reply> {
    if let Ok(settings) = AuthSettings::load().await
        && let Some(reply) = cors::preflight(request.method(), request.headers(), &settings)
    {
        return Ok(reply);
    }
    let method = route_method(&request);
    let (route, mut call) = match match_route(span, routes, request)? {
        Matched::RouteList(reply) => return Ok(reply),
        Matched::Route(route, call) => (route, call),
    };
    authenticate(span, route.access_policy, &method, &mut call).await?;
    call.client_address = client_address(&call.headers).await;
    let person = call.caller.as_ref().map(|caller| &caller.person);
    let limit = match route.rate_limit {
        RateLimitPolicy::Limited(limit) => Some(limit),
        RateLimitPolicy::Default if person.is_some() && method != Method::GET => {
            Some(RateLimit::Changes)
        }
        RateLimitPolicy::Default | RateLimitPolicy::Unlimited => None,
    };
    if let Some(limit) = limit {
        rate_limit::count_request(limit, person, call.client_address.as_deref()).await?;
    }
    (route.handler)(*call).await
}

/// Authenticates the caller as the policy requires and checks that the credential allows the call. Roles
/// in a project are checked by the handler ([`Call::require_role`]).
async fn authenticate(
    span: &RequestSpan,
    policy: AccessPolicy,
    method: &Method,
    call: &mut Call,
) -> Result<()> {
    match policy {
        AccessPolicy::Public | AccessPolicy::Signature => {}
        AccessPolicy::SessionRenewal => {
            call.refresh_token = Some(refresh_token(method, &call.headers).await?);
        }
        _ => {
            let (caller, credential) = identify(method, &call.headers).await?;
            span.set_user(&caller);
            authorize_credential(&credential, policy)?;
            if policy.checks_blocklist(*method == Method::GET)
                && Store::open().await?.is_blocked(&caller.person).await?
            {
                return Err(blocked_error());
            }
            (call.caller, call.credential) = (Some(caller), Some(credential));
        }
    }
    Ok(())
}

/// The client's address, for rate limits and the audit log; it proves nothing.
///
/// Taken from the header that the operator names, set by a proxy in front, or else from the host's. Of
/// several values the last is used: a client can only send earlier ones.
async fn client_address(headers: &HeaderMap) -> Option<String> {
    let settings = AuthSettings::load().await.ok();
    let header = settings.as_ref().map(|settings| settings.client_address_header.as_str());
    let header = header.filter(|header| !header.is_empty()).unwrap_or("spin-client-addr");
    let last = headers.get_all(header).iter().next_back()?;
    parse_client_address(last.to_str().ok()?)
}

fn parse_query(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
