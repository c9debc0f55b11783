//! The values of a revision's secrets: from the request, or from the cluster if the request keeps them. They are
//! written to the Secret and nowhere else.

use crate::{cluster::Cluster, reconcile::lost_secrets, saved_secrets::SavedSecret};
use nokube_domain::{
    Problem, Reason,
    deployments::{DeployedState, SecretInput, SecretValue},
    name::ServiceName,
    problem::FieldError,
};
use nokube_edge::Result;
use nokube_kube::Tenant;
use std::collections::BTreeMap;

/// `saved`: the service, if the request was completed with what is saved of it. Then a saved value comes before the one
/// of the current release.
///
/// # Errors
/// 422 if the request keeps a value that the cluster does not have; or the cluster cannot be reached.
pub async fn resolve(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    inputs: &BTreeMap<String, SecretInput>,
    previous: Option<&DeployedState>,
    saved: Option<&ServiceName>,
) -> Result<BTreeMap<String, SecretValue>> {
    let mut kept = inputs.iter().filter(|(_, input)| **input == SecretInput::Keep);
    let saved = match saved.filter(|_| kept.clone().next().is_some()) {
        Some(service) => SavedSecret { cluster, tenant, service }.values().await?,
        None => BTreeMap::new(),
    };
    let keeps_current = kept.any(|(name, _)| !saved.contains_key(name));
    let object = previous.and_then(|state| state.release.secrets_object.as_deref());
    let mut current = match object.filter(|_| keeps_current) {
        Some(object) => cluster.secret_values(tenant, object).await?.unwrap_or_default(),
        None => BTreeMap::new(),
    };
    current.extend(saved);
    let (mut values, mut errors) = (BTreeMap::new(), Vec::new());
    for (name, input) in inputs {
        let value = match input {
            SecretInput::Set(value) => Some(value.clone()),
            SecretInput::Keep => current.remove(name),
        };
        match value {
            Some(value) => {
                values.insert(name.clone(), value);
            }
            None => errors.push(FieldError {
                field: format!("secrets.{name}"),
                detail: "has no stored value to keep; send a value".into(),
            }),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(Problem::invalid(errors).into()) }
}

/// Checks that the values of a release's secrets are in the cluster, if it has any: nothing else has them.
///
/// # Errors
/// 409 if they are not; or the cluster cannot be reached.
pub async fn check_in_cluster(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    state: &DeployedState,
) -> Result<()> {
    let Some(object) = &state.release.secrets_object else { return Ok(()) };
    match cluster.secret_values(tenant, object).await? {
        Some(_) => Ok(()),
        None => {
            let detail = lost_secrets(object, state).detail;
            Err(Problem::conflict(Reason::SecretsLost, detail).into())
        }
    }
}
