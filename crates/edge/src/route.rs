//! One way through: route → who is it → the handler → an answer.

use crate::{
    BoxBody, Call, Failure, Reply, Request, Response, Result,
    auth::{self, AuthSettings},
    headers, limits,
    scope::{Scope, tell},
    store::Store,
};
use http::{HeaderMap, Method, StatusCode};
use nokube_domain::{
    Problem, ProblemKind, Reason,
    access::{Demand, admit},
    answer::{RouteView, Routes},
    audit,
    limit::Limited,
    pattern::parameters,
};
use std::{collections::BTreeMap, pin::Pin};

/// A handler's future. It need not be `Send`: an instance has one thread.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply>>>>;

/// A route, with what it demands of its caller.
pub struct Route {
    pub method: Method,
    /// `/segments/{parameter}`.
    pub path: &'static str,
    pub demand: Demand,
    pub handler: fn(Call) -> Answer,
    limit: Limit,
}

/// How often a route may be asked for.
enum Limit {
    /// What a person changes is counted with whatever else they change.
    Usual,
    As(Limited),
    Never,
}

impl Route {
    pub const fn new(
        method: Method,
        path: &'static str,
        demand: Demand,
        handler: fn(Call) -> Answer,
    ) -> Self {
        Self { method, path, demand, handler, limit: Limit::Usual }
    }

    pub const fn limited(mut self, limited: Limited) -> Self {
        self.limit = Limit::As(limited);
        self
    }

    /// It takes access away, and leaves no more behind than was given: never limited, or whoever has a
    /// credential of somebody's could keep them from ending it.
    pub const fn takes_access_away(mut self) -> Self {
        self.limit = Limit::Never;
        self
    }

    /// As the list of routes tells it.
    fn describe(&self) -> RouteView {
        RouteView::new(self.method.as_str(), self.path, self.demand)
    }
}

/// Answers `request` from `routes`; `component` names us in the log.
pub async fn serve(
    component: &'static str,
    routes: &[Route],
    request: Request,
) -> Response<BoxBody> {
    let headers = request.headers().clone();
    in_scope(component, request, async |scope, request| {
        let path = request.uri().path().to_owned();
        let reply = told(scope, &path, answer(scope, routes, request).await);
        let settings = AuthSettings::read().await.ok();
        headers::guard(reply, &headers, settings.as_deref())
    })
    .await
}

/// As [`serve`], for a component whose routes demand no caller: it is called by servers, not by pages,
/// and has nothing of sign-in, limits and other pages' calls, nor the code and settings for them.
pub async fn serve_servers(
    component: &'static str,
    routes: &[Route],
    request: Request,
) -> Response<BoxBody> {
    in_scope(component, request, async |scope, request| {
        let path = request.uri().path().to_owned();
        let answer = match begin(scope, routes, request) {
            Ok(Begun::Listed(reply)) => Ok(reply),
            Ok(Begun::Call(route, call)) => match route.demand {
                Demand::Public | Demand::Signature => (route.handler)(*call).await,
                _ => {
                    let what = "a route demands a caller, and nobody looks for one";
                    Err(Failure::internal(what, &path))
                }
            },
            Err(failure) => Err(failure),
        };
        headers::private(told(scope, &path, answer))
    })
    .await
}

/// Answers a request in its scope, whose line is written when all of it is over.
pub(crate) async fn in_scope(
    component: &'static str,
    request: Request,
    answer: impl AsyncFnOnce(&Scope, Request) -> Reply,
) -> Response<BoxBody> {
    let scope = Scope::new(component, &request);
    let reply = scope.clone().run(answer(&scope, request)).await;
    scope.answered(reply.status().as_u16());
    reply.header("x-request-id", &scope.request_id).into_response()
}

/// What is told of an answer; our own failures are logged.
fn told(scope: &Scope, path: &str, answer: Result<Reply>) -> Reply {
    match answer {
        Ok(reply) => reply,
        Err(Failure::Problem(problem)) => Reply::problem(&problem, path),
        Err(Failure::Internal(what)) => {
            tell("error", &what); // The only place that logs it.
            let request_id = &scope.request_id;
            let detail = format!(
                "This was logged as {request_id}. Try again; if it happens again, tell the \
                 platform's administrator that id."
            );
            Reply::problem(&Problem::new(ProblemKind::Internal, detail), path)
        }
    }
}

/// Where a component lists its routes with what they demand. Reached by chaining only: `spin.toml`
/// gives it no public path.
const LIST: &str = "/routes";

/// A request, as far as nobody need be known for it.
enum Begun<'a> {
    Listed(Reply),
    Call(&'a Route, Box<Call>),
}

fn begin<'a>(scope: &Scope, routes: &'a [Route], request: Request) -> Result<Begun<'a>> {
    let path = request.uri().path().to_owned();
    let method = meant(&request);
    if path == LIST && method == Method::GET {
        scope.at("GET", LIST);
        let routes = routes.iter().map(Route::describe).collect();
        return Ok(Begun::Listed(Reply::json(StatusCode::OK, &Routes { routes })));
    }
    let (route, path_parameters) = find(routes, &method, &path)?;
    scope.at(route.method.as_str(), route.path);
    let call = Call {
        headers: request.headers().clone(),
        query: query(request.uri().query().unwrap_or_default()),
        request: Some(request),
        path,
        path_parameters,
        demand: route.demand,
        caller: None,
        proof: None,
        renewal: None,
        address: None,
        request_id: scope.request_id.clone(),
    };
    Ok(Begun::Call(route, Box::new(call)))
}

/// Who asks for the head only is answered as if they had asked for all.
fn meant(request: &Request) -> Method {
    match *request.method() {
        Method::HEAD => Method::GET,
        ref method => method.clone(),
    }
}

async fn answer(scope: &Scope, routes: &[Route], request: Request) -> Result<Reply> {
    if let Ok(settings) = AuthSettings::read().await
        && let Some(reply) = headers::preflight(request.method(), request.headers(), &settings)
    {
        return Ok(reply);
    }
    let method = meant(&request);
    let (route, mut call) = match begin(scope, routes, request)? {
        Begun::Listed(reply) => return Ok(reply),
        Begun::Call(route, call) => (route, call),
    };
    match route.demand {
        Demand::Public | Demand::Signature => {}
        Demand::Renewal => call.renewal = Some(auth::renewal(&method, &call.headers).await?),
        _ => {
            let (who, by) = auth::identify(&method, &call.headers).await?;
            scope.known_as(&who);
            admit(&by, route.demand)?;
            if route.demand.minds_blocks(method == Method::GET)
                && Store::open().await?.is_blocked(&who.person).await?
            {
                return Err(blocked());
            }
            (call.caller, call.proof) = (Some(who), Some(by));
        }
    }
    call.address = address(&call.headers).await;
    let person = call.caller.as_ref().map(|caller| &caller.person);
    let limited = match route.limit {
        Limit::As(limited) => Some(limited),
        Limit::Usual if person.is_some() && method != Method::GET => Some(Limited::Changes),
        Limit::Usual | Limit::Never => None,
    };
    if let Some(limited) = limited {
        limits::count(limited, person, call.address.as_deref()).await?;
    }
    (route.handler)(*call).await
}

/// What somebody is told whom an administrator has blocked.
pub fn blocked() -> Failure {
    let detail = "An administrator has taken your access away.";
    Problem::new(ProblemKind::Forbidden, detail).because(Reason::Blocked).into()
}

/// The client's address: what the server in front of us says, if the operator names its header; else
/// what the host says. Of several values the last is the server's own: a client can only send earlier
/// ones. It is kept and counted, and proves nothing.
async fn address(headers: &HeaderMap) -> Option<String> {
    let settings = AuthSettings::read().await.ok();
    let header = settings.as_ref().map(|settings| settings.address_header.as_str());
    let header = header.filter(|header| !header.is_empty()).unwrap_or("spin-client-addr");
    let last = headers.get_all(header).iter().next_back()?;
    audit::address(last.to_str().ok()?)
}

/// The route for a method and path, and the path's parameters.
fn find<'a>(
    routes: &'a [Route],
    method: &Method,
    path: &str,
) -> Result<(&'a Route, BTreeMap<String, String>)> {
    let fitting = routes.iter().filter_map(|route| Some((route, parameters(route.path, path)?)));
    // What is said outright beats a parameter.
    let Some((meant, found)) = fitting.min_by_key(|(_, found)| found.len()) else {
        let detail = "Nothing is served here. The routes are described at /docs.";
        return Err(Failure::problem(ProblemKind::NotFound, detail));
    };
    let mut at_path = routes.iter().filter(|route| route.path == meant.path);
    match at_path.clone().find(|route| route.method == *method) {
        Some(route) => {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            Ok((route, found.into_iter().map(owned).collect()))
        }
        None => {
            let first = at_path.next().map(|route| route.method.to_string()).unwrap_or_default();
            let allowed = at_path.fold(first, |all, route| format!("{all}, {}", route.method));
            let detail = format!("Use {allowed} here.");
            Err(Failure::problem(ProblemKind::MethodNotAllowed, detail))
        }
    }
}

fn query(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
