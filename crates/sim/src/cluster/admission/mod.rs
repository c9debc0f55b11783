//! What the server's admission adds to objects, and what it refuses.

mod levels;
mod limits;
pub mod quota;
mod security;

use serde_json::{Value, json};

use super::json::{is_deleting, list, name, namespace, put, put_default, text};
use super::model::Model;
use super::resources::{self, NAMESPACES, Resource};
use super::status::Refusal;

/// The class that claims get which name none.
pub const STORAGE_CLASS: &str = "standard";

/// Nothing new comes into a namespace that is missing or on its way out.
pub fn check_namespace(
    model: &Model,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Result<(), Refusal> {
    let found = model.namespace(namespace);
    let missing = || {
        let kind = resources::by_name(NAMESPACES).unwrap_or(resource);
        Refusal::not_found(kind, namespace)
    };
    match found {
        None => Err(missing()),
        Some(found) if is_deleting(found) => Err(Refusal::terminating(resource, name, namespace)),
        Some(_) => Ok(()),
    }
}

/// The fence of `ops/rbac.yaml` around the deployer, as far as namespaces go.
pub fn check_fence(model: &Model, resource: &Resource, name: &str) -> Result<(), Refusal> {
    if !model.prepared || resource.plural != NAMESPACES || name.starts_with("nk-") {
        return Ok(());
    }
    let says =
        "NoKube's deployer writes in its own namespaces nk-… only (and tries in nokube-preview).";
    Err(Refusal::policy(resource, name, "nokube-deployer", says))
}

/// Adds what new objects get.
pub fn mutate(model: &Model, resource: &Resource, new: &mut Value) -> Result<(), Refusal> {
    match resource.plural {
        "pods" => {
            limits::set(model, new);
            account(model, resource, new)?;
            put_default(new, "/spec/priority", 0);
            put_default(new, "/spec/preemptionPolicy", "PreemptLowerPriority");
            let for_a_while = |key: &str| {
                json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists",
                       "effect": "NoExecute", "tolerationSeconds": 300})
            };
            let tolerations = json!([for_a_while("not-ready"), for_a_while("unreachable")]);
            put_default(new, "/spec/tolerations", tolerations);
            limits::check_pod(model, resource, new)
        }
        "persistentvolumeclaims" => {
            if !model.bare {
                put_default(new, "/spec/storageClassName", STORAGE_CLASS);
            }
            put_default(new, "/metadata/finalizers", json!(["kubernetes.io/pvc-protection"]));
            limits::check_claim(model, resource, new)
        }
        _ => Ok(()),
    }
}

/// A pod runs for a service account, whose pull secrets it uses.
fn account(model: &Model, resource: &Resource, pod: &mut Value) -> Result<(), Refusal> {
    put_default(pod, "/spec/serviceAccountName", "default");
    let account = text(pod, "/spec/serviceAccountName").to_owned();
    put(pod, "/spec/serviceAccount", account.clone());
    let Some(found) = model.find("serviceaccounts", namespace(pod), &account) else {
        let why = format!(
            "error looking up service account {}/{account}: serviceaccount {account:?} not found",
            namespace(pod)
        );
        return Err(Refusal::forbidden(resource, name(pod), &why));
    };
    let secrets = list(found, "/imagePullSecrets");
    if !secrets.is_empty() && list(pod, "/spec/imagePullSecrets").is_empty() {
        put(pod, "/spec/imagePullSecrets", secrets.to_vec());
    }
    Ok(())
}

/// Refuses what the namespace does not allow; returns warnings.
pub fn validate(
    model: &Model,
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
) -> Result<Vec<String>, Refusal> {
    let mut warnings = security::check(model, resource, new, old)?;
    if resource.plural == NAMESPACES {
        warnings.extend(levels::check(model, new, old)?);
    }
    quota::check(model, resource, new, old)?;
    Ok(warnings)
}
