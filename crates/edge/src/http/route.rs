//! Routes, and which of them matches a request.

use super::{call::Call, path_pattern::match_path, reply::Reply};
use crate::error::{Error, Result};
use http::Method;
use nokube_domain::{
    ProblemKind, access::AccessPolicy, rate_limit::RateLimit, responses::RouteView,
};
use std::{collections::BTreeMap, pin::Pin};

/// The future of a handler. It need not be `Send`: an instance has one thread.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<Reply>>>>;

/// A route, with the access that it requires.
pub struct Route {
    pub(super) method: Method,
    /// `/segments/{parameter}`
    pub(super) pattern: &'static str,
    pub(super) access_policy: AccessPolicy,
    pub(super) handler: fn(Call) -> HandlerFuture,
    pub(super) rate_limit: RateLimitPolicy,
}

/// How the calls of a route are limited.
pub enum RateLimitPolicy {
    /// Calls that change something count towards the caller's [`RateLimit::Changes`]; others are free.
    Default,
    Limited(RateLimit),
    Unlimited,
}

impl Route {
    pub const fn new(
        method: Method,
        pattern: &'static str,
        access_policy: AccessPolicy,
        handler: fn(Call) -> HandlerFuture,
    ) -> Self {
        Self { method, pattern, access_policy, handler, rate_limit: RateLimitPolicy::Default }
    }

    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = RateLimitPolicy::Limited(limit);
        self
    }

    /// Marks a route that only takes access away. It is never rate-limited: otherwise an attacker with a
    /// stolen credential could keep its owner from revoking it. It must not let storage grow.
    pub const fn revokes_access(mut self) -> Self {
        self.rate_limit = RateLimitPolicy::Unlimited;
        self
    }

    /// The entry of the route in the list of routes.
    pub(super) fn view(&self) -> RouteView {
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
    let mut at_path = routes.iter().filter(|route| route.pattern == matched.pattern);
    match at_path.clone().find(|route| route.method == *method) {
        Some(route) => {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            Ok((route, parameters.into_iter().map(owned).collect()))
        }
        None => {
            let first = at_path.next().map(|route| route.method.to_string()).unwrap_or_default();
            let allowed = at_path.fold(first, |all, route| format!("{all}, {}", route.method));
            let detail = format!("Use {allowed} here.");
            Err(Error::problem(ProblemKind::MethodNotAllowed, detail))
        }
    }
}
