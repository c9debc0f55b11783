//! Serves a request: find the route, authenticate the caller, check rate limits, call the handler.

use super::{
    body::{BoxBody, RequestBody},
    call::{Access, Call},
    cors, rate_limit,
    reply::Reply,
    route::{Route, find_route},
    security_headers,
};
use crate::{
    auth::{AuthSettings, blocked_error, identify, refresh_token},
    error::{Error, Result},
    store::Store,
    telemetry::{RequestSpan, log_error},
};
use http::{Method, Request, Response, StatusCode, request::Parts};
use nokube_domain::{
    Problem, ProblemKind,
    access::{AccessPolicy, AuthMethod, authorize_credential},
    rate_limit::{Client, RateLimit},
    responses::Routes,
};
use std::rc::Rc;

/// Where each component lists its routes. Reached by chaining only: `spin.toml` gives it no public path.
const ROUTES_PATH: &str = "/routes";

/// When a client may try again after the store did not answer.
const STORE_RETRY_SECONDS: u32 = 5;

/// Serves `request` with `routes`; `component` is the name in the log.
pub async fn serve(
    component: &'static str,
    routes: &[Route],
    request: Request<impl RequestBody>,
) -> Response<BoxBody> {
    in_request_span(component, request, async |span, request, body| {
        let (request, settings) = (Rc::new(request), AuthSettings::load().await.ok());
        let reply = handle(span, routes, &request, settings.as_deref(), body.boxed()).await;
        let reply = into_reply(span, request.uri.path(), reply);
        let reply = security_headers::add(reply, settings.as_deref());
        match &settings {
            Some(settings) => cors::add_headers(reply, &request.headers, settings),
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
    request: Request<impl RequestBody>,
) -> Response<BoxBody> {
    in_request_span(component, request, async |span, request, body| {
        let request = Rc::new(request);
        let reply = handle_unauthenticated(span, routes, &request, body.boxed()).await;
        security_headers::add_defaults(into_reply(span, request.uri.path(), reply))
    })
    .await
}

/// Runs `serve` within a new request span. The span writes its log line when everything has ended.
pub(super) async fn in_request_span<B>(
    component: &'static str,
    request: Request<B>,
    serve: impl AsyncFnOnce(&RequestSpan, Parts, B) -> Reply,
) -> Response<BoxBody> {
    let (parts, body) = request.into_parts();
    let span = RequestSpan::new(component, &parts.headers);
    let reply = span.clone().run(serve(&span, parts, body)).await;
    span.set_status(reply.status().as_u16());
    reply.header("x-request-id", &span.request_id).into_response()
}

/// Turns errors into replies. This is the only place that logs internal errors.
fn into_reply(span: &RequestSpan, path: &str, result: Result<Reply>) -> Reply {
    match result {
        Ok(reply) => reply,
        Err(Error::Problem(problem)) => Reply::problem(&problem, path),
        Err(Error::StoreUnavailable(what)) => {
            log_error(&what);
            let detail = "The platform's storage does not answer. Try again in a moment.";
            let problem = Problem::new(ProblemKind::UpstreamUnavailable, detail);
            Reply::problem(&problem.with_retry_after(STORE_RETRY_SECONDS), path)
        }
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

/// `settings` are `None` if they have errors.
async fn handle(
    span: &RequestSpan,
    routes: &[Route],
    request: &Rc<Parts>,
    settings: Option<&AuthSettings>,
    body: BoxBody,
) -> Result<Reply> {
    if let Some(settings) = settings
        && let Some(reply) = cors::preflight(&request.method, &request.headers, settings)
    {
        return Ok(reply);
    }
    if let Some(list) = route_list(span, routes, request) {
        return Ok(list);
    }
    let (route, mut call) = find_call(span, routes, request, body)?;
    call.access = authenticate(span, route.access_policy, request).await?;
    call.client_address_header = settings
        .map(|settings| settings.client_address_header.clone())
        .filter(|header| !header.is_empty());
    count(route, &call).await?;
    let reply = (route.handler)(call).await?;
    match route.is_conditional() {
        true => Ok(reply.conditional(&request.headers)),
        false => Ok(reply),
    }
}

/// Counts the call towards the limit of its route.
async fn count(route: &Route, call: &Call) -> Result<()> {
    let Some(limit) = route.counted_limit() else { return Ok(()) };
    let person = call.caller().ok().map(|caller| caller.person.key());
    match (limit, &person) {
        (RateLimit::Reads, Some(person)) => {
            let reader = match call.credential()?.auth_method {
                // Apart from their own: otherwise somebody with a stolen token could keep its owner from reading the
                // list of tokens, and so from revoking it.
                AuthMethod::Token(_) => format!("{person} tokens"),
                _ => person.clone(),
            };
            rate_limit::count_read(&reader, route.read_cost(call)).await
        }
        (_, Some(person)) => rate_limit::count_request(limit, Client::Person(person)).await,
        (_, None) => {
            let address = call.client_address();
            rate_limit::count_request(limit, Client::Address(address.as_deref())).await
        }
    }
}

async fn handle_unauthenticated(
    span: &RequestSpan,
    routes: &[Route],
    request: &Rc<Parts>,
    body: BoxBody,
) -> Result<Reply> {
    if let Some(list) = route_list(span, routes, request) {
        return Ok(list);
    }
    let (route, call) = find_call(span, routes, request, body)?;
    match route.access_policy {
        AccessPolicy::Public | AccessPolicy::Signature => (route.handler)(call).await,
        _ => {
            let what = "a route requires a caller in a component that authenticates none";
            Err(Error::internal(what, request.uri.path()))
        }
    }
}

/// The reply to a request for the list of routes.
fn route_list(span: &RequestSpan, routes: &[Route], request: &Parts) -> Option<Reply> {
    if request.uri.path() != ROUTES_PATH || !is_read(request) {
        return None;
    }
    span.set_route("GET", ROUTES_PATH);
    let routes = routes.iter().map(Route::view).collect();
    Some(Reply::json(StatusCode::OK, &Routes { routes }))
}

/// HEAD is served as GET.
fn is_read(request: &Parts) -> bool {
    matches!(request.method, Method::GET | Method::HEAD)
}

/// The route of a request, and its call, which is not authenticated yet.
fn find_call<'a>(
    span: &RequestSpan,
    routes: &'a [Route],
    request: &Rc<Parts>,
    body: BoxBody,
) -> Result<(&'a Route, Call)> {
    let method = if is_read(request) { &Method::GET } else { &request.method };
    let (route, path_parameters) = find_route(routes, method, request.uri.path())?;
    span.set_route(route.method.as_str(), route.pattern);
    let query = request.uri.query().unwrap_or_default();
    let call = Call {
        body: Some(body),
        request: request.clone(),
        path_parameters,
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        access_policy: route.access_policy,
        access: Access::Anonymous,
        client_address_header: None,
        request_id: span.request_id.clone(),
    };
    Ok((route, call))
}

/// Authenticates the caller as the policy requires and checks that the credential allows the call. Roles
/// in a project are checked by the handler ([`Call::require_role`]).
async fn authenticate(span: &RequestSpan, policy: AccessPolicy, request: &Parts) -> Result<Access> {
    match policy {
        AccessPolicy::Public | AccessPolicy::Signature => Ok(Access::Anonymous),
        AccessPolicy::SessionRenewal => {
            Ok(Access::SessionRenewal(refresh_token(&request.method, &request.headers).await?))
        }
        _ => {
            let (caller, credential) = identify(&request.method, &request.headers).await?;
            span.set_user(&caller);
            authorize_credential(&credential, policy)?;
            if policy.checks_blocklist(is_read(request))
                && Store::open().await?.is_blocked(&caller.person).await?
            {
                return Err(blocked_error());
            }
            Ok(Access::Caller(caller, credential))
        }
    }
}
