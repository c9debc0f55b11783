//! The small controllers: autoscalers, claims, quotas, budgets, and what gives addresses.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::conditions::plain;
use crate::cluster::admission::quota;
use crate::cluster::json::{int, is_deleting, list, members, name, namespace, put, text, uid};
use crate::cluster::model::{Model, time};
use crate::cluster::resources::{self, Resource};
use crate::cluster::validation::selects;

/// From the addresses that are kept for documentation.
const ADDRESS: &str = "192.0.2.10";

impl Model {
    pub fn run_others(&mut self, now: Timestamp) {
        self.each("persistentvolumeclaims", Self::bind, now);
        self.each("resourcequotas", Self::count, now);
        self.each("poddisruptionbudgets", Self::budget, now);
        self.each("ingresses", Self::address, now);
        self.each("services", Self::address, now);
        if self.gateway_api {
            self.each("httproutes", Self::accept, now);
        }
    }

    fn each(
        &mut self,
        plural: &str,
        act: fn(&mut Self, &'static Resource, &Value, Timestamp),
        now: Timestamp,
    ) {
        let Some(kind) = resources::by_name(plural) else { return };
        for object in self.of_kind(plural) {
            act(self, kind, &object, now);
        }
    }

    /// A claim gets its volume; it is protected as long as a pod uses it.
    fn bind(&mut self, kind: &'static Resource, claim: &Value, now: Timestamp) {
        if is_deleting(claim) {
            let pods = self.in_namespace("pods", namespace(claim));
            let used = pods
                .iter()
                .flat_map(|pod| list(pod, "/spec/volumes"))
                .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == name(claim));
            if !used {
                self.finalize(kind, claim, "kubernetes.io/pvc-protection");
            }
            return;
        }
        let size = claim.pointer("/spec/resources/requests/storage").cloned();
        let mut bound = claim.clone();
        put(&mut bound, "/spec/volumeName", format!("pvc-{}", uid(claim)));
        for done in ["bind-completed", "bound-by-controller"] {
            put(&mut bound, &format!("/metadata/annotations/pv.kubernetes.io~1{done}"), "yes");
        }
        self.set_object(kind, bound, "", now);
        let status = json!({
            "phase": "Bound", "accessModes": list(claim, "/spec/accessModes"),
            "capacity": {"storage": size.unwrap_or_default()},
        });
        self.set_status(kind, claim, status, now);
    }

    fn count(&mut self, kind: &'static Resource, quota: &Value, now: Timestamp) {
        let used = quota::used(self, namespace(quota));
        let hard = quota.pointer("/spec/hard").cloned().unwrap_or_default();
        let of = |key: &String| used.get(key).map_or_else(|| "0".to_owned(), ToString::to_string);
        let counted: Map<String, Value> =
            members(quota, "/spec/hard").map(|(key, _)| (key.clone(), json!(of(key)))).collect();
        self.set_status(kind, quota, json!({"hard": hard, "used": counted}), now);
    }

    fn budget(&mut self, kind: &'static Resource, budget: &Value, now: Timestamp) {
        let selector = budget.pointer("/spec/selector").cloned().unwrap_or_default();
        let pods = self.in_namespace("pods", namespace(budget));
        let chosen: Vec<&Value> = pods
            .iter()
            .filter(|pod| selects(&selector, pod.pointer("/metadata/labels")))
            .filter(|pod| !is_deleting(pod))
            .collect();
        let ready =
            |pod: &&&Value| self.runs.get(uid(pod)).is_some_and(|run| run.ready_since.is_some());
        let healthy = i64::try_from(chosen.iter().filter(ready).count()).unwrap_or_default();
        let all = i64::try_from(chosen.len()).unwrap_or_default();
        let portion = |field: &str| match budget.pointer(&format!("/spec/{field}")) {
            Some(Value::String(share)) => {
                let share: i64 = share.trim_end_matches('%').parse().unwrap_or_default();
                Some((all * share + 99) / 100)
            }
            Some(number) => number.as_i64(),
            None => None,
        };
        let wanted = match (portion("minAvailable"), portion("maxUnavailable")) {
            (Some(least), _) => least,
            (None, Some(most)) => (all - most).max(0),
            (None, None) => all,
        };
        let allowed = (healthy - wanted).max(0);
        let allowed = if all == 0 { 0 } else { allowed };
        let (status, reason) = match allowed {
            0 => ("False", "InsufficientPods"),
            _ => ("True", "SufficientPods"),
        };
        let old = list(budget, "/status/conditions");
        let generation = int(budget, "/metadata/generation").unwrap_or_default();
        let mut condition = plain(old, "DisruptionAllowed", status, reason, "", now);
        put(&mut condition, "/observedGeneration", generation);
        let status = json!({
            "conditions": [condition], "currentHealthy": healthy, "desiredHealthy": wanted,
            "disruptionsAllowed": allowed, "expectedPods": all, "observedGeneration": generation,
        });
        self.set_status(kind, budget, status, now);
    }

    fn address(&mut self, kind: &'static Resource, object: &Value, now: Timestamp) {
        let status = match (kind.plural, text(object, "/spec/type")) {
            ("ingresses", _) => json!({"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}),
            (_, "LoadBalancer") => {
                json!({"loadBalancer": {"ingress": [{"ip": ADDRESS, "ipMode": "VIP"}]}})
            }
            _ => json!({"loadBalancer": {}}),
        };
        self.set_status(kind, object, status, now);
    }

    /// A route is accepted by its gateways; its backends are looked up.
    fn accept(&mut self, kind: &'static Resource, route: &Value, now: Timestamp) {
        let space = namespace(route);
        let backends =
            list(route, "/spec/rules").iter().flat_map(|rule| list(rule, "/backendRefs"));
        let missing = backends
            .map(|one| text(one, "/name"))
            .find(|backend| self.find("services", space, backend).is_none());
        let generation = int(route, "/metadata/generation").unwrap_or_default();
        let parents: Vec<Value> = list(route, "/spec/parentRefs")
            .iter()
            .enumerate()
            .map(|(index, parent)| {
                let old = list(route, &format!("/status/parents/{index}/conditions"));
                let accepted = ("Accepted", "True", "Accepted", "Route is accepted".to_owned());
                let resolved = match missing {
                    None => {
                        let message = "Resolved all the Object references for the Route";
                        ("ResolvedRefs", "True", "ResolvedRefs", message.to_owned())
                    }
                    Some(backend) => {
                        let message = format!("Service {space}/{backend} not found");
                        ("ResolvedRefs", "False", "BackendNotFound", message)
                    }
                };
                let conditions = [accepted, resolved].map(|(kind, status, reason, message)| {
                    let mut one = plain(old, kind, status, reason, &message, now);
                    put(&mut one, "/observedGeneration", generation);
                    one
                });
                json!({
                    "parentRef": parent, "controllerName": "gateway.example.com/controller",
                    "conditions": conditions,
                })
            })
            .collect();
        self.set_status(kind, route, json!({"parents": parents}), now);
    }

    /// Autoscalers only keep the number of replicas between their bounds.
    pub fn run_autoscalers(&mut self, now: Timestamp) {
        self.each("horizontalpodautoscalers", Self::autoscale, now);
    }

    fn autoscale(&mut self, kind: &'static Resource, scaler: &Value, now: Timestamp) {
        let target = text(scaler, "/spec/scaleTargetRef/name").to_owned();
        let old = list(scaler, "/status/conditions");
        let found = self.find("deployments", namespace(scaler), &target).cloned();
        let (Some(deployment), Some(deployments)) = (found, resources::by_name("deployments"))
        else {
            let message = format!(
                "the HPA controller was unable to get the target's current scale: \
                 deployments.apps {target:?} not found"
            );
            let condition = plain(old, "AbleToScale", "False", "FailedGetScale", &message, now);
            let status = json!({
                "conditions": [condition], "currentMetrics": null, "desiredReplicas": 0,
            });
            self.set_status(kind, scaler, status, now);
            return;
        };
        let least = int(scaler, "/spec/minReplicas").unwrap_or(1);
        let most = int(scaler, "/spec/maxReplicas").unwrap_or(1);
        let current = int(&deployment, "/spec/replicas").unwrap_or_default();
        // Without replicas, scaling is switched off.
        let desired = if current == 0 { 0 } else { current.clamp(least, most.max(least)) };
        if desired != current {
            let mut scaled = deployment.clone();
            put(&mut scaled, "/spec/replicas", desired);
            self.set_object(deployments, scaled, "scale", now);
        }
        let (active, reason, message) = match current {
            0 => (
                "False",
                "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero",
            ),
            _ => (
                "True",
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count from cpu resource \
                 utilization (percentage of request)",
            ),
        };
        let limited = match desired {
            desired if desired == least => (
                "True",
                "TooFewReplicas",
                "the desired replica count is less than the minimum replica count",
            ),
            _ => {
                ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
            }
        };
        let mut status = json!({
            "currentReplicas": int(&deployment, "/status/replicas").unwrap_or_default(),
            "desiredReplicas": desired,
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {
                "averageUtilization": 3, "averageValue": "3m"}}}],
            "conditions": [
                plain(old, "AbleToScale", "True", "ReadyForNewScale",
                      "recommended size matches current size", now),
                plain(old, "ScalingActive", active, reason, message, now),
                plain(old, "ScalingLimited", limited.0, limited.1, limited.2, now),
            ],
        });
        let last = scaler.pointer("/status/lastScaleTime").cloned();
        let last = if desired == current { last } else { Some(json!(time(now))) };
        if let Some(last) = last {
            put(&mut status, "/lastScaleTime", last);
        }
        self.set_status(kind, scaler, status, now);
    }
}
