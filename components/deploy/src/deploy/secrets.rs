//! The values of a revision's secrets: given, or kept as they stand in the cluster. They go into the
//! Secret and nowhere else.

use crate::{apply::secrets_of, cluster::Cluster};
use nokube_domain::{
    Problem,
    deploy::{Run, SecretText, SecretWanted},
    problem::Fault,
};
use nokube_edge::Result;
use nokube_kube::Tenant;
use std::collections::BTreeMap;

/// # Errors
/// A value is to be kept that is not there; or the cluster does not answer.
pub async fn resolve(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    wanted: &BTreeMap<String, SecretWanted>,
    before: Option<&Run>,
) -> Result<BTreeMap<String, SecretText>> {
    let keeps = wanted.values().any(|wanted| *wanted == SecretWanted::Keep);
    let object = before.and_then(|run| run.release.secrets_object.as_deref());
    let mut present = match object.filter(|_| keeps) {
        Some(object) => secrets_of(cluster, tenant, object).await?.unwrap_or_default(),
        None => BTreeMap::new(),
    };
    let (mut values, mut faults) = (BTreeMap::new(), Vec::new());
    for (name, wanted) in wanted {
        let value = match wanted {
            SecretWanted::Set(value) => Some(value.clone()),
            SecretWanted::Keep => present.remove(name),
        };
        match value {
            Some(value) => {
                values.insert(name.clone(), value);
            }
            None => faults.push(Fault {
                field: format!("secrets.{name}"),
                detail: "has no value that could be kept; give one".into(),
            }),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(Problem::invalid(faults).into()) }
}
