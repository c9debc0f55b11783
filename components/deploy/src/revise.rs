//! Makes a new revision of a deployment: check the cluster, number it, store it, reconcile, respond.
//!
//! Eight writes: number, revision, two of the audit log, outcome, and three for a work item, which exists from before the
//! revision until its outcome is stored. The revision is stored before anything is applied, so a read or
//! `/api/v1/reconcile` continues after a crash. Only the values of secrets are stored nowhere else: if
//! a crash loses them, the deployment says so.
//!
//! A request and a push may make a revision at the same moment. The person's stays: see
//! [`nokube_domain::deployments::overtaken`].

use crate::{
    adoption::foreign_namespace,
    author::Author,
    automatic,
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
use nokube_domain::{
    DeploymentId, Problem, ProblemKind,
    deployments::{
        AutomaticRevision, Cause, DeployedState, DeploymentRecord, DesiredState, Revision,
        SecretValue,
    },
    projects::{Members, Project},
};
use nokube_edge::{
    Call, Error, Reply, Result, now, projects,
    store::{Counter, Store, keys},
    warn,
};
use nokube_kube::{ManifestInput, Manifests, Tenant, error::ApiError, observe::NamespaceStatus};
use std::collections::{BTreeMap, BTreeSet};

/// How often a revision is stored again because automatic ones overtake it.
const MAX_OVERTAKEN: u32 = 4;

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
    /// Why nobody has asked for it; `None` if somebody has.
    pub automatic: Option<AutomaticRevision>,
}

impl<'a> NewRevision<'a> {
    /// A revision that somebody asks for, whose secrets are in the cluster already.
    pub fn of_same_secrets(deployment: &'a Deployment, cause: Cause, state: DeployedState) -> Self {
        let (project, members) = (deployment.project.clone(), deployment.members.clone());
        let (record, previous) = (deployment.record.clone(), Some(&deployment.revision));
        let (secrets, automatic) = (None, None);
        Self { record, project, members, cause, state, previous, secrets, automatic }
    }
}

/// A revision that was made.
pub struct Revised {
    pub deployment: Deployment,
    pub manifests: Manifests,
    /// It was not applied: a person's revision of the same moment was stored again instead, or what was there before,
    /// because the build is not to be deployed any more. `deployment` has that one.
    pub is_replaced: bool,
}

/// Stores and applies a new revision for the caller, and responds with 202.
///
/// # Errors
/// As [`revise_as`].
pub async fn revise(
    call: &Call,
    store: &Store,
    cluster: &Cluster,
    new: NewRevision<'_>,
) -> Result<Reply> {
    let author = Author::of_caller(call)?;
    revise_as(&author, store, cluster, new).await?.accepted(cluster)
}

/// Stores and applies a new revision. While the cluster cannot be reached, no number is used and nothing is stored. The
/// number is above that of the revision in the cluster, which is unknown to the store if that is an older copy.
///
/// # Errors
/// The cluster or the store failed; the namespace has another owner, or is being deleted; it has a Deployment of that
/// name that is not the platform's; or the pods do not fit into the project's quota. 404 if the deployment was deleted
/// meanwhile.
pub async fn revise_as(
    author: &Author,
    store: &Store,
    cluster: &Cluster,
    mut new: NewRevision<'_>,
) -> Result<Revised> {
    let (previous, secrets) = (new.previous, new.secrets);
    let mut repeats = None;
    for _ in 0..MAX_OVERTAKEN {
        let (revised, newer) = make(author, store, cluster, new, repeats).await?;
        let own = &revised.deployment.revision;
        repeats = Some(own.newest_of_person());
        if !newer.is_some_and(|newer| newer.overtakes(own)) {
            delete_old_revisions(store, &revised.deployment, previous).await;
            return Ok(revised);
        }
        let state = revised.deployment.state()?.clone();
        let Deployment { record, project, members, .. } = revised.deployment;
        let (cause, automatic) = (Cause::Apply, None);
        new = NewRevision { record, project, members, cause, state, previous, secrets, automatic };
    }
    Err(Problem::in_progress("Other revisions are being deployed at the same time.").into())
}

/// Makes one revision. `repeats`: the number under which it was stored first. Also returns the newest one, if another was
/// stored meanwhile.
async fn make(
    author: &Author,
    store: &Store,
    cluster: &Cluster,
    new: NewRevision<'_>,
    repeats: Option<u32>,
) -> Result<(Revised, Option<Revision>)> {
    let NewRevision { record, project, members, cause, state, previous, secrets, automatic } = new;
    let is_preview = record.preview.is_some();
    let tenant = Tenant { project: &project, owner: &members.owner, is_preview };
    let earlier = match previous.and_then(Revision::deployed) {
        Some(_) => EarlierRevision::Deployed,
        None => EarlierRevision::None,
    };
    let (id, how) = (record.cluster_id(), (cause, earlier));
    let continuation = continue_from_cluster(cluster, &tenant, id, state, how).await?;
    check_namespace(&continuation.cluster, &tenant)?;
    check_quota(cluster, &tenant, id, &continuation, cause)?;
    let max_domains = cluster.settings.service_limits.domains_per_person;
    let spec = &continuation.state.release.spec;
    claim_domain(store, project.id, &author.person, max_domains, spec).await?;

    let record = adopt(store, record, continuation.adopted).await?;
    let Continuation { state, cluster: cluster_state, warnings, .. } = continuation;
    let counter = Counter::revisions(record.id);
    let (number, item) = try_join(
        store.increment_above(&counter, cluster_state.revision()),
        work::add_item(store, record.id),
    )
    .await?;
    let state = match &automatic {
        Some(automatic) => state.with_automatic_build(automatic.build),
        None => state,
    };
    let desired = DesiredState::Deployed(Box::new(state.with_number(number)));
    let revision = new_revision(author, record.id, (number, item), cause, desired);
    let revision = Revision { automatic, repeats, ..revision };
    let (outcome, last_observation) = (None, None);
    let mut deployment =
        Deployment { record, project, members, revision, outcome, last_observation };
    store_revision(author, store, &deployment).await?;

    let manifests = {
        let input = deployment.manifest_input(deployment.state()?);
        Manifests::new(cluster.platform(), &input, secrets)
    };
    if let Some(replacement) = automatic::replacement(store, &deployment).await? {
        deployment.revision = replacement;
        return Ok((Revised { deployment, manifests, is_replaced: true }, None));
    }
    let prepared = Prepared { manifests: &manifests, secrets, warnings, state: cluster_state };
    let newer = reconcile(store, cluster, &mut deployment, Some(prepared)).await?;
    let was_built_here = previous.is_some_and(Revision::is_built_here);
    work::finish_revision(store, &deployment, was_built_here).await;
    if deployment.is_deleted() {
        return Err(Problem::not_found("deployment").into());
    }
    Ok((Revised { deployment, manifests, is_replaced: false }, newer))
}

/// A revision by this person, now, with this number and work item.
pub fn new_revision(
    author: &Author,
    deployment_id: DeploymentId,
    (number, item): (u32, u32),
    cause: Cause,
    desired: DesiredState,
) -> Revision {
    Revision {
        deployment_id,
        number,
        by: author.login.clone(),
        person: Some(author.person.clone()),
        at: now(),
        cause,
        automatic: None,
        repeats: None,
        work_item: Some(item),
        desired,
    }
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
async fn store_revision(author: &Author, store: &Store, deployment: &Deployment) -> Result<()> {
    let (id, revision) = (deployment.id(), &deployment.revision);
    let key = || keys::revision(id, revision.number);
    projects::store_record(store, deployment.project.id, key, revision).await?;
    record_in_audit_log(author, store, deployment).await
}

/// Adds the cause of the newest revision to the project's audit log. The entry contains no values of the request.
pub async fn record_in_audit_log(
    author: &Author,
    store: &Store,
    deployment: &Deployment,
) -> Result<()> {
    let action = format!("deployment.{}", deployment.revision.cause);
    let object = format!("/api/v1/deployments/{}", deployment.id());
    author.record(store, deployment.project.id, action, object).await
}

/// Deletes the revisions that nobody can roll back to. Errors are only logged: a leftover revision does no harm.
async fn delete_old_revisions(store: &Store, deployment: &Deployment, previous: Option<&Revision>) {
    let state = previous.and_then(Revision::deployed);
    let retained = state.map(|state| state.retained.as_slice()).unwrap_or_default();
    let numbers = retained.iter().map(|release| release.number);
    let numbers = numbers.chain(previous.map(|previous| previous.number));
    let numbers = numbers.chain(previous.and_then(Revision::fallback));
    let newest = &deployment.revision;
    let is_needed = |number: u32| newest.retains(number) || newest.fallback() == Some(number);
    let old: BTreeSet<u32> = numbers.filter(|number| !is_needed(*number)).collect();
    let deletes =
        old.into_iter().map(|number| store.delete(keys::revision(deployment.id(), number)));
    for deleted in join_all(deletes).await {
        if let Err(error) = deleted {
            warn(format_args!("an old revision was not deleted: {error}"));
        }
    }
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
