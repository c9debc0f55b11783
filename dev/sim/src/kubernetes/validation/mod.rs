//! Validates objects. Each error is a cause with the field and the real server's message.

pub mod data;
mod kinds;
pub mod label_selector;
mod metadata;
mod name_formats;
mod network_policies;
mod pods;

use serde_json::Value;

use crate::kubernetes::api_error::StatusCause;
use crate::kubernetes::state::resources::Resource;

/// Returns all errors of a new or changed object.
pub fn validate(resource: &Resource, new: &Value, old: Option<&Value>) -> Vec<StatusCause> {
    let mut causes = Vec::new();
    metadata::check(resource, new, old, &mut causes);
    match resource.plural {
        "deployments" => kinds::deployment(new, old, &mut causes),
        "replicasets" => {
            pods::pod_template(new, &mut causes);
        }
        "pods" if old.is_none() => {
            pods::pod_spec(new.get("spec").unwrap_or(&Value::Null), "spec", &mut causes);
        }
        "services" => kinds::service(new, old, &mut causes),
        "persistentvolumeclaims" => kinds::volume_claim(new, old, &mut causes),
        "horizontalpodautoscalers" => kinds::autoscaler(new, &mut causes),
        "poddisruptionbudgets" => kinds::disruption_budget(new, &mut causes),
        "networkpolicies" => network_policies::network_policy(new, &mut causes),
        "ingresses" => kinds::ingress(new, &mut causes),
        "httproutes" => kinds::route(new, &mut causes),
        "secrets" | "configmaps" => data::check(resource, new, old, &mut causes),
        "rolebindings" => kinds::role_binding(new, old, &mut causes),
        _ => {}
    }
    causes
}
