//! `DELETE /api/v1/projects/{project}`: rejected while the project is in use, or with `?take_down=true` cancels its
//! builds and deletes its deployments and previews first. Volumes are deleted only with `?volumes=true`.
//!
//! Saved secrets are removed from the cluster first. Then the project's record is deleted, then what is saved of its
//! services, then its members, then its number in the owner's list. After a crash in between, repeating the request or
//! creating a project of that name completes the deletion. A second check after the record was deleted finds builds and
//! deployments that were started concurrently, and restores the record. The records of builds are kept: a project that
//! the same owner creates with this name again gets its number back, because its images, namespace and hosts have the
//! same names (ADR 8).

use super::{
    name::{free_name, number_in_list},
    record,
};
use http::{Method, Response, StatusCode};
use nokube_domain::{
    BuildId, DeploymentId, Problem, ProblemKind, ProjectId, Reason,
    builds::{BuildView, Status},
    deployments::RemainingObjects,
    name::ServiceName,
    previews::PreviewOf,
    problem::FieldError,
    projects::Project,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit,
    builds::unfinished,
    chaining,
    previews::{self, RemainingPreview},
    services,
    store::{AuditLog, Store, keys},
};
use std::{fmt, time::Duration};

/// Enough for a deletion in the cluster. A hosted Spin ends a request after 30 s.
const TIMEOUT: Duration = Duration::from_secs(25);

pub async fn delete(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["take_down", "volumes"])?;
    let take_down = call.query_flag("take_down")?;
    let volumes = if call.query_flag("volumes")? { Volumes::Delete } else { Volumes::Keep };
    if volumes == Volumes::Delete && !take_down {
        return Err(Problem::invalid_field("volumes", "goes with take_down=true").into());
    }
    let id = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(id)).await?.as_ref(), "project")?;
    let mut blockers = find_blockers(&call, &store, id).await?;
    if take_down {
        for blocker in &blockers {
            take_down_one(&call, &store, blocker, volumes).await?;
        }
        blockers = find_blockers(&call, &store, id).await?;
    }
    blockers.retain(|blocker| blocker.blocks(volumes));
    if !blockers.is_empty() {
        return Err(in_use(&blockers, take_down));
    }
    for service in services::with_saved_secrets(&store, id).await? {
        remove_secrets(&call, id, &service).await?;
    }
    let project = store.get(keys::project(id)).await?;
    store.delete(keys::project(id)).await?;
    if let Err(error) = check_for_late_blockers(&call, &store, id, take_down).await {
        if let Some(project) = &project {
            store.set(keys::project(project.id), project).await?;
        }
        return Err(error);
    }
    services::delete_saved(&store, id).await?;
    delete_memberships(&store, id, project.as_ref()).await?;
    if project.is_some() {
        let object = format!("/api/v1/projects/{id}");
        audit::record(&store, &call, &AuditLog::Project(id), "project.delete", object).await?;
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Finds builds and deployments that were started while the project was deleted.
///
/// # Errors
/// 409 if there are any; or they cannot be read.
async fn check_for_late_blockers(
    call: &Call,
    store: &Store,
    id: ProjectId,
    is_taken_down: bool,
) -> Result<()> {
    let mut blockers = find_blockers(call, store, id).await?;
    blockers.retain(|blocker| blocker.blocks(Volumes::Keep));
    if blockers.is_empty() { Ok(()) } else { Err(in_use(&blockers, is_taken_down)) }
}

/// Deletes the members' record, the project's name and its entries in the lists of its members.
async fn delete_memberships(store: &Store, id: ProjectId, project: Option<&Project>) -> Result<()> {
    let Some(members) = record::delete(store, id).await? else { return Ok(()) };
    if let Some(project) = project {
        free_name(store, &members.owner, &project.name).await?;
    }
    if let Some(number) = number_in_list(store, &members.owner, id).await? {
        store.delete(keys::owned_project(&members.owner, number)).await?;
    }
    for other in &members.others {
        store.delete(keys::membership(&other.person, other.number)).await?;
    }
    Ok(())
}

/// What happens to the volumes of deployments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Volumes {
    Keep,
    Delete,
}

/// A build or a deployment because of which a project cannot be deleted.
enum Blocker {
    Build { id: BuildId, attempt: u32, status: Status },
    Deployment { id: DeploymentId, of: Deployed, remaining: RemainingObjects },
}

/// What a deployment is of.
enum Deployed {
    Service(ServiceName),
    Preview(PreviewOf),
}

impl fmt::Display for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => write!(f, "the service {service}"),
            Self::Preview(PreviewOf { service, pull_request }) => {
                write!(f, "the preview of {service} for pull request {pull_request}")
            }
        }
    }
}

impl Blocker {
    /// A volume alone blocks the deletion only if it is to be deleted too.
    fn blocks(&self, volumes: Volumes) -> bool {
        match self {
            Self::Build { .. } => true,
            Self::Deployment { remaining, .. } => {
                *remaining != RemainingObjects::Volume || volumes == Volumes::Delete
            }
        }
    }
}

async fn find_blockers(call: &Call, store: &Store, id: ProjectId) -> Result<Vec<Blocker>> {
    let mut blockers = Vec::new();
    let unexpected = |status| unavailable("The builds of this project cannot be read now", status);
    for build in unfinished(store, id, u32::MAX).await? {
        let path = format!("/api/v1/builds/{build}");
        // This read polls GitHub, so a build that has ended since the last poll does not block.
        let build = chaining::read_as_caller(call, "builds", &path, TIMEOUT, unexpected).await?;
        if let Some(BuildView { build_id: id, attempt, status, .. }) = build
            && !status.is_final()
        {
            blockers.push(Blocker::Build { id, attempt, status });
        }
    }
    for (record, newest) in store.newest_revisions(id).await? {
        let remaining = newest.remaining_objects(store.outcome(record.id).await?.as_ref());
        if remaining != RemainingObjects::Nothing {
            let (id, of) = (record.id, Deployed::Service(record.service));
            blockers.push(Blocker::Deployment { id, of, remaining });
        }
    }
    for RemainingPreview { record, remaining, .. } in previews::remaining(store, id).await? {
        let of = record.preview.map_or(Deployed::Service(record.service), Deployed::Preview);
        blockers.push(Blocker::Deployment { id: record.id, of, remaining });
    }
    Ok(blockers)
}

async fn take_down_one(
    call: &Call,
    store: &Store,
    blocker: &Blocker,
    volumes: Volumes,
) -> Result<()> {
    match blocker {
        Blocker::Build { id, attempt, .. } => cancel_build(call, store, *id, *attempt).await,
        Blocker::Deployment { remaining: RemainingObjects::Volume, .. }
            if volumes == Volumes::Keep =>
        {
            Ok(())
        }
        Blocker::Deployment { id, .. } => delete_deployment(call, *id, volumes).await,
    }
}

/// Requests that `builds` cancels an attempt, unless that was requested already: reads of the build repeat a stored
/// request.
async fn cancel_build(call: &Call, store: &Store, id: BuildId, attempt: u32) -> Result<()> {
    let requested = store.get(keys::cancel_request(id)).await?;
    if requested.is_some_and(|request| request.attempt == attempt) {
        return Ok(());
    }
    let path = format!("/api/v1/builds/{id}");
    let response = chaining::send_as_caller(call, Method::DELETE, "builds", &path, TIMEOUT).await?;
    match response.status() {
        // CONFLICT: the build has already ended.
        StatusCode::ACCEPTED | StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(too_many("builds are cancelled", &response)),
        status => Err(unavailable("The builds of this project cannot be cancelled now", status)),
    }
}

async fn delete_deployment(call: &Call, id: DeploymentId, volumes: Volumes) -> Result<()> {
    let delete_volumes = volumes == Volumes::Delete;
    let path = format!("/api/v1/deployments/{id}?volumes={delete_volumes}");
    let response = chaining::send_as_caller(call, Method::DELETE, "deploy", &path, TIMEOUT).await?;
    match response.status() {
        StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(too_many("services are taken down", &response)),
        status => {
            let what = "What is deployed of this project cannot be taken down now";
            Err(unavailable(what, status))
        }
    }
}

/// Removes the saved secrets of a service from the cluster.
async fn remove_secrets(call: &Call, project: ProjectId, service: &ServiceName) -> Result<()> {
    let path = format!("/api/v1/projects/{project}/services/{service}/secrets");
    let response = chaining::send_as_caller(call, Method::DELETE, "deploy", &path, TIMEOUT).await?;
    match response.status() {
        StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(too_many("secrets are removed", &response)),
        status => {
            let what = "The saved secrets of this project cannot be removed from the cluster now";
            Err(unavailable(what, status))
        }
    }
}

/// The component's rate limit was reached: the caller repeats the request after its `Retry-After`.
fn too_many(what: &str, response: &Response<Vec<u8>>) -> Error {
    let seconds = chaining::retry_after(response);
    let detail = format!(
        "Only a limited number of {what} per minute. Repeat this request in {seconds} seconds to continue."
    );
    Problem::new(ProblemKind::TooMany, detail).with_retry_after(seconds).into()
}

/// The error for a component's response to a request that was sent with the caller's credentials.
fn unavailable(what: &str, status: StatusCode) -> Error {
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        let detail = format!("{what} with this token. Sign in instead.");
        return Problem::new(ProblemKind::Forbidden, detail).into();
    }
    let detail = format!("{what} (status {}). Try again.", status.as_u16());
    Problem::new(ProblemKind::UpstreamUnavailable, detail).with_retry_after(5).into()
}

fn in_use(blockers: &[Blocker], is_taken_down: bool) -> Error {
    let errors = blockers.iter().map(|blocker| match blocker {
        Blocker::Build { id, status, .. } => {
            FieldError { field: format!("/api/v1/builds/{id}"), detail: format!("is {status}") }
        }
        Blocker::Deployment { id, of, remaining } => FieldError {
            field: format!("/api/v1/deployments/{id}"),
            detail: match remaining {
                RemainingObjects::Terminating => {
                    format!("{of} is not completely deleted yet")
                }
                _ => format!("{of} is deployed"),
            },
        },
    });
    let errors = errors.collect();
    let problem = if is_taken_down {
        let detail =
            "Its builds and deployments are being removed. Repeat the request in a moment.";
        Problem::new(ProblemKind::InProgress, detail).with_retry_after(3)
    } else {
        let detail = "Something of this project is running. Stop it first, or delete the project \
                      with ?take_down=true (and &volumes=true to delete what it has stored).";
        Problem::conflict(Reason::ProjectInUse, detail)
    };
    Problem { errors, ..problem }.into()
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn delete() -> Operation {
        Operation::new("deleteProject", "Delete a project")
            .description(
                "The project must have no deployments and no running builds; otherwise the \
                 response is 409 and `errors` lists them. `take_down` removes them first. That \
                 takes a moment: repeat the request until the response is 204. If you create a \
                 project with the same name again, it has the builds of the deleted one.",
            )
            .query_flag(
                "take_down",
                "Cancel the project's builds and delete its deployments first.",
            )
            .query_flag("volumes", "With `take_down`: also delete the volumes of the deployments.")
            .empty_response(204, "The project was deleted.")
            .conflict(
                Reason::ProjectInUse,
                "Something of this project is running. Stop it first, or delete the project with \
                 ?take_down=true (and &volumes=true to delete what it has stored).",
            )
            .problem(
                ProblemKind::InProgress,
                "Its builds and deployments are being removed. Repeat the request in a moment.",
            )
            .calls_github()
            .calls_cluster()
    }
}
