//! `GET /metrics`: gauges for Prometheus, computed from the store. They show what was last stored, because no
//! other system is queried.
//!
//! The cost is bounded: 1 read; 1 for each project number, back until [`MAX_PROJECTS`] existing projects are
//! found, but at most [`MAX_NUMBERS`]; 2 for each existing project; 2 for its newest build and for each that may
//! be unfinished; 5 a deployment. At most [`MAX_ITEMS`] builds and as many deployments are read, the newest of
//! each project first, so that one project cannot use up the limit. If any are left out, `nokube_metrics_complete`
//! is 0.

use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use nokube_domain::{
    ProjectId,
    builds::Status as BuildStatus,
    deployments::{self, ObservedState, Status as DeploymentStatus, StatusInput},
    page::Page,
};
use nokube_edge::{
    Call, Error, Reply, Result,
    builds::{BuildLifetime, summaries},
    now,
    store::{Counter, Store, keys},
    telemetry::prometheus::{CONTENT_TYPE, Gauge, render},
};

/// Maximum number of existing projects that are counted.
const MAX_PROJECTS: usize = 200;
/// Maximum number of project numbers that are read, of existing and deleted projects.
const MAX_NUMBERS: usize = 2_000;
/// Maximum number of builds that are read, and of deployments.
const MAX_ITEMS: usize = 1_000;
/// Projects, or deployments, that are read concurrently.
const CONCURRENCY: usize = 16;
/// Builds of a project that are read concurrently, after the newest one.
const BATCH_SIZE: u32 = 8;

const UNFINISHED: [BuildStatus; 2] = [BuildStatus::Pending, BuildStatus::Building];
const DEPLOYMENTS: [DeploymentStatus; 6] = [
    DeploymentStatus::Pending,
    DeploymentStatus::Deploying,
    DeploymentStatus::Running,
    DeploymentStatus::Degraded,
    DeploymentStatus::Failed,
    DeploymentStatus::Stopped,
];

/// An existing project, with its counters: the numbers of its newest build and deployment.
struct ProjectCounts {
    id: ProjectId,
    builds: u32,
    deployments: u32,
}

pub async fn metrics(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let ever_created = store.count(&Counter::projects()).await?;
    let (projects, has_all_projects) = newest_projects(&store, ever_created).await?;
    let (builds, deployments) = futures::join!(
        unfinished_builds(&store, &projects),
        deployment_statuses(&store, &projects)
    );
    let ((builds, has_all_builds), (deployments, has_all_deployments)) = (builds?, deployments?);
    let is_complete = has_all_projects && has_all_builds && has_all_deployments;
    let count = |all: usize| u64::try_from(all).unwrap_or(u64::MAX);
    let gauges = [
        Gauge::single("nokube_projects", "Projects that exist.", count(projects.len())),
        Gauge::single(
            "nokube_projects_made",
            "Projects ever created, deleted ones included.",
            u64::from(ever_created),
        ),
        Gauge::per_label(
            "nokube_builds",
            "Unfinished builds, as last stored.",
            "status",
            &UNFINISHED,
            &builds,
        ),
        Gauge::per_label(
            "nokube_deployments",
            "Deployments by their last stored status.",
            "status",
            &DEPLOYMENTS,
            &deployments,
        ),
        Gauge::single(
            "nokube_metrics_complete",
            "1 if everything was counted, 0 if the oldest were left out.",
            u64::from(is_complete),
        ),
    ];
    Ok(Reply::text(render(&gauges)).header("content-type", CONTENT_TYPE))
}

/// The newest existing projects, and whether these are all.
async fn newest_projects(store: &Store, ever_created: u32) -> Result<(Vec<ProjectCounts>, bool)> {
    let mut numbers = (1..=ever_created).rev().map(ProjectId).take(MAX_NUMBERS);
    let mut found = Vec::new();
    while found.len() < MAX_PROJECTS {
        let batch: Vec<_> = numbers.by_ref().take(CONCURRENCY).collect();
        if batch.is_empty() {
            break;
        }
        let reads = batch.into_iter().map(|id| async move { store.get(keys::project(id)).await });
        found.extend(try_join_all(reads).await?.into_iter().flatten().map(|project| project.id));
    }
    let has_all = numbers.next().is_none()
        && usize::try_from(ever_created).is_ok_and(|count| count <= MAX_NUMBERS);
    let reads = found.into_iter().map(|id| async move {
        let (builds, deployments) = (Counter::builds(id), Counter::deployments(id));
        let (builds, deployments) = futures::join!(store.count(&builds), store.count(&deployments));
        Ok::<_, Error>(ProjectCounts { id, builds: builds?, deployments: deployments? })
    });
    Ok((stream::iter(reads).buffered(CONCURRENCY).try_collect().await?, has_all))
}

/// The statuses of the unfinished builds, and whether these are all. Each round reads a batch of every project
/// in turn, until the builds of a project are too old to be unfinished.
async fn unfinished_builds(
    store: &Store,
    projects: &[ProjectCounts],
) -> Result<(Vec<BuildStatus>, bool)> {
    let oldest_unfinished = BuildLifetime::load().await?.oldest_unfinished();
    let mut open: Vec<_> = projects.iter().map(|project| (project.id, project.builds)).collect();
    // The first round reads one build of each project: for an idle project that is enough.
    let (mut found, mut left, mut limit) = (Vec::new(), MAX_ITEMS, 1);
    loop {
        open.retain(|(_, below)| *below > 0);
        let batch_size = usize::try_from(limit).unwrap_or(MAX_ITEMS);
        let max_projects = left / batch_size;
        if open.is_empty() || max_projects == 0 {
            return Ok((found, open.is_empty()));
        }
        let count = open.len().min(max_projects);
        let reads = open.iter().take(count).map(|(id, below)| async move {
            let numbers = Page { limit, offset: 0 }.numbers(*below);
            summaries(store, numbers.map(|number| (*id, number))).await
        });
        let batches: Vec<_> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
        left -= count * batch_size;
        for ((_, below), batch) in open.iter_mut().zip(batches) {
            let is_last_old =
                batch.last().is_some_and(|build| build.created_at.as_second() < oldest_unfinished);
            *below = if is_last_old { 0 } else { below.saturating_sub(limit) };
            let statuses = batch.into_iter().map(|build| build.status);
            found.extend(statuses.filter(|status| !status.is_final()));
        }
        limit = BATCH_SIZE;
    }
}

/// The last stored status of each deployment that is not deleted, and whether these are all.
async fn deployment_statuses(
    store: &Store,
    projects: &[ProjectCounts],
) -> Result<(Vec<DeploymentStatus>, bool)> {
    let numbers = |project: &ProjectCounts| {
        let (id, newest) = (project.id, project.deployments);
        (1..=newest).map(move |number| (newest - number, id, number))
    };
    let mut all: Vec<_> = projects.iter().flat_map(numbers).collect();
    all.sort_by_key(|(age, ..)| *age);
    let has_all = all.len() <= MAX_ITEMS;
    let reads = all.into_iter().take(MAX_ITEMS).map(|(_, id, number)| status(store, id, number));
    let statuses: Vec<_> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
    Ok((statuses.into_iter().flatten().collect(), has_all))
}

async fn status(store: &Store, id: ProjectId, number: u32) -> Result<Option<DeploymentStatus>> {
    let Some(record) = store.get(keys::deployment(id, number)).await? else { return Ok(None) };
    let (revision, outcome, last_observation) = futures::join!(
        store.newest_revision(record.id),
        store.outcome(record.id),
        store.last_observation(record.id)
    );
    let (outcome, last_observation) = (outcome?, last_observation?);
    let Some(revision) = revision? else { return Ok(None) };
    let Some(deployed) = revision.deployed() else { return Ok(None) };
    let input = StatusInput {
        created_at: record.created_at,
        revision: &revision,
        deployed,
        outcome: outcome.as_ref(),
        last_observation: last_observation.as_ref(),
        observed_at: now(),
        access_url: None,
    };
    // The same view as when the cluster is unreachable.
    let view = deployments::view(&input, &ObservedState::Unreachable(String::new()), now());
    Ok(Some(view.status))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    const EXAMPLE: &str = "# HELP nokube_builds Unfinished builds, as last stored.\n\
                           # TYPE nokube_builds gauge\n\
                           nokube_builds{status=\"pending\"} 0\n\
                           nokube_builds{status=\"building\"} 2\n";

    pub fn metrics() -> Operation {
        Operation::new("readMetrics", "Read metrics for Prometheus")
            .description(
                "Gauges in the Prometheus text format: projects, unfinished builds, and deployments by \
                 their last stored status. Only the newest ones are counted; \
                 `nokube_metrics_complete` tells whether these are all. Requests are not counted \
                 here: each writes a line to the log. An administrator's API token needs the scope \
                 `metrics`, which allows nothing else.",
            )
            .text_response(200, "The gauges.", EXAMPLE)
    }
}
