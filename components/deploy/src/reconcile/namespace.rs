//! The project's namespace, with what all its services share.

use super::apply::apply_all;
use crate::{
    adoption::foreign_namespace,
    cluster::{Cluster, ClusterError, ClusterResult, preflight::RoleBinding},
};
use nokube_domain::ProblemKind;
use nokube_edge::Error;
use nokube_kube::{
    Manifest, Tenant,
    error::ApiError,
    manifest,
    observe::NamespaceStatus,
    request::{self, ApplyMode},
};

/// Creates the namespace if there is none, and binds the platform's role in it if the operator set one. `role` is the
/// binding in a namespace that exists.
pub(super) async fn ensure_namespace(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    namespace: &Manifest,
    status: NamespaceStatus,
    role: RoleBinding,
) -> ClusterResult<RoleBinding> {
    match status {
        NamespaceStatus::Owned { .. } => Ok(role),
        NamespaceStatus::Terminating => Err(ClusterError::Api(ApiError::NamespaceTerminating)),
        NamespaceStatus::Foreign => {
            let detail = foreign_namespace(tenant);
            Err(ClusterError::Api(ApiError::Rejected { field: None, detail }))
        }
        NamespaceStatus::Absent => {
            let request = request::apply(&namespace.name, namespace, ApplyMode::Persist);
            cluster.send(&request).await?;
            if let Some(role) = &cluster.platform().deployer_role {
                cluster.bind_role(tenant, role).await?;
            }
            Ok(RoleBinding::New)
        }
    }
}

/// Makes the namespace if there is none, with its limits and policies, for something that is not of a deployment.
///
/// # Errors
/// The cluster cannot be reached or refuses it; the namespace has another owner, or is being deleted.
pub async fn prepare_namespace(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
) -> nokube_edge::Result<RoleBinding> {
    let (_, status) = cluster.namespace(tenant).await?;
    if status == NamespaceStatus::Foreign {
        return Err(Error::problem(ProblemKind::Conflict, foreign_namespace(tenant)));
    }
    let namespace = manifest::namespace(cluster.platform(), tenant);
    let in_effect = RoleBinding::InEffect;
    let role = ensure_namespace(cluster, tenant, &namespace, status, in_effect).await?;
    if status == NamespaceStatus::Absent {
        let shared = manifest::shared_objects(cluster.platform(), tenant, None);
        let objects: Vec<_> = shared.iter().collect();
        if let Err((errors, _)) = apply_all(cluster, tenant, &objects, role).await
            && let Some((_, error)) = errors.into_iter().next()
        {
            return Err(error.into());
        }
    }
    Ok(role)
}
