//! Makes a new revision of a deployment: check the cluster, number it, store it, reconcile, respond.
//!
//! Eight writes: number, revision, two of the audit log, outcome, and three for a work item, which exists from before the
//! revision until its outcome is stored. The revision is stored before anything is applied, so a read or
//! `/api/v1/reconcile` continues after a crash. Only the values of secrets are stored nowhere else: if
//! a crash loses them, the deployment says so.

use crate::{
    adoption::foreign_namespace,
    cluster::{
        Cluster, ClusterError,
        preflight::{ClusterState, EarlierRevision},
    },
    continuation::{Continuation, UNNUMBERED, continue_from_cluster},
    custom_domain::claim_domain,
    deployment::Deployment,
    reconcile::{Prepared, reconcile},
    work,
};
use futures::future::{join_all, try_join};
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
    Call, Error, Reply, Result, audit, now, projects,
    store::{AuditLog, Counter, Store, keys},
    warn,
};
use nokube_kube::{
    Kind, Manifest, ManifestInput, Manifests, Tenant, error::ApiError, observe::NamespaceStatus,
};
use std::collections::{BTreeMap, BTreeSet};

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
/// used and nothing is stored. The number is above that of the revision in the cluster, which is unknown to the store
/// if that is an older copy.
///
/// # Errors
/// The cluster or the store failed; the namespace has another owner, or is being deleted; it has a Deployment of that
/// name that is not the platform's; or the pods do not fit into the project's quota.
pub async fn revise(
    call: &Call,
    store: &Store,
    cluster: &Cluster,
    new: NewRevision<'_>,
) -> Result<Reply> {
    let NewRevision { record, project, members, cause, state, previous, secrets } = new;
    let tenant = Tenant { project: &project, owner: &members.owner };
    let earlier = match previous.and_then(Revision::deployed) {
        Some(_) => EarlierRevision::Deployed,
        None => EarlierRevision::None,
    };
    let (id, how) = (record.cluster_id(), (cause, earlier));
    let continuation = continue_from_cluster(cluster, &tenant, id, state, how).await?;
    check_namespace(&continuation.cluster, &tenant)?;
    check_quota(cluster, &tenant, id, &continuation, cause)?;
    let max_domains = cluster.settings.service_limits.domains_per_person;
    let (person, spec) = (&call.caller()?.person, &continuation.state.release.spec);
    claim_domain(store, project.id, person, max_domains, spec).await?;

    let record = adopt(store, record, continuation.adopted).await?;
    let Continuation { state, cluster: cluster_state, warnings, .. } = continuation;
    let counter = Counter::revisions(record.id);
    let (number, item) = try_join(
        store.increment_above(&counter, cluster_state.revision()),
        work::add_item(store, record.id),
    )
    .await?;
    let desired = DesiredState::Deployed(Box::new(state.with_number(number)));
    let revision = new_revision(call, record.id, number, cause, desired)?;
    let (outcome, last_observation) = (None, None);
    let mut deployment =
        Deployment { record, project, members, revision, outcome, last_observation };
    store_revision(call, store, &deployment).await?;

    let manifests = {
        let input = deployment.manifest_input(deployment.state()?);
        Manifests::new(cluster.platform(), &input, secrets)
    };
    let prepared = Prepared { manifests: &manifests, secrets, warnings, state: cluster_state };
    reconcile(store, cluster, &mut deployment, Some(prepared)).await?;
    work::remove_item(store, &deployment, item).await;
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

/// Stores that the service's objects in the cluster have another id. If this request fails later, the next one goes on.
async fn adopt(
    store: &Store,
    record: DeploymentRecord,
    adopted: Option<DeploymentId>,
) -> Result<DeploymentRecord> {
    if adopted.is_none() {
        return Ok(record);
    }
    let record = DeploymentRecord { adopted, ..record };
    store.set(keys::deployment(record.id.project, record.id.number), &record).await?;
    Ok(record)
}

fn check_quota(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    id: DeploymentId,
    continuation: &Continuation,
    cause: Cause,
) -> Result<()> {
    let (id, state) = (continuation.adopted.unwrap_or(id), &continuation.state);
    let input = ManifestInput { tenant: tenant.clone(), id, revision: UNNUMBERED, state };
    let manifests = Manifests::new(cluster.platform(), &input, None);
    continuation.check_quota(&manifests, cause)
}

fn check_namespace(state: &ClusterState, tenant: &Tenant<'_>) -> Result<()> {
    match state.namespace {
        NamespaceStatus::Terminating => {
            Err(ClusterError::Api(ApiError::NamespaceTerminating).into())
        }
        NamespaceStatus::Foreign => {
            Err(Error::problem(ProblemKind::Conflict, foreign_namespace(tenant)))
        }
        NamespaceStatus::Absent | NamespaceStatus::Owned { .. } => Ok(()),
    }
}

/// Stores the revision and its entry in the project's audit log.
///
/// # Errors
/// 404 if the project was deleted concurrently.
async fn store_revision(call: &Call, store: &Store, deployment: &Deployment) -> Result<()> {
    let (id, revision) = (deployment.id(), &deployment.revision);
    let key = || keys::revision(id, revision.number);
    projects::store_record(store, deployment.project.id, key, revision).await?;
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
            warn(format_args!("an old revision was not deleted: {error}"));
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
    let observation = deployment.observation(ObservedState::Absent);
    let view: DeploymentView = deployment.view(cluster.platform(), &observation)?;
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
