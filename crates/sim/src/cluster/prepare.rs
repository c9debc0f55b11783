//! What the server itself sets in an object, when it is created and when it is changed.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{int, list_mut, name, put, put_default, remove, text};
use super::model::{Model, time};
use super::resources::Resource;
use super::status::Refusal;
use super::write::Intent;
use super::{admission, defaults};

impl Model {
    /// What a new object gets from the server.
    pub fn begin(&mut self, intent: &Intent<'_>, new: &mut Value) -> Result<(), Refusal> {
        let resource = intent.resource;
        if resource.namespaced {
            put(new, "/metadata/namespace", intent.namespace);
            admission::check_namespace(self, resource, intent.namespace, intent.name)?;
        } else {
            remove(new, "/metadata/namespace");
        }
        put(new, "/metadata/uid", self.random_uid());
        put(new, "/metadata/creationTimestamp", time(intent.now));
        for path in ["/metadata/deletionTimestamp", "/metadata/deletionGracePeriodSeconds"] {
            remove(new, path);
        }
        remove(new, "/metadata/selfLink");
        if resource.has_generation {
            put(new, "/metadata/generation", 1);
        } else {
            remove(new, "/metadata/generation");
        }
        if resource.has_status {
            remove(new, "/status");
        }
        admission::mutate(self, resource, new)?;
        self.strategy(resource, new);
        Ok(())
    }

    /// What creating a kind sets beside its defaults.
    fn strategy(&mut self, resource: &Resource, new: &mut Value) {
        match resource.plural {
            "namespaces" => {
                put(new, "/spec/finalizers", json!(["kubernetes"]));
                put(new, "/status", json!({"phase": "Active"}));
                let label = name(new).to_owned();
                put(new, "/metadata/labels/kubernetes.io~1metadata.name", label);
            }
            "services" => self.allocate(new),
            "persistentvolumeclaims" => put(new, "/status", json!({"phase": "Pending"})),
            "pods" => {
                put(new, "/status", json!({"phase": "Pending", "qosClass": defaults::qos(new)}));
            }
            "deployments" => put(new, "/status", json!({})),
            "replicasets" => put(new, "/status", json!({"replicas": 0})),
            "resourcequotas" | "ingresses" => {
                let status = if resource.plural == "ingresses" {
                    json!({"loadBalancer": {}})
                } else {
                    json!({})
                };
                put(new, "/status", status);
            }
            "horizontalpodautoscalers" => {
                put(new, "/status", json!({"currentMetrics": null, "desiredReplicas": 0}));
            }
            "poddisruptionbudgets" => put(
                new,
                "/status",
                json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0,
                       "expectedPods": 0}),
            ),
            _ => {}
        }
    }

    /// Addresses and node ports of a Service.
    fn allocate(&mut self, new: &mut Value) {
        put(new, "/status", json!({"loadBalancer": {}}));
        let kind = text(new, "/spec/type").to_owned();
        if kind == "ExternalName" {
            return;
        }
        if text(new, "/spec/clusterIP").is_empty() {
            let (a, b) = (self.random_number(250) + 1, self.random_number(250) + 1);
            put(new, "/spec/clusterIP", format!("10.96.{a}.{b}"));
        }
        let address = text(new, "/spec/clusterIP").to_owned();
        put(new, "/spec/clusterIPs", json!([address]));
        put_default(new, "/spec/ipFamilies", json!(["IPv4"]));
        put_default(new, "/spec/ipFamilyPolicy", "SingleStack");
        if kind == "NodePort" || kind == "LoadBalancer" {
            for port in list_mut(new, "/spec/ports") {
                let chosen = 30000 + i64::from(self.random_number(2768));
                put_default(port, "/nodePort", chosen);
            }
        }
    }

    /// What follows at once from a stored object.
    pub fn stored(&mut self, object: &Value, now: Timestamp) {
        if text(object, "/kind") == "Namespace" && text(object, "/status/phase") == "Active" {
            let namespace = name(object).to_owned();
            for made in [
                json!({"apiVersion": "v1", "kind": "ServiceAccount",
                       "metadata": {"name": "default", "namespace": namespace}}),
                json!({"apiVersion": "v1", "kind": "ConfigMap",
                       "metadata": {"name": "kube-root-ca.crt", "namespace": namespace},
                       "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}}),
            ] {
                let kind = if text(&made, "/kind") == "ConfigMap" {
                    "configmaps"
                } else {
                    "serviceaccounts"
                };
                if self.find(kind, &namespace, name(&made)).is_none() {
                    // Refused only if the namespace is gone again.
                    let _ = self.make(made, now);
                }
            }
        }
    }
}

/// What an update cannot change silently, and the generation.
pub fn keep(intent: &Intent<'_>, new: &mut Value, old: &Value) {
    let resource = intent.resource;
    for path in [
        "/metadata/uid",
        "/metadata/creationTimestamp",
        "/metadata/deletionTimestamp",
        "/metadata/deletionGracePeriodSeconds",
        "/metadata/generation",
        "/metadata/resourceVersion",
        "/metadata/namespace",
    ] {
        match old.pointer(path) {
            Some(value) => put(new, path, value.clone()),
            None => {
                remove(new, path);
            }
        }
    }
    if intent.subresource == "status" {
        let status = new.get("status").cloned();
        let managed = new.pointer("/metadata/managedFields").cloned();
        *new = old.clone();
        put(new, "/status", status.unwrap_or_default());
        if let Some(managed) = managed {
            put(new, "/metadata/managedFields", managed);
        }
        return;
    }
    if resource.has_status {
        match old.get("status") {
            Some(status) => put(new, "/status", status.clone()),
            None => {
                remove(new, "/status");
            }
        }
    }
    match resource.plural {
        "services" => {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                let path = format!("/spec/{field}");
                if let (None, Some(value)) = (new.pointer(&path), old.pointer(&path)) {
                    put(new, &path, value.clone());
                }
            }
        }
        "namespaces" => {
            if let Some(finalizers) = old.pointer("/spec/finalizers") {
                put(new, "/spec/finalizers", finalizers.clone());
            }
            let label = name(old).to_owned();
            put(new, "/metadata/labels/kubernetes.io~1metadata.name", label);
        }
        "persistentvolumeclaims" => {
            if let (None, Some(volume)) =
                (new.pointer("/spec/volumeName"), old.pointer("/spec/volumeName"))
            {
                put(new, "/spec/volumeName", volume.clone());
            }
        }
        _ => {}
    }
    if resource.has_generation && new.get("spec") != old.get("spec") {
        let generation = int(old, "/metadata/generation").unwrap_or_default();
        put(new, "/metadata/generation", generation + 1);
    }
}
