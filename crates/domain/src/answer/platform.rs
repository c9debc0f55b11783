//! What the platform says about itself.

use crate::{Role, access::Demand, scope::Scope};
use serde::{Deserialize, Serialize};

/// Is everything set up?
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Readiness {
    pub ready: bool,
    /// Whether you are told why: strangers are told of what was found beyond the settings only whether it
    /// is well.
    pub in_full: bool,
    pub checks: Vec<ReadinessCheck>,
}

/// Something that was looked at.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReadinessCheck {
    /// `settings`, `sign-in`, `github`, `registry`, `cluster`, or the setting that is wrong.
    pub name: String,
    pub ok: bool,
    /// What was found, and what to change if it is not well.
    pub detail: String,
}

/// What became of a webhook.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WebhookAnswer {
    /// `stored`, `ignored` or `pong`.
    pub outcome: &'static str,
    /// Why it was ignored.
    pub reason: Option<&'static str>,
}

/// Every route of every component.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Routes {
    pub routes: Vec<RouteView>,
}

/// A route, with what it demands of its caller.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Route))]
pub struct RouteView {
    pub method: String,
    /// `/segments/{parameter}`.
    pub path: String,
    pub demand: RouteDemand,
    /// The least role in the project, where one is demanded.
    pub role: Option<Role>,
    /// What the credential must be good for.
    pub scope: Option<Scope>,
    /// Which component serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub component: Option<String>,
}

/// What a route demands of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum RouteDemand {
    /// Nothing.
    Public,
    /// GitHub's signature over the body.
    Signature,
    /// The cookie that renews sessions.
    Renewal,
    /// A sign-in, or a token with the scope.
    SignedIn,
    /// The role in the project besides.
    Role,
    /// The role in the project, or an administrator.
    RoleOrAdministrator,
    /// An administrator, by a sign-in or a token with the scope.
    Administrator,
}

impl RouteView {
    pub fn new(method: &str, path: &str, demand: Demand) -> Self {
        let (demand, role, scope) = match demand {
            Demand::Public => (RouteDemand::Public, None, None),
            Demand::Signature => (RouteDemand::Signature, None, None),
            Demand::Renewal => (RouteDemand::Renewal, None, None),
            Demand::SignedIn(scope) => (RouteDemand::SignedIn, None, Some(scope)),
            Demand::Role(least, scope) => (RouteDemand::Role, Some(least), Some(scope)),
            Demand::RoleOrAdministrator(least) => {
                (RouteDemand::RoleOrAdministrator, Some(least), None)
            }
            Demand::Administrator(scope) => (RouteDemand::Administrator, None, Some(scope)),
        };
        Self { method: method.into(), path: path.into(), demand, role, scope, component: None }
    }
}
