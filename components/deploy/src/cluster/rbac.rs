//! The platform's own permissions in a project's namespace.

use super::{Cluster, ClusterError};
use nokube_kube::{
    Tenant, manifest,
    request::{self, ApplyMode},
    review::{self, SelfSubjectReview},
};

/// Binds the deployer's role to the platform's own account in the tenant's namespace.
///
/// # Errors
/// The API server cannot be reached or rejects it.
pub async fn bind_role(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    role: &str,
) -> Result<(), ClusterError> {
    let namespace = tenant.namespace();
    let review = cluster.read::<SelfSubjectReview>(&review::self_subject_review()).await?;
    let account = review.ok_or_else(ClusterError::unreadable)?.into_username();
    let binding = manifest::role_binding(tenant, role, &account);
    cluster.send(&request::apply(namespace.as_str(), &binding, ApplyMode::Persist)).await.map(drop)
}
