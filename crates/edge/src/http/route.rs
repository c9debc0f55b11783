//! Routes, and which of them matches a request.

use super::{call::Call, path_pattern::match_path, reply::Reply};
use crate::error::{Error, Result};
use http::Method;
use nokube_domain::{
    Problem, ProblemKind,
    access::AccessPolicy,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
    rate_limit::{RateLimit, ReadCost},
    responses::RouteView,
};
use std::{collections::BTreeMap, pin::Pin};

/// The future of a handler. It need not be `Send`: an instance has one thread.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<Reply>>>>;

/// A route, with the access that it requires. Made by [`route!`](crate::route) or
/// [`internal_route!`](crate::internal_route).
pub struct Route {
    pub method: Method,
    /// `/segments/{parameter}`
    pub pattern: &'static str,
    pub access_policy: AccessPolicy,
    pub(super) handler: fn(Call) -> HandlerFuture,
    rate_limit: RateLimitPolicy,
    read_cost: ReadCost,
    /// Makes its description in the OpenAPI document; `None` for an internal route.
    #[cfg(feature = "openapi")]
    pub describe: Option<fn() -> nokube_contract::Operation>,
}

/// How the calls of a route are limited.
enum RateLimitPolicy {
    /// Calls of an authenticated caller count towards [`RateLimit::Reads`] or [`RateLimit::Changes`]; others are free.
    Default,
    Limited(RateLimit),
    Unlimited,
}

/// A public route: `route!(GET, "/api/v1/builds/{build}", VIEWER, read::read)`. Its description is the
/// function of the same name in the module `openapi` beside the handler.
#[macro_export]
macro_rules! route {
    ($method:ident, $pattern:literal, $policy:expr, $module:ident::$handler:ident) => {{
        let method = $crate::Method::$method;
        let handler = |call| -> $crate::HandlerFuture { Box::pin($module::$handler(call)) };
        let route = $crate::Route::new(method, $pattern, $policy, handler);
        #[cfg(feature = "openapi")]
        let route = route.described_by($module::openapi::$handler);
        route
    }};
}

/// A route for other components only, which is not in the OpenAPI document: `spin.toml` gives it no public
/// path.
#[macro_export]
macro_rules! internal_route {
    ($method:ident, $pattern:literal, $handler:path) => {
        $crate::Route::new(
            $crate::Method::$method,
            $pattern,
            $crate::AccessPolicy::Public,
            |call| Box::pin($handler(call)),
        )
    };
}

impl Route {
    pub const fn new(
        method: Method,
        pattern: &'static str,
        access_policy: AccessPolicy,
        handler: fn(Call) -> HandlerFuture,
    ) -> Self {
        Self {
            method,
            pattern,
            access_policy,
            handler,
            rate_limit: RateLimitPolicy::Default,
            read_cost: ReadCost::Fixed(1),
            #[cfg(feature = "openapi")]
            describe: None,
        }
    }

    #[cfg(feature = "openapi")]
    pub const fn described_by(mut self, describe: fn() -> nokube_contract::Operation) -> Self {
        self.describe = Some(describe);
        self
    }

    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = RateLimitPolicy::Limited(limit);
        self
    }

    /// How much its calls count in [`RateLimit::Reads`], if not one.
    pub const fn costs(mut self, cost: ReadCost) -> Self {
        self.read_cost = cost;
        self
    }

    /// Marks a route that only takes access away. It is never rate-limited: otherwise an attacker with a
    /// stolen credential could keep its owner from revoking it. It must not let storage grow.
    pub const fn revokes_access(mut self) -> Self {
        self.rate_limit = RateLimitPolicy::Unlimited;
        self
    }

    /// What its calls count towards.
    pub fn counted_limit(&self) -> Option<RateLimit> {
        match self.rate_limit {
            RateLimitPolicy::Limited(limit) => Some(limit),
            RateLimitPolicy::Default if self.access_policy.identifies_caller() => {
                Some(match self.method {
                    Method::GET => RateLimit::Reads,
                    _ => RateLimit::Changes,
                })
            }
            RateLimitPolicy::Default | RateLimitPolicy::Unlimited => None,
        }
    }

    /// How much a call counts in [`RateLimit::Reads`].
    pub(super) fn read_cost(&self, call: &Call) -> u32 {
        let rows = match self.read_cost.filter().and_then(|parameter| call.query(parameter)) {
            Some(_) => MAX_LIMIT,
            // The handler rejects a call whose page is invalid.
            None => call.page().map_or(DEFAULT_LIMIT, |page| page.limit),
        };
        self.read_cost.of_page(rows)
    }

    /// Whether its JSON has an entity tag, and a client that has the current one gets 304. These are the reads of
    /// authenticated callers. Public routes are not polled for changes.
    pub fn is_conditional(&self) -> bool {
        self.method == Method::GET && self.access_policy.identifies_caller()
    }

    /// The entry of the route in the list of routes.
    pub fn view(&self) -> RouteView {
        RouteView::new(self.method.as_str(), self.pattern, self.access_policy)
    }
}

/// Finds the route for a method and path. Returns it with the parameters in the path.
///
/// # Errors
/// 404 without a route for the path; 405 without one for the method.
pub fn find_route<'a>(
    routes: &'a [Route],
    method: &Method,
    path: &str,
) -> Result<(&'a Route, BTreeMap<String, String>)> {
    let matches = routes.iter().filter_map(|route| Some((route, match_path(route.pattern, path)?)));
    // A literal segment is preferred to a parameter.
    let Some((matched, parameters)) = matches.min_by_key(|(_, parameters)| parameters.len()) else {
        let detail = "Nothing is served here. The routes are described at /docs.";
        return Err(Error::problem(ProblemKind::NotFound, detail));
    };
    let at_path = routes.iter().filter(|route| route.pattern == matched.pattern);
    match at_path.clone().find(|route| route.method == *method) {
        Some(route) => {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            Ok((route, parameters.into_iter().map(owned).collect()))
        }
        None => {
            // HEAD is served as GET.
            let allowed = at_path.map(|route| match route.method {
                Method::GET => "GET, HEAD",
                ref method => method.as_str(),
            });
            Err(Problem::method_not_allowed(allowed.collect::<Vec<_>>().join(", ")).into())
        }
    }
}
