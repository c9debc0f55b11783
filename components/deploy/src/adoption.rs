//! Services that are in the cluster but not in the store, because the store was lost or is an older copy. The next
//! deploy of such a service takes over what it has: its objects keep their names and the id in their selectors, so
//! its pods go on serving (ADR 28).

use nokube_domain::{DeploymentId, ProblemKind};
use nokube_edge::{Error, Result};
use nokube_kube::{
    Tenant,
    labels::{DEPLOYMENT_LABEL, OWNER_LABEL, PROJECT_LABEL},
    observe::ObservedDeployment,
};

/// The id on the objects of a service, if that is another one than `id`.
///
/// # Errors
/// 409 if the cluster has a Deployment of this name that the platform did not create. Nothing was changed.
pub fn adopted_id(
    workload: Option<&ObservedDeployment>,
    id: DeploymentId,
) -> Result<Option<DeploymentId>> {
    let Some(workload) = workload.filter(|found| !found.metadata.is_of_deployment(id)) else {
        return Ok(None);
    };
    let metadata = &workload.metadata;
    let label = metadata.labels.get(DEPLOYMENT_LABEL).and_then(|label| label.parse().ok());
    match label.filter(|_| metadata.is_managed_by_nokube()) {
        Some(id) => Ok(Some(id)),
        None => {
            let detail = format!(
                "The project's namespace has a Deployment '{}' that the platform did not create, so nothing \
                 was changed. Choose another service_name, or let the administrator remove it.",
                metadata.name
            );
            Err(Error::problem(ProblemKind::Conflict, detail))
        }
    }
}

/// The warning of a deploy that adopts a service.
pub fn adopted_warning(adopted: Option<DeploymentId>) -> Option<String> {
    adopted.map(|id| {
        format!(
            "The cluster had this service already, as deployment {id}, which the platform does not know any \
             more: its store was lost or is an older copy. It was taken over, with its address and its pods."
        )
    })
}

/// The error text for a namespace that has the labels of another owner or project.
pub fn foreign_namespace(tenant: &Tenant<'_>) -> String {
    let (namespace, owner) = (tenant.namespace(), tenant.owner.key());
    let project = tenant.project.id;
    format!(
        "The namespace {namespace} belongs to another owner or project in the cluster, so nothing was changed. \
         The administrator of the cluster has to remove it. If it is this project's, from a store of the \
         platform that was lost, they can give it to the project, and its services go on running until they are \
         deployed again: kubectl label namespace {namespace} --overwrite \
         app.kubernetes.io/managed-by=nokube {OWNER_LABEL}={owner} {PROJECT_LABEL}={project}"
    )
}
