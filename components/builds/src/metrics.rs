//! `GET /metrics`: gauges for Prometheus, made of what is stored when they are asked for. Nobody outside is
//! asked, so they tell what was last learned.
//!
//! What that costs is bounded: 1 read; 1 for each number of a project, back until [`PROJECTS`] that stand are
//! found, but at most [`NUMBERS`]; 2 for each that stands; 2 for the newest build of each and for those that may
//! still be under way; 5 a deployment. Of builds and of deployments, [`MOST`] are read, the newest of each
//! project first: nobody hides others' behind their own. What is left out is the oldest, and it is said.

use crate::{builds::list::rows, settings::Waits};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
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

/// How many projects are looked at.
const PROJECTS: usize = 200;
/// How many numbers, of projects that stand or were deleted.
const NUMBERS: usize = 2_000;
/// How many builds, and how many deployments.
const MOST: usize = 1_000;
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
    let (projects, all_projects) = projects(&store, made).await?;
    let (builds, deployments) =
        futures::join!(under_way(&store, &projects), last_known(&store, &projects));
    let ((builds, all_builds), (deployments, all_deployments)) = (builds?, deployments?);
    let is_complete = all_projects && all_builds && all_deployments;
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

/// The newest projects that stand; and whether these are all.
async fn projects(store: &Store, made: u32) -> Result<(Vec<Counted>, bool)> {
    let mut numbers = (1..=made).rev().map(ProjectId).take(NUMBERS);
    let mut found = Vec::new();
    while found.len() < PROJECTS {
        let step: Vec<_> = numbers.by_ref().take(AT_ONCE).collect();
        if step.is_empty() {
            break;
        }
        let read = step.into_iter().map(|id| async move { store.project(id).await });
        found.extend(try_join_all(read).await?.into_iter().flatten().map(|project| project.id));
    }
    let is_all = numbers.next().is_none() && usize::try_from(made).is_ok_and(|n| n <= NUMBERS);
    let read = found.into_iter().map(|id| async move {
        let (builds, deployments) = (Counter::builds(id), Counter::deployments(id));
        let (builds, deployments) = futures::join!(store.count(&builds), store.count(&deployments));
        Ok::<_, Failure>(Counted { id, builds: builds?, deployments: deployments? })
    });
    Ok((stream::iter(read).buffered(AT_ONCE).try_collect().await?, is_all))
}

/// The builds that have not ended; and whether these are all. Rounds go from project to project, each as
/// far back as a build can live.
async fn under_way(store: &Store, projects: &[Counted]) -> Result<(Vec<BuildStatus>, bool)> {
    let horizon = now().as_second() - Waits::read().await?.horizon;
    let mut open: Vec<_> = projects.iter().map(|project| (project.id, project.builds)).collect();
    let (mut found, mut left, mut limit) = (Vec::new(), MOST, 1);
    loop {
        open.retain(|(_, below)| *below > 0);
        // Of a project that rests, one build is enough to see it.
        let fit = left / usize::try_from(limit).unwrap_or(MOST);
        if open.is_empty() || fit == 0 {
            return Ok((found, open.is_empty()));
        }
        let some = open.len().min(fit);
        let read = open.iter().take(some).map(|(id, below)| async move {
            let numbers = Page { limit, offset: 0 }.numbers(*below);
            rows(store, numbers.map(|number| (*id, number))).await
        });
        let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
        left -= some * usize::try_from(limit).unwrap_or(MOST);
        for ((_, below), step) in open.iter_mut().zip(read) {
            let is_old = step.last().is_some_and(|row| row.created_at.as_second() < horizon);
            *below = if is_old { 0 } else { below.saturating_sub(limit) };
            found
                .extend(step.into_iter().map(|row| row.status).filter(|status| !status.is_final()));
        }
        limit = STEP;
    }
}

/// What was last seen of each deployment that is wished for; and whether these are all.
async fn last_known(store: &Store, projects: &[Counted]) -> Result<(Vec<DeploymentStatus>, bool)> {
    let numbers = |project: &Counted| {
        let (id, newest) = (project.id, project.deployments);
        (1..=newest).map(move |number| (newest - number, id, number))
    };
    let mut all: Vec<_> = projects.iter().flat_map(numbers).collect();
    all.sort_by_key(|(age, ..)| *age);
    let is_all = all.len() <= MOST;
    let read = all.into_iter().take(MOST).map(|(_, id, number)| status(store, id, number));
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
