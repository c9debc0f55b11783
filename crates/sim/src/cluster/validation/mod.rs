//! What makes an object invalid, with a cause per field in the server's words.

pub mod data;
mod kinds;
mod meta;
mod pods;
mod text;

use serde_json::Value;

pub use meta::selects;

use super::resources::Resource;
use super::status::Cause;

/// All that is wrong with a new or changed object.
pub fn check(resource: &Resource, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    meta::check(resource, new, old, &mut causes);
    match resource.plural {
        "deployments" => kinds::deployment(new, old, &mut causes),
        "replicasets" => {
            pods::template(new, &mut causes);
        }
        "pods" if old.is_none() => {
            pods::spec(new.get("spec").unwrap_or(&Value::Null), "spec", &mut causes);
        }
        "services" => kinds::service(new, old, &mut causes),
        "persistentvolumeclaims" => kinds::claim(new, old, &mut causes),
        "horizontalpodautoscalers" => kinds::autoscaler(new, &mut causes),
        "poddisruptionbudgets" => kinds::budget(new, &mut causes),
        "ingresses" => kinds::ingress(new, &mut causes),
        "httproutes" => kinds::route(new, &mut causes),
        "secrets" | "configmaps" => data::check(resource, new, old, &mut causes),
        "rolebindings" => kinds::binding(new, old, &mut causes),
        _ => {}
    }
    causes
}
