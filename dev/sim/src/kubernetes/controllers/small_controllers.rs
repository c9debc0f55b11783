//! Small controllers: autoscalers, volume claims, quotas, disruption budgets, load balancers and the
//! gateway.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::conditions::condition;
use crate::kubernetes::admission::resource_quota;
use crate::kubernetes::json::{
    int, is_terminating, list, members, name, namespace, put, text, uid,
};
use crate::kubernetes::state::resources::{self, Resource};
use crate::kubernetes::state::{ClusterState, format_time};
use crate::kubernetes::validation::label_selector::selector_matches;

/// From the addresses for documentation.
const LOAD_BALANCER_IP: &str = "192.0.2.10";

impl ClusterState {
    pub fn sync_small_controllers(&mut self, now: Timestamp) {
        self.sync_each("persistentvolumeclaims", Self::sync_volume_claim, now);
        self.sync_each("resourcequotas", Self::sync_quota, now);
        self.sync_each("poddisruptionbudgets", Self::sync_disruption_budget, now);
        if self.control_plane_only {
            return;
        }
        self.sync_each("ingresses", Self::assign_address, now);
        self.sync_each("services", Self::assign_address, now);
        if self.gateway_api {
            self.sync_each("httproutes", Self::sync_route, now);
        }
    }

    fn sync_each(
        &mut self,
        plural: &str,
        sync: fn(&mut Self, &'static Resource, &Value, Timestamp),
        now: Timestamp,
    ) {
        let Some(kind) = resources::by_name(plural) else { return };
        for object in self.objects_of_kind(plural) {
            sync(self, kind, &object, now);
        }
    }

    /// Binds a claim to a volume. A claim cannot be deleted while a pod uses it.
    fn sync_volume_claim(&mut self, kind: &'static Resource, claim: &Value, now: Timestamp) {
        if is_terminating(claim) {
            let pods = self.objects_in_namespace("pods", namespace(claim));
            let is_used = pods
                .iter()
                .flat_map(|pod| list(pod, "/spec/volumes"))
                .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == name(claim));
            if !is_used {
                self.remove_finalizer(kind, claim, "kubernetes.io/pvc-protection");
            }
            return;
        }
        if self.control_plane_only {
            return;
        }
        let size = claim.pointer("/spec/resources/requests/storage").cloned();
        let mut bound = claim.clone();
        put(&mut bound, "/spec/volumeName", format!("pvc-{}", uid(claim)));
        for annotation in ["bind-completed", "bound-by-controller"] {
            put(
                &mut bound,
                &format!("/metadata/annotations/pv.kubernetes.io~1{annotation}"),
                "yes",
            );
        }
        self.update_by_controller(kind, bound, "", now);
        let status = json!({
            "phase": "Bound", "accessModes": list(claim, "/spec/accessModes"),
            "capacity": {"storage": size.unwrap_or_default()},
        });
        self.set_status(kind, claim, status, now);
    }

    fn sync_quota(&mut self, kind: &'static Resource, quota: &Value, now: Timestamp) {
        let used = resource_quota::namespace_usage(self, namespace(quota));
        let hard = quota.pointer("/spec/hard").cloned().unwrap_or_default();
        let of = |key: &String| used.get(key).map_or_else(|| "0".to_owned(), ToString::to_string);
        let used_of_hard: Map<String, Value> =
            members(quota, "/spec/hard").map(|(key, _)| (key.clone(), json!(of(key)))).collect();
        self.set_status(kind, quota, json!({"hard": hard, "used": used_of_hard}), now);
    }

    fn sync_disruption_budget(&mut self, kind: &'static Resource, budget: &Value, now: Timestamp) {
        let selector = budget.pointer("/spec/selector").cloned().unwrap_or_default();
        let pods = self.objects_in_namespace("pods", namespace(budget));
        let selected: Vec<&Value> = pods
            .iter()
            .filter(|pod| selector_matches(&selector, pod.pointer("/metadata/labels")))
            .filter(|pod| !is_terminating(pod))
            .collect();
        let is_ready = |pod: &&&Value| {
            self.pod_states.get(uid(pod)).is_some_and(|state| state.ready_since.is_some())
        };
        let healthy = i64::try_from(selected.iter().filter(is_ready).count()).unwrap_or_default();
        let expected = i64::try_from(selected.len()).unwrap_or_default();
        let count_or_percentage = |field: &str| match budget.pointer(&format!("/spec/{field}")) {
            Some(Value::String(percentage)) => {
                let percentage: i64 = percentage.trim_end_matches('%').parse().unwrap_or_default();
                Some((expected * percentage + 99) / 100)
            }
            Some(number) => number.as_i64(),
            None => None,
        };
        let desired =
            match (count_or_percentage("minAvailable"), count_or_percentage("maxUnavailable")) {
                (Some(min), _) => min,
                (None, Some(max)) => (expected - max).max(0),
                (None, None) => expected,
            };
        let allowed = (healthy - desired).max(0);
        let allowed = if expected == 0 { 0 } else { allowed };
        let (status, reason) = match allowed {
            0 => ("False", "InsufficientPods"),
            _ => ("True", "SufficientPods"),
        };
        let old = list(budget, "/status/conditions");
        let generation = int(budget, "/metadata/generation").unwrap_or_default();
        let mut condition = condition(old, "DisruptionAllowed", status, reason, "", now);
        put(&mut condition, "/observedGeneration", generation);
        let status = json!({
            "conditions": [condition], "currentHealthy": healthy, "desiredHealthy": desired,
            "disruptionsAllowed": allowed, "expectedPods": expected, "observedGeneration": generation,
        });
        self.set_status(kind, budget, status, now);
    }

    fn assign_address(&mut self, kind: &'static Resource, object: &Value, now: Timestamp) {
        let status = match (kind.plural, text(object, "/spec/type")) {
            ("ingresses", _) => json!({"loadBalancer": {"ingress": [{"ip": LOAD_BALANCER_IP}]}}),
            (_, "LoadBalancer") => {
                json!({"loadBalancer": {"ingress": [{"ip": LOAD_BALANCER_IP, "ipMode": "VIP"}]}})
            }
            _ => json!({"loadBalancer": {}}),
        };
        self.set_status(kind, object, status, now);
    }

    /// Accepts a route for all of its gateways, and resolves its backends.
    fn sync_route(&mut self, kind: &'static Resource, route: &Value, now: Timestamp) {
        let route_namespace = namespace(route);
        let backends =
            list(route, "/spec/rules").iter().flat_map(|rule| list(rule, "/backendRefs"));
        let missing = backends
            .map(|backend| text(backend, "/name"))
            .find(|backend| self.find("services", route_namespace, backend).is_none());
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
                        let message = format!("Service {route_namespace}/{backend} not found");
                        ("ResolvedRefs", "False", "BackendNotFound", message)
                    }
                };
                let conditions = [accepted, resolved].map(|(kind, status, reason, message)| {
                    let mut condition = condition(old, kind, status, reason, &message, now);
                    put(&mut condition, "/observedGeneration", generation);
                    condition
                });
                json!({
                    "parentRef": parent, "controllerName": "gateway.example.com/controller",
                    "conditions": conditions,
                })
            })
            .collect();
        self.set_status(kind, route, json!({"parents": parents}), now);
    }

    /// Autoscalers only keep the number of replicas within their bounds.
    pub fn sync_autoscalers(&mut self, now: Timestamp) {
        self.sync_each("horizontalpodautoscalers", Self::sync_autoscaler, now);
    }

    fn sync_autoscaler(&mut self, kind: &'static Resource, scaler: &Value, now: Timestamp) {
        let target = text(scaler, "/spec/scaleTargetRef/name").to_owned();
        let old = list(scaler, "/status/conditions");
        let found = self.find("deployments", namespace(scaler), &target).cloned();
        let (Some(deployment), Some(deployments)) = (found, resources::by_name("deployments"))
        else {
            let message = format!(
                "the HPA controller was unable to get the target's current scale: \
                 deployments.apps {target:?} not found"
            );
            let condition = condition(old, "AbleToScale", "False", "FailedGetScale", &message, now);
            let status = json!({
                "conditions": [condition], "currentMetrics": null, "desiredReplicas": 0,
            });
            self.set_status(kind, scaler, status, now);
            return;
        };
        let min = int(scaler, "/spec/minReplicas").unwrap_or(1);
        let max = int(scaler, "/spec/maxReplicas").unwrap_or(1);
        let current = int(&deployment, "/spec/replicas").unwrap_or_default();
        // Zero replicas disable autoscaling.
        let desired = if current == 0 { 0 } else { current.clamp(min, max.max(min)) };
        if desired != current {
            let mut scaled = deployment.clone();
            put(&mut scaled, "/spec/replicas", desired);
            self.update_by_controller(deployments, scaled, "scale", now);
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
            desired if desired == min => (
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
                condition(old, "AbleToScale", "True", "ReadyForNewScale",
                      "recommended size matches current size", now),
                condition(old, "ScalingActive", active, reason, message, now),
                condition(old, "ScalingLimited", limited.0, limited.1, limited.2, now),
            ],
        });
        let last_scale_time = scaler.pointer("/status/lastScaleTime").cloned();
        let last_scale_time =
            if desired == current { last_scale_time } else { Some(json!(format_time(now))) };
        if let Some(last_scale_time) = last_scale_time {
            put(&mut status, "/lastScaleTime", last_scale_time);
        }
        self.set_status(kind, scaler, status, now);
    }
}
