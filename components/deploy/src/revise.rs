//! Makes a new revision of a deployment: check the cluster, number it, store it, reconcile, respond.
//!
//! Five writes: number, revision, two of the audit log, outcome. The revision is stored before anything
//! is applied, so a read continues after a crash. Only the values of secrets are stored nowhere else: if
//! a crash loses them, the deployment says so.

use crate::{
    cluster::{
        Cluster, ClusterError,
        preflight::{ClusterState, EarlierRevision, preflight},
    },
    custom_domain::claim_domain,
    deployment::Deployment,
    reconcile::{FOREIGN_NAMESPACE, Prepared, reconcile},
};
use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    DeploymentId, Problem, ProblemKind,
    deployments::{
        ApplyOutcome, Cause, DeployedState, DeploymentCreated, DeploymentRecord, DeploymentView,
        DesiredState, ObservedState, Revision, SecretValue, Status,
    },
    projects::{Members, Project},
    whole_seconds,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now,
    store::{AuditLog, Counter, Store, keys},
    warn,
};
use nokube_kube::{
    Dependencies, Kind, Manifest, ManifestInput, Manifests, Tenant, error::ApiError,
    observe::NamespaceStatus,
};
use std::collections::{BTreeMap, BTreeSet};

/// The number of a revision, or of a release, that has none yet.
const UNNUMBERED: u32 = 0;

/// What is to be deployed, and for which service.
pub struct NewRevision<'a> {
    pub record: DeploymentRecord,
    pub project: Project,
    pub members: Members,
    pub cause: Cause,
    pub state: DeployedState,
    /// The newest revision until now.
    pub previous: Option<&'a Revision>,
    /// The values of its secrets; `None`: the Secret is in the cluster already.
    pub secrets: Option<&'a BTreeMap<String, SecretValue>>,
}

/// Stores and applies a new revision, and responds with 202. While the cluster cannot be reached, no number is
/// used and nothing is stored.
///
/// # Errors
/// The cluster or the store failed; or the namespace has another owner, or is being deleted.
pub async fn revise(
    call: &Call,
    store: &Store,
    cluster: &Cluster,
    new: NewRevision<'_>,
) -> Result<Reply> {
    let NewRevision { record, project, members, cause, state, previous, secrets } = new;
    let input = ManifestInput {
        tenant: Tenant { project: &project, owner: &members.owner },
        id: record.id,
        revision: UNNUMBERED,
        state: &state,
    };
    let dependencies = Dependencies::new(cluster.platform(), &input, secrets);
    let earlier = match previous.and_then(Revision::deployed) {
        Some(_) => EarlierRevision::Deployed,
        None => EarlierRevision::None,
    };
    let cluster_state = preflight(cluster, &input, &dependencies, earlier).await?;
    check_namespace(&cluster_state)?;
    let max_domains = cluster.settings.service_limits.domains_per_person;
    let (person, spec) = (&call.caller()?.person, &state.release.spec);
    claim_domain(store, project.id, person, max_domains, spec).await?;

    let number = store.increment(&Counter::revisions(record.id)).await?;
    let desired = DesiredState::Deployed(Box::new(state.with_number(number)));
    let revision = new_revision(call, record.id, number, cause, desired)?;
    let (outcome, last_observation) = (None, None);
    let mut deployment =
        Deployment { record, project, members, revision, outcome, last_observation };
    store_revision(call, store, &deployment).await?;

    let manifests = {
        let input = deployment.manifest_input(deployment.state()?);
        dependencies.with_workload(cluster.platform(), &input)
    };
    let prepared = Prepared { manifests: &manifests, secrets, state: cluster_state };
    reconcile(store, cluster, &mut deployment, Some(prepared)).await?;
    if deployment.is_deleted() {
        return Err(Problem::not_found("deployment").into());
    }
    delete_old_revisions(store, &deployment, previous).await;
    accepted(cluster, &deployment, &manifests)
}

/// A revision by the caller, now.
pub fn new_revision(
    call: &Call,
    deployment_id: DeploymentId,
    number: u32,
    cause: Cause,
    desired: DesiredState,
) -> Result<Revision> {
    let caller = call.caller()?;
    let (by, person) = (caller.login.clone(), Some(caller.person.clone()));
    Ok(Revision { deployment_id, number, by, person, at: now(), cause, desired })
}

fn check_namespace(state: &ClusterState) -> Result<()> {
    match state.namespace {
        NamespaceStatus::Terminating => {
            Err(ClusterError::Api(ApiError::NamespaceTerminating).into())
        }
        NamespaceStatus::Foreign => Err(Error::problem(ProblemKind::Conflict, FOREIGN_NAMESPACE)),
        NamespaceStatus::Absent | NamespaceStatus::Owned { .. } => Ok(()),
    }
}

/// Stores the revision and its entry in the project's audit log.
///
/// # Errors
/// 404 if the project was deleted concurrently. The deletion also checks for deployments after it has deleted the
/// project's record, so at least one of the two requests sees the other.
async fn store_revision(call: &Call, store: &Store, deployment: &Deployment) -> Result<()> {
    store
        .set(keys::revision(deployment.id(), deployment.revision.number), &deployment.revision)
        .await?;
    if store.get(keys::project(deployment.project.id)).await?.is_none() {
        store.delete(keys::revision(deployment.id(), deployment.revision.number)).await?;
        return Err(Problem::not_found("project").into());
    }
    record_in_audit_log(call, store, deployment).await
}

/// Adds the cause of the newest revision to the project's audit log. The entry contains no values of the request.
pub async fn record_in_audit_log(
    call: &Call,
    store: &Store,
    deployment: &Deployment,
) -> Result<()> {
    let action = format!("deployment.{}", deployment.revision.cause);
    let object = format!("/api/v1/deployments/{}", deployment.id());
    audit::record(store, call, &AuditLog::Project(deployment.project.id), &action, object).await
}

/// Deletes the revisions that nobody can roll back to. Errors are only logged: a leftover revision does no harm.
async fn delete_old_revisions(store: &Store, deployment: &Deployment, previous: Option<&Revision>) {
    let state = previous.and_then(Revision::deployed);
    let retained = state.map(|state| state.retained.as_slice()).unwrap_or_default();
    let numbers = retained.iter().map(|release| release.number);
    let numbers = numbers.chain(previous.map(|previous| previous.number));
    let old: BTreeSet<u32> =
        numbers.filter(|number| !deployment.revision.retains(*number)).collect();
    let deletes =
        old.into_iter().map(|number| store.delete(keys::revision(deployment.id(), number)));
    for deleted in join_all(deletes).await {
        if let Err(error) = deleted {
            warn(format_args!("an old revision was not deleted: {error:?}"));
        }
    }
}

/// The revision's objects, with the Secret also if its values are in the cluster already.
fn kinds_and_names(manifests: &Manifests, state: &DeployedState) -> Vec<String> {
    let mut objects: Vec<_> = manifests.all().map(Manifest::kind_and_name).collect();
    if let Some(name) = &state.release.secrets_object {
        let secret = format!("{} {name}", Kind::Secret.name());
        if !objects.contains(&secret) {
            objects.push(secret);
        }
    }
    objects
}

/// The response to every request that makes a revision. The pods' status comes with the next read.
fn accepted(cluster: &Cluster, deployment: &Deployment, manifests: &Manifests) -> Result<Reply> {
    let view: DeploymentView = deployment.view(cluster.platform(), &ObservedState::Absent)?;
    let outcome = deployment.outcome.as_ref().map(|outcome| &outcome.outcome);
    let is_applied = matches!(outcome, Some(ApplyOutcome::Applied));
    let created = DeploymentCreated {
        deployment_id: view.deployment_id,
        project_id: view.project_id,
        service_name: view.service_name,
        // The view was made without a rollout, which it reports as removed by somebody.
        status: if is_applied { Status::Deploying } else { view.status },
        image_name: view.image_name,
        created_at: whole_seconds(deployment.record.created_at),
        manifests_generated: kinds_and_names(manifests, deployment.state()?),
        access_url: view.access_url,
        revision: view.revision,
        error_message: view.error_message.filter(|_| !is_applied),
        errors: view.errors,
        warnings: view.warnings,
    };
    let location = format!("/api/v1/deployments/{}", view.deployment_id);
    Ok(Reply::json(StatusCode::ACCEPTED, &created).header("location", &location))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    /// What the object waits for if the last one of its name is still being deleted.
    pub const STILL_DELETING: &str =
        "What it had before is still being removed. Try again in a moment.";

    /// The responses of an operation that stores a revision.
    pub fn revise(operation: Operation) -> Operation {
        operation
            .json_response::<DeploymentCreated>(
                202,
                "The revision was applied to the cluster. Poll the deployment at the URL in `Location`.",
                json!({
                    "deployment_id": examples::DEPLOYMENT, "project_id": 1,
                    "service_name": "frontend", "status": "deploying",
                    "image_name": examples::IMAGE, "created_at": "2025-08-18T10:35:00Z",
                    "manifests_generated": ["ConfigMap frontend-env-1", "Deployment frontend"],
                    "access_url": examples::URL, "revision": 1,
                }),
            )
            .response_header("Location")
            .problem(ProblemKind::Conflict, STILL_DELETING)
            .calls_cluster()
    }
}
