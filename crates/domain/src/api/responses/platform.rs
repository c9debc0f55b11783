//! Responses about the platform: readiness, routes, webhooks.

use crate::{Role, access::AccessPolicy, scope::Scope};
use serde::{Deserialize, Serialize};

/// Whether the platform is set up and its dependencies work.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Readiness {
    pub ready: bool,
    /// Whether the checks include all details. Anonymous callers see only whether a check passed, except for
    /// checks of the settings.
    pub in_full: bool,
    pub checks: Vec<ReadinessCheck>,
}

/// The result of one check.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReadinessCheck {
    /// `settings`, `sign_in`, `github`, `registry`, `cluster`, or the name of an invalid setting.
    pub name: String,
    pub ok: bool,
    /// What was found and, if the check failed, what to change.
    pub detail: String,
}

/// What the last run has done of the work that is left.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reconciliation {
    /// Items that were done.
    pub done: u32,
    /// Items that are left, at most. Builds that are running count.
    pub remaining: u32,
    /// Whether no part of the run has failed.
    pub complete: bool,
    /// The parts of the run. For administrators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub details: Option<Vec<ReconciledPart>>,
}

/// A part of a run.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReconciledPart {
    /// `builds`, `waiting_builds`, `repositories` or `deployments`, or the name of a component that did not answer.
    pub name: String,
    /// Whether it was carried out. If not, the log says why.
    pub ok: bool,
    pub done: u32,
    pub remaining: u32,
}

/// The outcome of a webhook.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = WebhookAnswer))]
pub struct WebhookResponse {
    /// `stored`, `ignored` or `pong`.
    pub outcome: &'static str,
    /// Why it was ignored.
    pub reason: Option<&'static str>,
}

/// All routes of all components.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Routes {
    pub routes: Vec<RouteView>,
}

/// A route and who may call it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Route))]
pub struct RouteView {
    pub method: String,
    /// `/segments/{parameter}`.
    pub path: String,
    #[serde(rename = "demand")]
    pub policy: RoutePolicy,
    /// The lowest role in the project that is sufficient, if a role is required.
    pub role: Option<Role>,
    /// The scope that the credential must have.
    pub scope: Option<Scope>,
    /// The component that serves the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub component: Option<String>,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RouteDemand))]
pub enum RoutePolicy {
    /// Anybody.
    Public,
    /// GitHub, authenticated by its signature over the body.
    Signature,
    /// A browser with a refresh cookie.
    #[serde(rename = "renewal")]
    SessionRenewal,
    /// A signed-in person, or any token.
    Authenticated,
    /// A signed-in person, or a token with the scope.
    #[serde(alias = "signed-in")]
    SignedIn,
    /// As `signed_in`, with the role in the project.
    Role,
    /// A signed-in person with the role in the project, or an administrator.
    #[serde(alias = "role-or-administrator")]
    RoleOrAdministrator,
    /// An administrator who has signed in, or their token with the scope.
    Administrator,
}

impl RouteView {
    pub fn new(method: &str, path: &str, policy: AccessPolicy) -> Self {
        let (policy, role, scope) = match policy {
            AccessPolicy::Public => (RoutePolicy::Public, None, None),
            AccessPolicy::Signature => (RoutePolicy::Signature, None, None),
            AccessPolicy::SessionRenewal => (RoutePolicy::SessionRenewal, None, None),
            AccessPolicy::Authenticated => (RoutePolicy::Authenticated, None, None),
            AccessPolicy::SignedIn(scope) => (RoutePolicy::SignedIn, None, Some(scope)),
            AccessPolicy::Role(role, scope) => (RoutePolicy::Role, Some(role), Some(scope)),
            AccessPolicy::RoleOrAdministrator(role) => {
                (RoutePolicy::RoleOrAdministrator, Some(role), None)
            }
            AccessPolicy::Administrator(scope) => (RoutePolicy::Administrator, None, Some(scope)),
        };
        Self { method: method.into(), path: path.into(), policy, role, scope, component: None }
    }
}
