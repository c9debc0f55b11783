//! Applies a revision: the namespace first, then all other objects concurrently, then the workload.
//!
//! Once the namespace exists, that takes about three round trips: preflight, dependencies, workload. The
//! workload is applied only if its resource version is still the one that was read. So if two revisions are
//! applied at the same time, the newer one remains, in whatever order they arrive.

use super::ApplyResult;
use crate::{
    cluster::{
        Cluster, ClusterError, Response,
        preflight::{ClusterState, preflight},
        rbac::bind_role,
        retry::{PROPAGATION_ATTEMPTS, PROPAGATION_DELAY_MS},
        secrets::fetch_secret_values,
    },
    deployment::Deployment,
};
use futures::future::join_all;
use nokube_domain::deployments::{ApplyOutcome, DeployedState, ObjectError};
use nokube_edge::{sleep, warn};
use nokube_kube::{
    Kind, Manifest, ManifestInput, Manifests, Tenant,
    error::{ApiError, warnings},
    manifest,
    observe::{Metadata, NamespaceStatus, ObservedDeployment, PartialObject},
    request::{self, ApplyMode},
};

/// How many times the workload is read and applied again after a conflict.
const MAX_CONFLICTS: usize = 8;

type Result<T> = std::result::Result<T, ClusterError>;

/// Applies a revision whose secrets are in the cluster already, if it has any.
pub async fn reapply(
    cluster: &Cluster,
    deployment: &Deployment,
    state: &DeployedState,
) -> ApplyResult {
    let input = deployment.manifest_input(state);
    let manifests = Manifests::new(cluster.platform(), &input, None);
    let cluster_state = match check_before_reapply(cluster, &input, &manifests).await {
        Ok(Ok(cluster_state)) => cluster_state,
        Ok(Err(error)) => return rejected(vec![error], Vec::new()),
        Err(error) => return interrupted(&error.message()),
    };
    apply(cluster, &input, &manifests, cluster_state).await
}

async fn check_before_reapply(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    manifests: &Manifests,
) -> Result<std::result::Result<ClusterState, ObjectError>> {
    if let Some(secret) = &input.state.release.secrets_object
        && fetch_secret_values(cluster, &input.tenant, secret).await?.is_none()
    {
        return Ok(Err(lost_secrets(secret, input.state)));
    }
    preflight(cluster, input, &manifests.dependencies, Some(input.state)).await.map(Ok)
}

/// The error if the values of a revision's secrets never reached the cluster, or were deleted there. They are
/// stored nowhere else.
pub fn lost_secrets(object: &str, state: &DeployedState) -> ObjectError {
    let names = state.release.secrets.join(", ");
    ObjectError {
        kind: Kind::Secret.name().into(),
        name: object.to_owned(),
        field: Some("secrets".into()),
        detail: format!("The values of {names} are not in the cluster. Deploy again with them."),
    }
}

/// Applies all manifests to a cluster in this state.
pub async fn apply(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    manifests: &Manifests,
    state: ClusterState,
) -> ApplyResult {
    let tenant = &input.tenant;
    let namespace = manifest::namespace(cluster.platform(), tenant);
    let is_new_namespace = match state.namespace {
        NamespaceStatus::Foreign => {
            return rejected(vec![foreign_namespace(&namespace)], Vec::new());
        }
        NamespaceStatus::Terminating => {
            return interrupted(&ApiError::NamespaceTerminating.message());
        }
        NamespaceStatus::Absent => match create_namespace(cluster, tenant, &namespace).await {
            Ok(()) => true,
            Err(error) => return failed(vec![(&namespace, error)], Vec::new()),
        },
        NamespaceStatus::Owned { .. } => false,
    };
    let is_stale = matches!(state.namespace, NamespaceStatus::Owned { stale: true });
    let objects: Vec<_> =
        is_stale.then_some(&namespace).into_iter().chain(&manifests.dependencies.objects).collect();
    let permissions_are_new = is_new_namespace || state.permissions_are_new;
    let (applied, mut warnings) =
        match apply_all(cluster, tenant, &objects, permissions_are_new).await {
            Ok(applied) => applied,
            Err((errors, applied)) => return failed(errors, applied),
        };
    match apply_workload(cluster, input, &manifests.workload, state.workload.as_ref()).await {
        Ok(response) => {
            prune(cluster, tenant.namespace().as_str(), &state.to_prune).await;
            warnings
                .extend(response.iter().flat_map(|response| self::warnings(response.headers())));
            warnings.dedup();
            ApplyResult { outcome: ApplyOutcome::Applied, warnings }
        }
        Err(error) => failed(vec![(&manifests.workload, error)], applied),
    }
}

type Failed<'a> = (Vec<(&'a Manifest, ClusterError)>, Vec<String>);

/// Applies objects concurrently. Returns kind and name of those that were applied, with the API server's
/// warnings or, if any failed, with the errors.
async fn apply_all<'a>(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    objects: &[&'a Manifest],
    permissions_are_new: bool,
) -> std::result::Result<(Vec<String>, Vec<String>), Failed<'a>> {
    let namespace = tenant.namespace();
    let requests = objects.iter().map(|object| {
        let request = request::apply(namespace.as_str(), object, ApplyMode::Persist);
        async move { send_with_retry(cluster, &request, permissions_are_new).await }
    });
    let (mut applied, mut errors, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (object, response) in objects.iter().zip(join_all(requests).await) {
        match response {
            Ok(response) => {
                applied.push(object.kind_and_name());
                warnings.extend(self::warnings(response.headers()));
            }
            Err(error) => errors.push((*object, error)),
        }
    }
    if errors.is_empty() { Ok((applied, warnings)) } else { Err((errors, applied)) }
}

/// The error text for a namespace that has another owner's labels.
pub const FOREIGN_NAMESPACE: &str = "The project's namespace belongs to somebody else in the cluster. The platform's administrator has \
     to remove it, or label it as this project's.";

fn foreign_namespace(namespace: &Manifest) -> ObjectError {
    ObjectError {
        kind: Kind::Namespace.name().into(),
        name: namespace.name.clone(),
        field: None,
        detail: FOREIGN_NAMESPACE.into(),
    }
}

fn rejected(errors: Vec<ObjectError>, applied: Vec<String>) -> ApplyResult {
    ApplyOutcome::Rejected { errors, applied }.into()
}

fn interrupted(reason: &str) -> ApplyResult {
    ApplyOutcome::Interrupted(reason.into()).into()
}

/// Permanent errors reject the revision, one error an object. If all errors are transient, the revision
/// is interrupted.
fn failed(errors: Vec<(&Manifest, ClusterError)>, applied: Vec<String>) -> ApplyResult {
    let mut permanent = Vec::new();
    let mut transient = None;
    for (object, error) in errors {
        match &error {
            ClusterError::Api(api) if !error.is_transient() => {
                permanent.push(api.object_error(object))
            }
            _ => transient = Some(error.message()),
        }
    }
    match transient.filter(|_| permanent.is_empty()) {
        Some(reason) => interrupted(&reason),
        None => rejected(permanent, applied),
    }
}

/// Applies the workload, unless the cluster has a newer revision: then there is no response.
async fn apply_workload(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    workload: &Manifest,
    current: Option<&ObservedDeployment>,
) -> Result<Option<Response>> {
    let namespace = input.tenant.namespace();
    let mut current = match current {
        Some(current) => Some(transfer_field_ownership(cluster, input, workload, current).await?),
        None => None,
    };
    for _ in 0..MAX_CONFLICTS {
        if current.as_ref().is_some_and(|current| current.revision() > input.revision) {
            return Ok(None);
        }
        let version = current.as_ref().map(|current| current.resource_version.as_str());
        let request = request::apply_if_unchanged(namespace.as_str(), workload, version);
        match send_with_retry(cluster, &request, false).await {
            // A controller wrote its status, or another revision was applied.
            Err(ClusterError::Api(ApiError::VersionConflict)) => {
                let get = request::get(Kind::Deployment, namespace.as_str(), &workload.name);
                let found = cluster.read::<ObservedDeployment>(&get).await?;
                current = found.map(|found| found.metadata);
            }
            response => return response.map(Some),
        }
    }
    Err(ClusterError::Api(ApiError::VersionConflict))
}

/// Transfers the ownership of `spec.replicas` before an autoscaler takes it over, without changing the number:
/// an apply without an owned field would reset it to one.
async fn transfer_field_ownership(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    workload: &Manifest,
    current: &ObservedDeployment,
) -> Result<Metadata> {
    let is_newer = current.metadata.revision() > input.revision;
    let (Some(scaling), false) = (&input.state.release.spec.scaling, input.state.stopped) else {
        return Ok(current.metadata.clone());
    };
    if is_newer || !current.metadata.owns_replicas() {
        return Ok(current.metadata.clone());
    }
    let replicas = current.replicas().clamp(scaling.min, scaling.max);
    let namespace = input.tenant.namespace();
    let request =
        request::transfer_replicas_ownership(namespace.as_str(), &workload.name, replicas);
    let response = cluster.send(&request).await?;
    let object = PartialObject::from_body(response.body());
    Ok(object.map_or_else(|| current.metadata.clone(), |object| object.metadata))
}

/// Deletes objects that the revision does not have. What cannot be deleted now is deleted by the next
/// revision.
async fn prune(cluster: &Cluster, namespace: &str, to_prune: &[(Kind, Metadata)]) {
    let deletes = to_prune.iter().map(|(kind, metadata)| async move {
        cluster.send(&request::delete(*kind, namespace, metadata)).await
    });
    for (response, (kind, metadata)) in join_all(deletes).await.into_iter().zip(to_prune) {
        match response {
            Ok(_) | Err(ClusterError::Api(ApiError::NotFound)) => {}
            Err(error) => {
                let (kind, name) = (kind.name(), &metadata.name);
                warn(format_args!("{kind} {name} was not pruned: {}", error.message()));
            }
        }
    }
}

/// Creates the namespace, and binds the platform's role in it if the operator set one.
async fn create_namespace(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    namespace: &Manifest,
) -> Result<()> {
    let request = request::apply(&namespace.name, namespace, ApplyMode::Persist);
    cluster.send(&request).await?;
    match &cluster.platform().deployer_role {
        Some(role) => bind_role(cluster, tenant, role).await,
        None => Ok(()),
    }
}

/// Sends an apply, and repeats it in two transient states. In a new namespace the API server takes a moment to
/// enforce the platform's role binding. An object that is being deleted must be gone first, because the deletion
/// would also remove what is applied now.
async fn send_with_retry(
    cluster: &Cluster,
    apply: &request::Request,
    permissions_are_new: bool,
) -> Result<Response> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let may_retry = attempts < PROPAGATION_ATTEMPTS;
        match cluster.send(apply).await {
            Ok(response) if is_terminating(&response) => {
                if !may_retry {
                    return Err(ClusterError::Api(ApiError::ObjectTerminating));
                }
            }
            Err(ClusterError::Api(ApiError::MissingPermission(_) | ApiError::NotFound))
                if permissions_are_new && may_retry => {}
            response => return response,
        }
        sleep(PROPAGATION_DELAY_MS).await;
    }
}

fn is_terminating(response: &Response) -> bool {
    let object = PartialObject::from_body(response.body());
    object.is_some_and(|object| object.metadata.is_terminating())
}
