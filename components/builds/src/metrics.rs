//! `GET /metrics`: gauges for Prometheus, made of what is stored when they are asked for. Nobody outside is
//! asked, so they tell what was last learned.
//!
//! What that costs is bounded: 1 read; 3 for each of the newest [`PROJECTS`] projects that were ever made; 2
//! for the newest build of each and for those that may still be under way; 5 a deployment. Of builds and of
//! deployments, [`MOST`] are read. What is left out is the oldest, and it is said.

use crate::{builds::list::rows, settings::Waits};
use futures::{StreamExt, TryStreamExt, stream};
use nokube_domain::{
    ProjectId,
    build::Status as BuildStatus,
    deploy::{self, Known, Observed, Status as DeploymentStatus},
    metrics::{CONTENT_TYPE, Gauge, text},
    page::Page,
};
use nokube_edge::{
    Call, Failure, Reply, Result, now,
    store::{Counter, Store},
};
use std::cell::Cell;

/// How many projects are looked at.
const PROJECTS: u32 = 200;
/// How many builds, and how many deployments.
const MOST: u32 = 1_000;
/// How many projects, or deployments, are read at once.
const AT_ONCE: usize = 16;
/// How many builds of a project are read at once, after its newest.
const STEP: u32 = 8;

const BUILDS: [(BuildStatus, &str); 2] =
    [(BuildStatus::Pending, "pending"), (BuildStatus::Building, "building")];
const DEPLOYMENTS: [(DeploymentStatus, &str); 5] = [
    (DeploymentStatus::Pending, "pending"),
    (DeploymentStatus::Deploying, "deploying"),
    (DeploymentStatus::Running, "running"),
    (DeploymentStatus::Failed, "failed"),
    (DeploymentStatus::Stopped, "stopped"),
];

/// A project that stands, with how many numbers of builds and deployments it has handed out.
struct Counted {
    id: ProjectId,
    builds: u32,
    deployments: u32,
}

pub async fn metrics(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let made = store.count(&Counter::projects()).await?;
    let projects = projects(&store, made).await?;
    let (builds, deployments) =
        futures::join!(under_way(&store, &projects), last_known(&store, &projects),);
    let ((builds, all_builds), (deployments, all_deployments)) = (builds?, deployments?);
    let is_complete = made <= PROJECTS && all_builds && all_deployments;
    let count = |all: usize| u64::try_from(all).unwrap_or(u64::MAX);
    let gauges = [
        Gauge::one("nokube_projects", "Projects that there are.", count(projects.len())),
        Gauge::one("nokube_projects_made", "Projects that were ever asked for.", u64::from(made)),
        Gauge::of_each(
            "nokube_builds",
            "Builds that are under way, as far as the platform was told.",
            "status",
            &BUILDS,
            &builds,
        ),
        Gauge::of_each(
            "nokube_deployments",
            "Deployments by the status that was last seen.",
            "status",
            &DEPLOYMENTS,
            &deployments,
        ),
        Gauge::one(
            "nokube_metrics_complete",
            "1 if everything was looked at, 0 if the oldest were left out.",
            u64::from(is_complete),
        ),
    ];
    Ok(Reply::text(text(&gauges)).header("content-type", CONTENT_TYPE))
}

async fn projects(store: &Store, made: u32) -> Result<Vec<Counted>> {
    let newest = Page { limit: PROJECTS, offset: 0 }.numbers(made).map(ProjectId);
    let read = newest.map(|id| async move {
        let (builds, deployments) = (Counter::builds(id), Counter::deployments(id));
        let (project, builds, deployments) =
            futures::join!(store.project(id), store.count(&builds), store.count(&deployments));
        let (builds, deployments) = (builds?, deployments?);
        Ok::<_, Failure>(project?.map(|_| Counted { id, builds, deployments }))
    });
    let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

/// The builds that have not ended; and whether these are all.
async fn under_way(store: &Store, projects: &[Counted]) -> Result<(Vec<BuildStatus>, bool)> {
    let horizon = now().as_second() - Waits::read().await?.horizon;
    let left = Cell::new(MOST);
    let read = projects.iter().map(|project| under_way_in(store, project, horizon, &left));
    let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
    let is_all = read.iter().all(|(_, is_all)| *is_all);
    Ok((read.into_iter().flat_map(|(found, _)| found).collect(), is_all))
}

/// Those of a project, as far back as one can live; of `left` builds, what is read is taken off.
async fn under_way_in(
    store: &Store,
    project: &Counted,
    horizon: i64,
    left: &Cell<u32>,
) -> Result<(Vec<BuildStatus>, bool)> {
    let (mut found, mut below, mut limit) = (Vec::new(), project.builds, 1);
    while below > 0 {
        if left.get() == 0 {
            return Ok((found, false));
        }
        left.set(left.get().saturating_sub(limit));
        let step = Page { limit, offset: 0 }.numbers(below).map(|number| (project.id, number));
        let step = rows(store, step).await?;
        let is_old = step.last().is_some_and(|row| row.created_at.as_second() < horizon);
        found.extend(step.into_iter().map(|row| row.status).filter(|status| !status.is_final()));
        // Of a project that rests, one build is enough to see it.
        below = if is_old { 0 } else { below.saturating_sub(limit) };
        limit = STEP;
    }
    Ok((found, true))
}

/// What was last seen of each deployment that is wished for; and whether these are all.
async fn last_known(store: &Store, projects: &[Counted]) -> Result<(Vec<DeploymentStatus>, bool)> {
    let numbers = |project: &Counted| {
        let id = project.id;
        (1..=project.deployments).rev().map(move |number| (id, number))
    };
    let all = projects.iter().flat_map(numbers);
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let is_all = all.clone().nth(most).is_none();
    let read = all.take(most).map(|(id, number)| status(store, id, number));
    let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
    Ok((read.into_iter().flatten().collect(), is_all))
}

async fn status(store: &Store, id: ProjectId, number: u32) -> Result<Option<DeploymentStatus>> {
    let Some(record) = store.deployment(id, number).await? else { return Ok(None) };
    let (revision, outcome, last_seen) = futures::join!(
        store.newest_revision(record.id),
        store.outcome(record.id),
        store.last_seen(record.id)
    );
    let (outcome, last_seen) = (outcome?, last_seen?);
    let Some(revision) = revision? else { return Ok(None) };
    let Some(run) = revision.run() else { return Ok(None) };
    let known = Known {
        created_at: record.created_at,
        revision: &revision,
        run,
        outcome: outcome.as_ref(),
        last_seen: last_seen.as_ref(),
        access_url: None,
    };
    // Told as when the cluster is away, which is what its users would be told then.
    let view = deploy::view(&known, &Observed::Unreachable(String::new()), now());
    Ok(Some(view.status))
}
