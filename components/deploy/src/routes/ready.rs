//! This component's part of `/ready`: whether its settings are valid, and whether the platform has its
//! permissions in the cluster. Private routes: `spin.toml` gives them no public path.

use super::dry_run::PREVIEW_NAMESPACE;
use crate::{
    cluster::{Cluster, ClusterError, ClusterResult},
    settings::Settings,
};
use futures::future::join_all;
use nokube_edge::{
    Call, Reply, Result,
    readiness::{self, Health},
};
use nokube_kube::{
    error::ApiError,
    kind::Kind,
    permissions::{format_missing, out_of_policy_namespace, required_permissions},
    request,
    review::{is_allowed, self_subject_access_review},
};
use serde::de::IgnoredAny;
use serde_json::Value;

pub async fn settings(_: Call) -> Result<Reply> {
    readiness::settings(Settings::load().await)
}

/// Reviews every permission that the platform needs (SelfSubjectAccessReview). The namespace of the reviews is
/// the preview namespace, where the operator's roles are bound as in every project's namespace.
pub async fn cluster(_: Call) -> Result<Reply> {
    // The other route reports invalid settings.
    let Ok(cluster) = Cluster::new().await else { return readiness::not_checked() };
    let health = match find_problem(&cluster).await {
        Ok(None) => {
            Health::ok("the cluster responds, and the platform has all permissions that it needs")
        }
        Ok(Some(problem)) => Health::failed(problem),
        Err(ClusterError::Unreachable(error)) => {
            Health::failed(format!("the cluster does not answer: {}", error.cause()))
        }
        Err(ClusterError::Api(ApiError::Unauthenticated)) => Health::failed(
            "the cluster does not accept kubernetes_token: it has ended, or is another cluster's. \
             Make another: kubectl -n nokube create token nokube-deployer --duration=8760h",
        ),
        Err(error) => Health::failed(error.message()),
    };
    readiness::health(&health)
}

/// The first problem in the cluster, if there is one.
async fn find_problem(cluster: &Cluster) -> ClusterResult<Option<String>> {
    let platform = cluster.platform();
    let permissions = required_permissions(platform);
    let reviews: Vec<_> = permissions
        .iter()
        .map(|permission| self_subject_access_review(permission, PREVIEW_NAMESPACE))
        .collect();
    let responses = reviews.iter().map(|review| cluster.read::<Value>(review));
    let mut missing = Vec::new();
    for (permission, review) in permissions.iter().zip(join_all(responses).await) {
        if !review?.as_ref().is_some_and(is_allowed) {
            missing.push(permission);
        }
    }
    if !missing.is_empty() {
        let missing = format_missing(&missing);
        return Ok(Some(format!(
            "these permissions are missing (ops/rbac.yaml grants them): {missing}"
        )));
    }
    if cluster.settings.limits.has_path_routing {
        let routes = request::list_metadata(Kind::HttpRoute, PREVIEW_NAMESPACE, None);
        if cluster.read::<IgnoredAny>(&routes).await?.is_none() {
            let detail = "the Gateway API is not installed in the cluster (it knows no httproutes): install \
                          its definitions, or set apps_routing to ingress";
            return Ok(Some(detail.into()));
        }
    }
    // A platform with cluster-wide permissions has no ValidatingAdmissionPolicy.
    if platform.deployer_role.is_some() && cluster.send(&out_of_policy_namespace()).await.is_ok() {
        let detail = "nothing restricts the platform to its own namespaces: apply ops/rbac.yaml with your \
                      host (docs/install.md, step 7), whose ValidatingAdmissionPolicy does";
        return Ok(Some(detail.into()));
    }
    Ok(None)
}
