//! What the API server sets in created and updated objects, apart from defaults: the "strategies" of
//! Kubernetes' registry.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::defaulting;
use super::request::WriteRequest;
use crate::kubernetes::admission;
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{int, list_mut, name, put, put_default, remove, text};
use crate::kubernetes::state::resources::Resource;
use crate::kubernetes::state::{ClusterState, format_time};

impl ClusterState {
    /// Sets metadata and the initial status of a new object, and runs mutating admission.
    pub fn prepare_for_create(
        &mut self,
        request: &WriteRequest<'_>,
        new: &mut Value,
    ) -> Result<(), ApiError> {
        let resource = request.resource;
        if resource.namespaced {
            put(new, "/metadata/namespace", request.namespace);
            admission::check_namespace_is_active(self, resource, request.namespace, request.name)?;
        } else {
            remove(new, "/metadata/namespace");
        }
        put(new, "/metadata/uid", self.random_uid());
        put(new, "/metadata/creationTimestamp", format_time(request.now));
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
        self.set_initial_fields(resource, new);
        Ok(())
    }

    /// Sets the initial status, and fields that the server allocates.
    fn set_initial_fields(&mut self, resource: &Resource, new: &mut Value) {
        match resource.plural {
            "namespaces" => {
                put(new, "/spec/finalizers", json!(["kubernetes"]));
                put(new, "/status", json!({"phase": "Active"}));
                let label = name(new).to_owned();
                put(new, "/metadata/labels/kubernetes.io~1metadata.name", label);
            }
            "services" => self.allocate_service(new),
            "persistentvolumeclaims" => put(new, "/status", json!({"phase": "Pending"})),
            "pods" => {
                put(
                    new,
                    "/status",
                    json!({"phase": "Pending", "qosClass": defaulting::qos_class(new)}),
                );
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

    /// Allocates the addresses and node ports of a Service.
    fn allocate_service(&mut self, new: &mut Value) {
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
                let node_port = 30000 + i64::from(self.random_number(2768));
                put_default(port, "/nodePort", node_port);
            }
        }
    }

    /// Creates the objects that every active namespace has.
    pub fn after_write(&mut self, object: &Value, now: Timestamp) {
        if text(object, "/kind") == "Namespace" && text(object, "/status/phase") == "Active" {
            let namespace = name(object).to_owned();
            for default_object in [
                json!({"apiVersion": "v1", "kind": "ServiceAccount",
                       "metadata": {"name": "default", "namespace": namespace}}),
                json!({"apiVersion": "v1", "kind": "ConfigMap",
                       "metadata": {"name": "kube-root-ca.crt", "namespace": namespace},
                       "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}}),
            ] {
                let plural = if text(&default_object, "/kind") == "ConfigMap" {
                    "configmaps"
                } else {
                    "serviceaccounts"
                };
                if self.find(plural, &namespace, name(&default_object)).is_none() {
                    // Fails only if the namespace does not exist any more.
                    let _ = self.create_by_controller(default_object, now);
                }
            }
        }
    }
}

/// Keeps what an update cannot change, and increments the generation of a changed spec.
pub fn prepare_for_update(request: &WriteRequest<'_>, new: &mut Value, old: &Value) {
    let resource = request.resource;
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
    if request.subresource == "status" {
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
