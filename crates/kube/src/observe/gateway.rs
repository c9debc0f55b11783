//! Gateways and their listeners.
//!
//! <https://gateway-api.sigs.k8s.io/reference/spec/#gatewaystatus>

use super::{
    condition::{Condition, Verdict, verdict},
    metadata::{Metadata, observed},
    reachability::{Lookup, Reachability},
};
use nokube_domain::deployments::{ErrorCode, Issue};

observed! {
    pub struct ObservedGateway {
        pub metadata: Metadata,
        spec: GatewaySpec,
        status: GatewayStatus,
    }

    struct GatewaySpec {
        gateway_class_name: String,
        listeners: Vec<Listener>,
    }

    struct Listener {
        name: String,
    }

    struct GatewayStatus {
        conditions: Vec<Condition>,
        listeners: Vec<ListenerStatus>,
    }

    struct ListenerStatus {
        name: String,
        attached_routes: Option<u32>,
        conditions: Vec<Condition>,
    }
}

const ADMINISTRATOR: &str =
    "Tell the administrator: the platform's settings name this Gateway and its listeners.";

/// Whether the Gateway (namespace and name) serves requests at the listener that a route is attached to.
pub(super) fn reachability(
    gateway: &Lookup<ObservedGateway>,
    (namespace, name): (&str, &str),
    listener: Option<&str>,
) -> Reachability {
    let found = match gateway {
        Lookup::Unreadable => return Reachability::unknown(None),
        Lookup::Absent => {
            let message = format!("The Gateway {namespace}/{name} does not exist.");
            let issue = Issue::permanent(ErrorCode::GatewayNotReady, message, ADMINISTRATOR);
            return Reachability::no(issue.with_object("Gateway", &format!("{namespace}/{name}")));
        }
        Lookup::Found(found) => found,
    };
    let Some(listener) = listener else { return found.readiness() };
    let whole = found.readiness();
    match found.listener_readiness(listener) {
        None => whole,
        // A Gateway with one invalid listener may say that it is not accepted, and serve the others.
        Some(listener) if listener.issues.is_empty() && whole.is_no() => {
            Reachability::unknown(whole.issues.into_iter().next())
        }
        Some(listener) if listener.is_no() => listener,
        Some(listener) => whole.and(listener),
    }
}

/// What prevents the Gateway from serving requests at this listener; empty if nothing is known that does.
pub fn gateway_issues(
    gateway: &Lookup<ObservedGateway>,
    (namespace, name): (&str, &str),
    listener: &str,
) -> Vec<Issue> {
    reachability(gateway, (namespace, name), Some(listener)).issues
}

impl ObservedGateway {
    fn temporary(&self, message: String) -> Issue {
        let issue = Issue::temporary(ErrorCode::GatewayNotReady, message, ADMINISTRATOR);
        issue.with_object("Gateway", &self.path())
    }

    fn permanent(&self, message: String) -> Issue {
        let issue = Issue::permanent(ErrorCode::GatewayNotReady, message, ADMINISTRATOR);
        issue.with_object("Gateway", &self.path())
    }

    fn path(&self) -> String {
        format!("{}/{}", self.metadata.namespace, self.metadata.name)
    }

    /// What the Gateway says of itself. `Programmed` replaced `Ready` and follows from `Accepted`.
    fn readiness(&self) -> Reachability {
        let (conditions, generation) = (&self.status.conditions, self.metadata.generation);
        let path = self.path();
        let accepted = verdict(conditions, "Accepted", generation);
        let programmed = verdict(conditions, "Programmed", generation);
        match (accepted, programmed) {
            (Verdict::False(condition), _) => {
                let message = format!("The controller rejects the Gateway {path}.");
                Reachability::no(condition.explain(self.permanent(message)))
            }
            (_, Verdict::False(condition)) => {
                let message = format!("The Gateway {path} does not serve requests.");
                Reachability::no(condition.explain(self.temporary(message)))
            }
            (_, Verdict::True) => Reachability::yes(),
            (Verdict::Unknown(Some(condition)), _) => {
                let class = &self.spec.gateway_class_name;
                let message = format!(
                    "No controller has accepted the Gateway {path}, whose GatewayClass is '{class}'."
                );
                Reachability::unknown(Some(condition.explain(self.temporary(message))))
            }
            (_, Verdict::Unknown(_)) => Reachability::unknown(None),
        }
    }

    /// What the Gateway says of a listener; `None` if nothing.
    fn listener_readiness(&self, name: &str) -> Option<Reachability> {
        if !self.spec.listeners.iter().any(|listener| listener.name == name) {
            let path = self.path();
            let names: Vec<_> = self.spec.listeners.iter().map(|l| l.name.as_str()).collect();
            let message = format!(
                "The Gateway {path} has no listener '{name}'. Its listeners are {}.",
                names.join(", ")
            );
            return Some(Reachability::no(self.permanent(message)));
        }
        let status = self.status.listeners.iter().find(|status| status.name == name)?;
        let generation = self.metadata.generation;
        let verdict = |kind| verdict(&status.conditions, kind, generation);
        if let Verdict::False(condition) = verdict("ResolvedRefs") {
            return Some(Reachability::no(self.reference_issue(name, condition)));
        }
        for kind in ["Accepted", "Programmed"] {
            if let Verdict::False(condition) = verdict(kind) {
                let message =
                    format!("The listener '{name}' of the Gateway does not serve requests.");
                let issue = match condition.reason.as_str() {
                    "Pending" => self.temporary(message),
                    _ => self.permanent(message),
                };
                return Some(Reachability::no(condition.explain(issue)));
            }
        }
        match (verdict("Programmed"), status.attached_routes) {
            // No route is attached, whatever a route says.
            (Verdict::True, Some(0)) => Some(Reachability::unknown(None)),
            (Verdict::True, _) => Some(Reachability::yes()),
            (Verdict::False(_) | Verdict::Unknown(_), _) => None,
        }
    }

    /// A listener refers to its certificate, and to the kinds of its routes.
    fn reference_issue(&self, listener: &str, condition: &Condition) -> Issue {
        let issue = match condition.reason.as_str() {
            "InvalidCertificateRef" | "RefNotPermitted" => {
                let message = format!(
                    "The Gateway's listener '{listener}' has no certificate: its Secret is missing, \
                     invalid, or may not be read."
                );
                Issue::permanent(ErrorCode::CertificateNotReady, message, ADMINISTRATOR)
                    .with_object("Gateway", &self.path())
            }
            _ => {
                let message = format!(
                    "The listener '{listener}' of the Gateway refers to something invalid."
                );
                self.permanent(message)
            }
        };
        condition.explain(issue)
    }
}
