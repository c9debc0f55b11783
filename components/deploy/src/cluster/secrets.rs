//! The values of a deployment's secrets, which only the cluster has.

use super::{Cluster, ClusterError};
use nokube_domain::deployments::SecretValue;
use nokube_kube::{Kind, Tenant, observe::ObservedSecret, request};
use std::collections::BTreeMap;

/// The values of the Secret `name`; `None` if it does not exist.
///
/// # Errors
/// The API server cannot be reached or rejects it.
pub async fn fetch_secret_values(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    name: &str,
) -> Result<Option<BTreeMap<String, SecretValue>>, ClusterError> {
    let namespace = tenant.namespace();
    let get = request::get(Kind::Secret, namespace.as_str(), name);
    let secret = cluster.read::<ObservedSecret>(&get).await?;
    Ok(secret.map(ObservedSecret::into_values))
}
