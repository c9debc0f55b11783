//! Applies a revision: the namespace first, then all other objects concurrently, then the workload. Nothing is applied
//! if the cluster has a newer revision.
//!
//! Once the namespace exists, that takes about three round trips: preflight, dependencies, workload. The
//! workload is applied only if its resource version is still the one that was read. So if two revisions are
//! applied at the same time, the newer one remains, in whatever order they arrive.

use super::{ApplyResult, Superseded, namespace::ensure_namespace};
use crate::{
    cluster::{
        ApiResponse, Cluster, ClusterError, ClusterResult, PROPAGATION_RETRIES,
        preflight::{ClusterState, EarlierRevision, RoleBinding, preflight},
    },
    deployment::Deployment,
};
use futures::future::join_all;
use nokube_domain::deployments::{ApplyOutcome, DeployedState, ObjectError};
use nokube_edge::{retry::retry, warn};
use nokube_kube::{
    Kind, Manifest, ManifestInput, Manifests, Tenant,
    error::{ApiError, warnings},
    manifest,
    observe::{Metadata, NamespaceStatus, ObservedDeployment, PartialObject},
    request::{self, ApplyMode},
};
use std::time::Duration;

/// How many times the workload is read and applied again after a conflict.
const MAX_CONFLICTS: usize = 8;

/// Applies a revision whose secrets are in the cluster already, if it has any.
pub async fn reapply(
    cluster: &Cluster,
    deployment: &Deployment,
    state: &DeployedState,
) -> Result<ApplyResult, Superseded> {
    let input = deployment.manifest_input(state);
    let manifests = Manifests::new(cluster.platform(), &input, None);
    if let Some(secret) = &state.release.secrets_object {
        match cluster.secret_values(&input.tenant, secret).await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(rejected(vec![lost_secrets(secret, state)], Vec::new())),
            Err(error) => return Ok(interrupted(&error)),
        }
    }
    match preflight(cluster, &input, &manifests.dependencies, EarlierRevision::Deployed).await {
        Ok(cluster_state) => apply(cluster, &input, &manifests, cluster_state).await,
        Err(error) => Ok(interrupted(&error)),
    }
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
) -> Result<ApplyResult, Superseded> {
    if state.revision() > input.revision {
        return Err(Superseded { by: state.revision() });
    }
    let tenant = &input.tenant;
    let namespace = manifest::namespace(cluster.platform(), tenant);
    let status = state.namespace;
    let role = match ensure_namespace(cluster, tenant, &namespace, status, state.role).await {
        Ok(role) => role,
        Err(error) => return Ok(failed(vec![(&namespace, error)], Vec::new())),
    };
    let dependencies = manifests.dependencies.clone().continuing(&state.current);
    let is_stale = matches!(state.namespace, NamespaceStatus::Owned { stale: true });
    let objects = is_stale.then_some(&namespace).into_iter().chain(&dependencies.objects);
    let spec = &input.state.release.spec;
    let (first, then): (Vec<_>, Vec<_>) =
        objects.partition(|object| state.current.is_needed_first(object, spec));
    let current = transfer_field_ownership(cluster, input, state.workload.as_ref());
    let objects = apply_in_order(cluster, tenant, [&first, &then], role);
    let (current, applied) = futures::join!(current, objects);
    let (applied, mut warnings) = match applied {
        Ok(applied) => applied,
        Err((errors, applied)) => return Ok(failed(errors, applied)),
    };
    let workload = &manifests.workload;
    let response = match current {
        Ok(current) => apply_workload(cluster, input, workload, current).await,
        Err(error) => Err(error),
    };
    match response {
        Ok(Ok(response)) => {
            prune(cluster, &tenant.namespace(), &state.to_prune).await;
            warnings.extend(self::warnings(response.headers()));
            warnings.dedup();
            Ok(ApplyResult { outcome: ApplyOutcome::Applied, warnings })
        }
        Ok(Err(superseded)) => Err(superseded),
        Err(error) => Ok(failed(vec![(workload, error)], applied)),
    }
}

/// Applies the objects of one list after those of the other.
async fn apply_in_order<'a>(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    lists: [&[&'a Manifest]; 2],
    role: RoleBinding,
) -> Result<(Vec<String>, Vec<String>), Failed<'a>> {
    let (mut applied, mut warnings) = (Vec::new(), Vec::new());
    for list in lists {
        match apply_all(cluster, tenant, list, role).await {
            Ok((more, its_warnings)) => {
                applied.extend(more);
                warnings.extend(its_warnings);
            }
            Err((errors, more)) => {
                applied.extend(more);
                return Err((errors, applied));
            }
        }
    }
    Ok((applied, warnings))
}

pub(super) type Failed<'a> = (Vec<(&'a Manifest, ClusterError)>, Vec<String>);

/// Applies objects concurrently. Returns kind and name of those that were applied, with the API server's
/// warnings or, if any failed, with the errors.
pub(super) async fn apply_all<'a>(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    objects: &[&'a Manifest],
    role: RoleBinding,
) -> Result<(Vec<String>, Vec<String>), Failed<'a>> {
    let namespace = tenant.namespace();
    let requests = objects.iter().map(|object| {
        let request = request::apply(&namespace, object, ApplyMode::Persist);
        async move { send_with_retry(cluster, &request, role).await }
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

fn rejected(errors: Vec<ObjectError>, applied: Vec<String>) -> ApplyResult {
    ApplyOutcome::Rejected { errors, applied }.into()
}

fn interrupted(error: &ClusterError) -> ApplyResult {
    ApplyOutcome::Interrupted(error.message()).into()
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
            _ => transient = Some(error),
        }
    }
    match transient.filter(|_| permanent.is_empty()) {
        Some(error) => interrupted(&error),
        None => rejected(permanent, applied),
    }
}

/// Applies the workload, unless the cluster has a newer revision. `current`: what the cluster has of it.
async fn apply_workload(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    workload: &Manifest,
    mut current: Option<Metadata>,
) -> ClusterResult<Result<ApiResponse, Superseded>> {
    let namespace = input.tenant.namespace();
    // Later the autoscaler owns the number of pods, but it takes a while to start the first ones.
    let new = workload.with_initial_replicas(input.state);
    let mut has_replaced_ports = false;
    for _ in 0..MAX_CONFLICTS {
        let newer = current.as_ref().map(Metadata::revision).filter(|by| *by > input.revision);
        if let Some(by) = newer {
            return Ok(Err(Superseded { by }));
        }
        let version = current.as_ref().map(|current| current.resource_version.as_str());
        let workload = if current.is_none() { &new } else { workload };
        let request = request::apply_if_unchanged(&namespace, workload, version);
        match send_with_retry(cluster, &request, RoleBinding::InEffect).await {
            // A controller wrote its status, or another revision was applied.
            Err(ClusterError::Api(ApiError::VersionConflict)) => {}
            // Somebody else has changed the container's port.
            Err(ClusterError::Api(error)) if error.is_duplicate_port() && !has_replaced_ports => {
                cluster.send(&request::replace_ports(&namespace, workload)).await?;
                has_replaced_ports = true;
            }
            response => return response.map(Ok),
        }
        let get = request::get(Kind::Deployment, &namespace, &workload.name);
        let found = cluster.read::<ObservedDeployment>(&get).await?;
        current = found.map(|found| found.metadata);
    }
    Err(ClusterError::Api(ApiError::VersionConflict))
}

/// Transfers the ownership of `spec.replicas` before an autoscaler takes it over, without changing the number:
/// an apply without an owned field would reset it to one. Returns what the cluster then has of the workload.
async fn transfer_field_ownership(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    current: Option<&ObservedDeployment>,
) -> ClusterResult<Option<Metadata>> {
    let Some(current) = current else { return Ok(None) };
    let spec = &input.state.release.spec;
    let scaling = spec.scaling.as_ref().filter(|_| !input.state.stopped);
    let (Some(scaling), true) = (scaling, current.metadata.owns_replicas()) else {
        return Ok(Some(current.metadata.clone()));
    };
    let replicas = current.replicas().clamp(scaling.min, scaling.max);
    let namespace = input.tenant.namespace();
    let name = spec.service.as_str();
    let request = request::transfer_replicas_ownership(&namespace, name, replicas);
    let response = cluster.send(&request).await?;
    let object = PartialObject::from_body(response.body());
    Ok(Some(object.map_or_else(|| current.metadata.clone(), |object| object.metadata)))
}

/// Deletes objects that the revision does not have. What cannot be deleted now is deleted by the next
/// revision.
async fn prune(cluster: &Cluster, namespace: &str, to_prune: &[(Kind, Metadata)]) {
    let deletes = to_prune.iter().map(|(kind, metadata)| async move {
        cluster.send(&request::delete(*kind, namespace, metadata)).await
    });
    for (response, (kind, metadata)) in join_all(deletes).await.into_iter().zip(to_prune) {
        if let Err(error) = response
            && error != ClusterError::Api(ApiError::NotFound)
        {
            let (kind, name) = (kind.name(), &metadata.name);
            warn(format_args!("{kind} {name} was not pruned: {}", error.message()));
        }
    }
}

/// Sends an apply or a deletion, and repeats it in two transient states. In a new namespace the API server takes a
/// moment to enforce the platform's role binding. An object that is being deleted must be gone first, because the deletion
/// would also remove what is applied now.
pub async fn send_with_retry(
    cluster: &Cluster,
    apply: &request::Request,
    role: RoleBinding,
) -> ClusterResult<ApiResponse> {
    let again = |error| (Err(error), Some(Duration::ZERO));
    retry(PROPAGATION_RETRIES, async || match cluster.send(apply).await {
        Ok(response) if is_terminating(&response) => {
            again(ClusterError::Api(ApiError::ObjectTerminating))
        }
        Err(error @ ClusterError::Api(ApiError::MissingPermission(_) | ApiError::NotFound))
            if role == RoleBinding::New =>
        {
            again(error)
        }
        response => (response, None),
    })
    .await
}

fn is_terminating(response: &ApiResponse) -> bool {
    let object = PartialObject::from_body(response.body());
    object.is_some_and(|object| object.metadata.is_terminating())
}
