//! The controllers of Gateways, HTTPRoutes and Ingresses. Their status says whether requests reach a route.
//!
//! <https://gateway-api.sigs.k8s.io/reference/spec/#routeparentstatus>

use serde_json::{Value, json};

use crate::kubernetes::json::{int, list, name, namespace, put, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{
    GATEWAYS, HTTP_ROUTES, INGRESS_CLASSES, INGRESSES, SERVICES,
};

/// The address of the ingress controller.
const ADDRESS: &str = "203.0.113.10";
const CONTROLLER: &str = "example.org/gateway-controller";
/// No listener allows a route with this in its name.
const NOT_ALLOWED: &str = "noroute";

/// A condition: type, whether it is true, reason, message.
type Condition<'a> = (&'a str, bool, &'a str, &'a str);

const ACCEPTED: Condition<'_> = ("Accepted", true, "Accepted", "");
const PROGRAMMED: Condition<'_> = ("Programmed", true, "Programmed", "");
const RESOLVED_REFS: Condition<'_> = ("ResolvedRefs", true, "ResolvedRefs", "");

impl ClusterState {
    pub fn sync_routes(&mut self) {
        for route in self.objects_of(&HTTP_ROUTES) {
            let status = json!({"parents": self.parents(&route)});
            self.set_status(&HTTP_ROUTES, &route, status);
        }
        for gateway in self.objects_of(&GATEWAYS) {
            // The conditions that a test writes stay.
            let status = gateway.get("status").cloned();
            let mut status = status.unwrap_or_else(|| self.gateway_status(&gateway));
            self.count_routes(&gateway, &mut status);
            self.set_status(&GATEWAYS, &gateway, status);
        }
        for ingress in self.objects_of(&INGRESSES) {
            let class = text(&ingress, "/spec/ingressClassName");
            if self.find(&INGRESS_CLASSES, "", class).is_some() {
                let status = json!({"loadBalancer": {"ingress": [{"ip": ADDRESS}]}});
                self.set_status(&INGRESSES, &ingress, status);
            }
        }
    }

    fn gateway_status(&self, gateway: &Value) -> Value {
        let listeners = list(gateway, "/spec/listeners").iter().map(|listener| {
            json!({
                "name": text(listener, "/name"),
                "supportedKinds": [{"group": HTTP_ROUTES.group, "kind": HTTP_ROUTES.kind}],
                "conditions": self.conditions(gateway, &[], &[ACCEPTED, PROGRAMMED, RESOLVED_REFS]),
            })
        });
        json!({
            "addresses": [{"type": "IPAddress", "value": ADDRESS}],
            "conditions": self.conditions(gateway, &[], &[ACCEPTED, PROGRAMMED]),
            "listeners": listeners.collect::<Vec<_>>(),
        })
    }

    /// Sets how many routes each listener has accepted.
    fn count_routes(&self, gateway: &Value, status: &mut Value) {
        let routes = self.objects_of(&HTTP_ROUTES);
        let parents: Vec<&Value> =
            routes.iter().flat_map(|route| list(route, "/status/parents")).collect();
        let listeners = status.pointer_mut("/listeners").and_then(Value::as_array_mut);
        for listener in listeners.into_iter().flatten() {
            let is_attached = |parent: &&&Value| {
                text(parent, "/parentRef/namespace") == namespace(gateway)
                    && text(parent, "/parentRef/name") == name(gateway)
                    && text(parent, "/parentRef/sectionName") == text(listener, "/name")
                    && text(parent, "/conditions/0/status") == "True"
            };
            let count = parents.iter().filter(is_attached).count();
            put(listener, "/attachedRoutes", count);
        }
    }

    /// What the controller says about a route, for each parent that exists.
    fn parents(&self, route: &Value) -> Vec<Value> {
        let old = list(route, "/status/parents");
        let parent_status = |reference: &Value| {
            let gateway_namespace = match text(reference, "/namespace") {
                "" => namespace(route),
                other => other,
            };
            let gateway = self.find(&GATEWAYS, gateway_namespace, text(reference, "/name"))?;
            let old = old.iter().find(|old| old.get("parentRef") == Some(reference));
            let old = old.map_or(&[] as &[Value], |old| list(old, "/conditions"));
            let new = [accepted(route, gateway, reference), self.resolved_refs(route)];
            Some(json!({
                "parentRef": reference, "controllerName": CONTROLLER,
                "conditions": self.conditions(route, old, &new),
            }))
        };
        list(route, "/spec/parentRefs").iter().filter_map(parent_status).collect()
    }

    fn resolved_refs(&self, route: &Value) -> Condition<'static> {
        let mut backends =
            list(route, "/spec/rules").iter().flat_map(|rule| list(rule, "/backendRefs"));
        let exists = |backend: &Value| {
            self.find(&SERVICES, namespace(route), text(backend, "/name")).is_some()
        };
        match backends.all(exists) {
            true => RESOLVED_REFS,
            false => ("ResolvedRefs", false, "BackendNotFound", "service not found"),
        }
    }

    fn conditions(&self, object: &Value, old: &[Value], new: &[Condition<'_>]) -> Vec<Value> {
        let generation = int(object, "/metadata/generation");
        let condition = |(kind, is_true, reason, message): &Condition<'_>| {
            let status = if *is_true { "True" } else { "False" };
            let before = old.iter().find(|old| text(old, "/type") == *kind);
            let since = match before {
                Some(before) if text(before, "/status") == status => {
                    text(before, "/lastTransitionTime").to_owned()
                }
                _ => self.timestamp(),
            };
            json!({
                "type": kind, "status": status, "reason": reason, "message": message,
                "observedGeneration": generation, "lastTransitionTime": since,
            })
        };
        new.iter().map(condition).collect()
    }
}

fn accepted(route: &Value, gateway: &Value, reference: &Value) -> Condition<'static> {
    let section = text(reference, "/sectionName");
    let mut listeners = list(gateway, "/spec/listeners").iter();
    if !listeners.any(|listener| section.is_empty() || text(listener, "/name") == section) {
        return ("Accepted", false, "NoMatchingParent", "no listener has the name in sectionName");
    }
    if name(route).contains(NOT_ALLOWED) {
        let message = "the listener's allowedRoutes do not select the namespace of the route";
        return ("Accepted", false, "NotAllowedByListeners", message);
    }
    ACCEPTED
}
