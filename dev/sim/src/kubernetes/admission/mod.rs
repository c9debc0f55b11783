//! Admission: mutates new objects, and rejects objects that the namespace does not allow.

mod limit_ranges;
mod pod_security;
mod pod_security_levels;
pub mod resource_quota;

use serde_json::{Value, json};

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{is_terminating, list, name, namespace, put, put_default, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{self, NAMESPACES, Resource};

/// The default storage class.
const STORAGE_CLASS: &str = "standard";

/// Rejects new objects in a namespace that does not exist or is terminating.
pub fn check_namespace_is_active(
    cluster: &ClusterState,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Result<(), ApiError> {
    let found = cluster.namespace(namespace);
    let not_found = || {
        let namespaces = resources::by_name(NAMESPACES).unwrap_or(resource);
        ApiError::not_found(namespaces, namespace)
    };
    match found {
        None => Err(not_found()),
        Some(found) if is_terminating(found) => {
            Err(ApiError::namespace_terminating(resource, name, namespace))
        }
        Some(_) => Ok(()),
    }
}

/// The ValidatingAdmissionPolicy of `ops/rbac.yaml`, but only its rule for namespaces.
pub fn check_platform_policy(
    cluster: &ClusterState,
    resource: &Resource,
    name: &str,
) -> Result<(), ApiError> {
    if !cluster.platform_rbac || resource.plural != NAMESPACES || name.starts_with("nk-") {
        return Ok(());
    }
    let message =
        "NoKube's deployer writes in its own namespaces nk-… only (and tries in nokube-preview).";
    Err(ApiError::denied_by_policy(resource, name, "nokube-deployer", message))
}

/// Mutating admission of new objects.
pub fn mutate(
    cluster: &ClusterState,
    resource: &Resource,
    new: &mut Value,
) -> Result<(), ApiError> {
    match resource.plural {
        "pods" => {
            limit_ranges::set_container_defaults(cluster, new);
            set_service_account(cluster, resource, new)?;
            put_default(new, "/spec/priority", 0);
            put_default(new, "/spec/preemptionPolicy", "PreemptLowerPriority");
            let toleration = |key: &str| {
                json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists",
                       "effect": "NoExecute", "tolerationSeconds": 300})
            };
            let tolerations = json!([toleration("not-ready"), toleration("unreachable")]);
            put_default(new, "/spec/tolerations", tolerations);
            limit_ranges::check_pod(cluster, resource, new)
        }
        "persistentvolumeclaims" => {
            if !cluster.control_plane_only {
                put_default(new, "/spec/storageClassName", STORAGE_CLASS);
            }
            put_default(new, "/metadata/finalizers", json!(["kubernetes.io/pvc-protection"]));
            limit_ranges::check_volume_claim(cluster, resource, new)
        }
        _ => Ok(()),
    }
}

/// Sets the pod's service account and that account's image pull secrets.
fn set_service_account(
    cluster: &ClusterState,
    resource: &Resource,
    pod: &mut Value,
) -> Result<(), ApiError> {
    put_default(pod, "/spec/serviceAccountName", "default");
    let account = text(pod, "/spec/serviceAccountName").to_owned();
    put(pod, "/spec/serviceAccount", account.clone());
    let Some(found) = cluster.find("serviceaccounts", namespace(pod), &account) else {
        let reason = format!(
            "error looking up service account {}/{account}: serviceaccount {account:?} not found",
            namespace(pod)
        );
        return Err(ApiError::forbidden(resource, name(pod), &reason));
    };
    let secrets = list(found, "/imagePullSecrets");
    if !secrets.is_empty() && list(pod, "/spec/imagePullSecrets").is_empty() {
        put(pod, "/spec/imagePullSecrets", secrets.to_vec());
    }
    Ok(())
}

/// Validating admission. Returns warnings.
pub fn validate(
    cluster: &ClusterState,
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
) -> Result<Vec<String>, ApiError> {
    let mut warnings = pod_security::check(cluster, resource, new, old)?;
    if resource.plural == NAMESPACES {
        warnings.extend(pod_security_levels::check(cluster, new, old)?);
    }
    resource_quota::check(cluster, resource, new, old)?;
    Ok(warnings)
}
