//! What is known about an Ingress: its class, its address, and its controller's events. An Ingress has no
//! conditions.

use super::{
    ObservedEvent,
    metadata::{Metadata, observed},
    reachability::{Lookup, Reachability},
    route::ObservedRoute,
};
use nokube_domain::deployments::{ErrorCode, Issue};

const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

observed! {
    pub struct ObservedIngressClass {
        pub metadata: Metadata,
    }
}

impl ObservedIngressClass {
    fn is_default(&self) -> bool {
        self.metadata.annotations.get(DEFAULT_CLASS).is_some_and(|value| value == "true")
    }
}

/// Whether a controller serves the Ingress. Some controllers publish no address.
pub(super) fn reachability(
    ingress: &ObservedRoute,
    classes: &Lookup<Vec<ObservedIngressClass>>,
    events: &[ObservedEvent],
) -> Reachability {
    if let Some(issue) = class_issue(classes, ingress.class()) {
        return Reachability::no(issue);
    }
    if let Some(issue) = rejection(ingress, events) {
        return Reachability::no(issue);
    }
    match ingress.status.load_balancer.ingress.is_empty() {
        false => Reachability::yes(),
        true => Reachability::unknown(None),
    }
}

/// The issue if the class does not exist.
pub fn class_issue(
    classes: &Lookup<Vec<ObservedIngressClass>>,
    class: Option<&str>,
) -> Option<Issue> {
    let (classes, class) = (classes.found()?, class?);
    if classes.iter().any(|of| of.metadata.name == class) {
        return None;
    }
    let message = format!(
        "The IngressClass '{class}' does not exist, so no ingress controller serves the address."
    );
    let action = "Tell the administrator: apps_ingress_class names it.";
    let issue = Issue::permanent(ErrorCode::GatewayNotReady, message, action);
    Some(issue.with_object("IngressClass", class))
}

/// Whether the cluster has a class for an Ingress that names none; `None` if that cannot be read.
pub fn has_default_class(classes: &Lookup<Vec<ObservedIngressClass>>) -> Option<bool> {
    Some(classes.found()?.iter().any(ObservedIngressClass::is_default))
}

/// The issue if the last that happened to the Ingress is a warning of its controller.
fn rejection(ingress: &ObservedRoute, events: &[ObservedEvent]) -> Option<Issue> {
    let about = events.iter().filter(|event| event.involved_object.uid == ingress.metadata.uid);
    let last = about.max_by_key(|event| event.last_occurred_at())?;
    let is_outdated = last.last_occurred_at() < ingress.metadata.applied_at();
    if last.r#type != "Warning" || is_outdated {
        return None;
    }
    let message = "The ingress controller rejects its Ingress.";
    let action = "If what it says does not help, tell the administrator.";
    let issue = Issue::permanent(ErrorCode::RouteRejected, message, action);
    let issue = issue.with_reason(&last.reason).with_detail(&last.message);
    Some(issue.with_object("Ingress", &ingress.metadata.name))
}
