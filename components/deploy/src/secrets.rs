//! The values of a revision's secrets: from the request, or from the cluster if the request keeps them. They are
//! written to the Secret and nowhere else.

use crate::cluster::Cluster;
use nokube_domain::{
    Problem,
    deployments::{DeployedState, SecretInput, SecretValue},
    problem::FieldError,
};
use nokube_edge::Result;
use nokube_kube::Tenant;
use std::collections::BTreeMap;

/// # Errors
/// 422 if the request keeps a value that the cluster does not have; or the cluster cannot be reached.
pub async fn resolve(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    inputs: &BTreeMap<String, SecretInput>,
    previous: Option<&DeployedState>,
) -> Result<BTreeMap<String, SecretValue>> {
    let keeps_any = inputs.values().any(|input| *input == SecretInput::Keep);
    let object = previous.and_then(|state| state.release.secrets_object.as_deref());
    let mut current = match object.filter(|_| keeps_any) {
        Some(object) => cluster.secret_values(tenant, object).await?.unwrap_or_default(),
        None => BTreeMap::new(),
    };
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
