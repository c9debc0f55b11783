//! Ingresses and HTTPRoutes, and what controllers say about an HTTPRoute.
//!
//! <https://gateway-api.sigs.k8s.io/reference/spec/#routeparentstatus>

use super::{
    condition::{Condition, Verdict, verdict},
    gateway::{self, ObservedGateway},
    metadata::{Metadata, observed},
    reachability::{Lookup, Reachability},
};
use crate::{
    kind::Kind,
    platform::{ExternalAddress, Platform, Routing},
};
use nokube_domain::deployments::{ErrorCode, Issue};
use serde_json::Value;

observed! {
    /// An Ingress or an HTTPRoute.
    pub struct ObservedRoute {
        pub metadata: Metadata,
        pub(super) spec: Value,
        pub(super) status: RouteStatus,
    }

    pub(super) struct RouteStatus {
        /// Of an HTTPRoute: one for each Gateway that has looked at it.
        parents: Vec<ParentStatus>,
        /// Of an Ingress: where it is served.
        pub(super) load_balancer: LoadBalancer,
    }

    struct ParentStatus {
        parent_ref: ParentReference,
        conditions: Vec<Condition>,
    }

    struct ParentReference {
        name: String,
        namespace: Option<String>,
        section_name: Option<String>,
    }

    pub(super) struct LoadBalancer {
        pub(super) ingress: Vec<Value>,
    }
}

impl ObservedRoute {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.spec.pointer(pointer).and_then(Value::as_str)
    }

    /// Whether it is for this host and path. Compares only the first host and path: NoKube's routes have one of
    /// each.
    pub fn serves(&self, address: &ExternalAddress) -> bool {
        let host = self.host();
        let path =
            self.text("/rules/0/matches/0/path/value").or(self.text("/rules/0/http/paths/0/path"));
        host == Some(address.host.as_str()) && path == Some(address.path.as_str())
    }

    /// The issue if it is for another host than the address. The host of a service depends on the operator's settings,
    /// and the route has that of the settings with which it was applied.
    pub(super) fn address_issue(&self, kind: Kind, address: &ExternalAddress) -> Option<Issue> {
        let host = self.host().filter(|host| *host != address.host)?;
        let kind = kind.name();
        let message = format!(
            "Its {kind} still serves {host}: the platform's administrator has changed which hosts services get."
        );
        let action = "Apply it again to move it to its new address.";
        let issue = Issue::permanent(ErrorCode::AddressChanged, message, action);
        Some(issue.with_object(kind, &self.metadata.name))
    }

    fn host(&self) -> Option<&str> {
        self.text("/hostnames/0").or(self.text("/rules/0/host"))
    }

    /// Of an Ingress.
    pub(super) fn class(&self) -> Option<&str> {
        self.text("/ingressClassName")
    }

    /// The Secret of an Ingress' certificate, if it is not shared by all.
    pub(super) fn certificate_secret(&self) -> Option<&str> {
        self.text("/tls/0/secretName")
    }

    /// What the controllers of this parent say.
    fn parents(&self, parent: &Parent<'_>) -> Vec<&ParentStatus> {
        let is_parent = |status: &&ParentStatus| {
            let of = &status.parent_ref;
            let namespace = of.namespace.as_deref().unwrap_or(parent.namespace);
            of.name == parent.name
                && namespace == parent.namespace
                && of.section_name.as_deref() == parent.listener
        };
        self.status.parents.iter().filter(is_parent).collect()
    }
}

/// The Gateway and listener that an HTTPRoute refers to.
struct Parent<'a> {
    name: &'a str,
    namespace: &'a str,
    listener: Option<&'a str>,
}

impl<'a> Parent<'a> {
    fn of(route: &'a ObservedRoute) -> Option<Self> {
        let (name, listener) =
            (route.text("/parentRefs/0/name")?, route.text("/parentRefs/0/sectionName"));
        let namespace = route.text("/parentRefs/0/namespace");
        let namespace = namespace.unwrap_or(&route.metadata.namespace);
        Some(Self { name, namespace, listener })
    }
}

/// Whether the HTTPRoute's Gateway sends it requests.
pub(super) fn reachability(
    route: &ObservedRoute,
    platform: &Platform,
    gateway: &Lookup<ObservedGateway>,
) -> Reachability {
    let Some(parent) = Parent::of(route) else { return Reachability::unknown(None) };
    let settings = platform.apps.as_ref().map(|apps| &apps.routing);
    // The setting may have changed since the route was applied. Then the route's Gateway was not read.
    let gateway = match settings {
        Some(Routing::Gateway { name, namespace, .. })
            if name == parent.name && namespace == parent.namespace =>
        {
            gateway::reachability(gateway, (parent.namespace, parent.name), parent.listener)
        }
        _ => Reachability::unknown(None),
    };
    // Without its Gateway, what the route's status says is outdated.
    if gateway.is_no() {
        return gateway;
    }
    gateway.and(acceptance(route, &parent))
}

/// Whether a controller has accepted the route at the parent, with its Service.
fn acceptance(route: &ObservedRoute, parent: &Parent<'_>) -> Reachability {
    let statuses = route.parents(parent);
    if statuses.is_empty() {
        let message = "No controller of the Gateway has taken up its HTTPRoute yet.";
        let action = "If that does not change in a minute, tell the administrator: the Gateway's \
                      controller may not respond.";
        let issue = Issue::temporary(ErrorCode::RouteRejected, message, action);
        return Reachability::unknown(Some(about(route, issue)));
    }
    let generation = route.metadata.generation;
    let judge = |status: &&ParentStatus| {
        let accepted = verdict(&status.conditions, "Accepted", generation);
        let resolved = verdict(&status.conditions, "ResolvedRefs", generation);
        match (accepted, resolved) {
            (Verdict::False(condition), _) | (_, Verdict::False(condition)) => {
                Reachability::no(rejected(route, parent, condition))
            }
            (Verdict::True, Verdict::True | Verdict::Unknown(None)) => Reachability::yes(),
            (Verdict::Unknown(condition), _) | (_, Verdict::Unknown(condition)) => {
                Reachability::unknown(condition.map(|condition| {
                    let message = "The Gateway's controller has not accepted its HTTPRoute yet.";
                    let action = "If that does not change in a minute, tell the administrator.";
                    let issue = Issue::temporary(ErrorCode::RouteRejected, message, action);
                    condition.explain(about(route, issue))
                }))
            }
        }
    };
    // If several controllers serve the Gateway, one that accepts the route is enough.
    let best = statuses.iter().map(judge).max_by_key(|judged| judged.reachable);
    best.unwrap_or_else(|| Reachability::unknown(None))
}

fn about(route: &ObservedRoute, issue: Issue) -> Issue {
    issue.with_object("HTTPRoute", &route.metadata.name)
}

/// The issue of a condition that is `False`.
fn rejected(route: &ObservedRoute, parent: &Parent<'_>, condition: &Condition) -> Issue {
    let Parent { name, namespace, listener } = parent;
    let listener = listener.unwrap_or("any");
    let host = route.host().unwrap_or_default();
    let project = &route.metadata.namespace;
    let administrator = "Tell the administrator.".to_owned();
    let (message, action) = match condition.reason.as_str() {
        "NotAllowedByListeners" => (
            format!(
                "The listener '{listener}' of the Gateway does not accept routes of this project's \
                 namespace."
            ),
            format!(
                "Tell the administrator: allowedRoutes of the listener have to include HTTPRoutes \
                 of the namespace {project}."
            ),
        ),
        "NoMatchingListenerHostname" => (
            format!("The listener '{listener}' of the Gateway does not serve the host {host}."),
            "Use another custom_domain, or ask the administrator for a listener with this host."
                .into(),
        ),
        "NoMatchingParent" => (
            format!("The Gateway {namespace}/{name} has no listener '{listener}'."),
            "Tell the administrator: the names of the listeners are settings of the platform."
                .into(),
        ),
        "BackendNotFound" => (
            "Its HTTPRoute refers to a Service that does not exist.".into(),
            super::reachability::APPLY_AGAIN.into(),
        ),
        "RefNotPermitted" => {
            ("Its HTTPRoute may not refer to an object of another namespace.".into(), administrator)
        }
        "InvalidKind" | "UnsupportedProtocol" => (
            "The Gateway's controller cannot send requests to what its HTTPRoute refers to.".into(),
            administrator,
        ),
        "UnsupportedValue" | "IncompatibleFilters" => (
            "The Gateway's controller does not support a value of its HTTPRoute.".into(),
            administrator,
        ),
        _ => ("The Gateway's controller rejects its HTTPRoute.".into(), administrator),
    };
    let issue = match condition.reason.as_str() {
        "Pending" => Issue::temporary(ErrorCode::RouteRejected, message, action),
        _ => Issue::permanent(ErrorCode::RouteRejected, message, action),
    };
    condition.explain(about(route, issue))
}
