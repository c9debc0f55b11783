//! `GET /api/v1/builds` and `GET /api/v1/projects/{project}/builds`

use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId, Timestamp,
    builds::{BuildView, Status},
    page::Page,
    responses::{BuildPage, BuildsByStatus},
};
use nokube_edge::{
    Call, Error, Reply, Result,
    auth::blocked_error,
    builds::{BuildLifetime, summaries},
    projects,
    store::{Counter, Store, keys},
};
use std::collections::{BTreeMap, VecDeque};

/// Maximum `offset` + `limit` in the merged list of several projects. Beyond it, the request must name a project.
const MAX_MERGED_DEPTH: u32 = 1_000;
/// The builds of each project that are read ahead for the merged list.
const READ_AHEAD: Page = Page { limit: 8, offset: 0 };
/// Maximum number of records that are read for a page of ended builds.
const MAX_SCANNED: u32 = 200;
/// Records that are read concurrently for a page with a status.
const BATCH_SIZE: u32 = 50;

pub async fn of_project(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset", "status", "next"])?;
    let project = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    let members = store.get(keys::members(project)).await?;
    call.require_role(members.as_ref(), "project")?;
    page(&call, &store, vec![project]).await
}

pub async fn of_caller(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset", "status", "next", "project_id"])?;
    let store = Store::open().await?;
    if store.is_blocked(&call.caller()?.person).await? {
        return Err(blocked_error());
    }
    let projects = match call.query("project_id") {
        None => projects::all_of(&store, call.caller()?).await?,
        Some(text) => {
            let id = text
                .parse()
                .map_err(|_| Problem::invalid_field("project_id", "must be a project's number"))?;
            call.require_role(store.get(keys::members(id)).await?.as_ref(), "project")?;
            vec![id]
        }
    };
    page(&call, &store, projects).await
}

async fn page(call: &Call, store: &Store, projects: Vec<ProjectId>) -> Result<Reply> {
    let page = call.page()?;
    match call.query("status") {
        None => all(store, &projects, page).await,
        Some(text) => {
            let status = Status::parse(text).ok_or_else(|| {
                Problem::invalid_field(
                    "status",
                    "must be pending, building, success, failed or cancelled",
                )
            })?;
            with_status(call, store, &projects, status, page).await
        }
    }
}

/// A page of builds of any status. Of a single project only the rows of the page are read.
async fn all(store: &Store, projects: &[ProjectId], page: Page) -> Result<Reply> {
    let counts = counts(store, projects).await?;
    let total: u32 = counts.iter().map(|(_, count)| *count).sum();
    let builds = match counts.as_slice() {
        [(project, count)] => summaries(store, page.numbers(*count).map(|n| (*project, n))).await?,
        _ => {
            let depth = page.offset.saturating_add(page.limit);
            if depth > MAX_MERGED_DEPTH {
                let detail =
                    format!("exceeds {MAX_MERGED_DEPTH} builds: select a project with project_id");
                return Err(Problem::invalid_field("offset", detail).into());
            }
            merged(store, &counts, page).await?
        }
    };
    let Page { limit, offset } = page;
    Ok(Reply::json(StatusCode::OK, &BuildPage { builds, total, limit, offset }))
}

/// A page of several projects' builds, newest first: a few rows of each project are read ahead, and more only
/// when those are used up.
async fn merged(store: &Store, counts: &[(ProjectId, u32)], page: Page) -> Result<Vec<BuildView>> {
    let mut ahead: Vec<VecDeque<BuildView>> = vec![VecDeque::new(); counts.len()];
    let mut below: Vec<(ProjectId, u32)> = counts.to_vec();
    let mut list = Vec::new();
    while list.len() < (page.offset + page.limit) as usize {
        let pairs = ahead.iter_mut().zip(&mut below);
        let empty = pairs.filter(|(ahead, (_, below))| ahead.is_empty() && *below > 0);
        let reads = empty.map(|(ahead, (project, below))| async move {
            let numbers = READ_AHEAD.numbers(*below).map(|number| (*project, number));
            ahead.extend(summaries(store, numbers).await?);
            *below = below.saturating_sub(READ_AHEAD.limit);
            Ok::<_, Error>(())
        });
        if !try_join_all(reads).await?.is_empty() {
            continue; // Perhaps none of the numbers read has a record.
        }
        let newest = ahead.iter_mut().max_by_key(|rows| rows.front().map(|row| row.created_at));
        match newest.and_then(VecDeque::pop_front) {
            Some(row) => list.push(row),
            None => break,
        }
    }
    Ok(list.into_iter().skip(page.offset as usize).collect())
}

/// A page of builds with a status. For an unfinished status, all records of builds that may be unfinished are
/// read, so the page is complete. For a final status, at most [`MAX_SCANNED`] records are read; `next` then holds,
/// for each project, the number below which the next page begins.
async fn with_status(
    call: &Call,
    store: &Store,
    projects: &[ProjectId],
    status: Status,
    page: Page,
) -> Result<Reply> {
    let mut positions = start_positions(call, store, projects).await?;
    let oldest_unfinished = BuildLifetime::load().await?.oldest_unfinished();
    let project_count = u32::try_from(projects.len().max(1)).unwrap_or(MAX_SCANNED);
    let max_per_project = (MAX_SCANNED / project_count).max(1);
    let mut found: Vec<BuildView> = Vec::new();
    for (project, below) in &mut positions {
        let mut left = max_per_project;
        while *below > 0 && (left > 0 || !status.is_final()) {
            let limit = if status.is_final() { BATCH_SIZE.min(left) } else { BATCH_SIZE };
            let batch = Page { limit, offset: 0 };
            let batch: Vec<_> = batch.numbers(*below).map(|n| (*project, n)).collect();
            let size = u32::try_from(batch.len()).unwrap_or(u32::MAX);
            let builds = summaries(store, batch.into_iter()).await?;
            let is_last_old =
                builds.last().is_some_and(|build| build.created_at.as_second() < oldest_unfinished);
            found.extend(builds.into_iter().filter(|build| build.status == status));
            *below = below.saturating_sub(size);
            left = left.saturating_sub(size);
            if !status.is_final() && is_last_old {
                *below = 0;
            }
        }
    }
    sort_newest_first(&mut found);
    // Builds that do not fit on this page are found again by the next one, which starts above them.
    for extra in found.drain((page.limit as usize).min(found.len())..) {
        if let Some((_, below)) = positions.iter_mut().find(|(id, _)| *id == extra.project_id) {
            *below = (*below).max(extra.build_id.number);
        }
    }
    let has_more = positions.iter().any(|(_, below)| *below > 0);
    let next = has_more.then(|| {
        let parts = positions.iter().map(|(project, below)| format!("{project}-{below}"));
        parts.collect::<Vec<_>>().join(".")
    });
    Ok(Reply::json(StatusCode::OK, &BuildsByStatus { builds: found, next }))
}

/// The number of a build from which a page with a status starts, for each project: from `next`, or the newest.
async fn start_positions(
    call: &Call,
    store: &Store,
    projects: &[ProjectId],
) -> Result<Vec<(ProjectId, u32)>> {
    let counts = counts(store, projects).await?;
    let Some(next) = call.query("next") else {
        return Ok(counts);
    };
    let invalid =
        || Problem::invalid_field("next", "must be the unchanged `next` of the previous page");
    let mut requested = BTreeMap::new();
    for part in next.split('.') {
        let (project, below) = part.split_once('-').ok_or_else(invalid)?;
        let project = ProjectId(project.parse().map_err(|_| invalid())?);
        let below: u32 = below.parse().map_err(|_| invalid())?;
        if requested.insert(project, below).is_some() {
            return Err(invalid().into());
        }
    }
    // Ignore projects in `next` that the caller has no role in.
    let position = |(project, count): &(ProjectId, u32)| {
        requested.get(project).map(|below| (*project, *below.min(count)))
    };
    Ok(counts.iter().filter_map(position).collect())
}

async fn counts(store: &Store, projects: &[ProjectId]) -> Result<Vec<(ProjectId, u32)>> {
    let counts = projects.iter().map(|project| async move {
        Ok::<_, Error>((*project, store.count(&Counter::builds(*project)).await?))
    });
    try_join_all(counts).await
}

/// Sorts builds that are grouped by project, each group newest first. Within a project the order of the numbers
/// is kept, even if clocks differed.
fn sort_newest_first(builds: &mut Vec<BuildView>) {
    let mut previous: Option<(ProjectId, Timestamp)> = None;
    let mut keyed: Vec<_> = std::mem::take(builds)
        .into_iter()
        .map(|build| {
            let time = match previous {
                Some((project, time)) if project == build.project_id => time.min(build.created_at),
                _ => build.created_at,
            };
            previous = Some((build.project_id, time));
            (time, build)
        })
        .collect();
    keyed.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    builds.extend(keyed.into_iter().map(|(_, build)| build));
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn of_caller() -> Operation {
        let operation = Operation::new("listBuilds", "List builds")
            .description("The builds of all your projects, newest first, without their steps.")
            .query_parameter("project_id", ProjectId::schema(), "Only builds of this project.")
            .add_problem(examples::blocked());
        list(operation)
    }

    pub fn of_project() -> Operation {
        list(
            Operation::new("listProjectBuilds", "List a project's builds")
                .description("Newest first, without their steps."),
        )
    }

    fn list(operation: Operation) -> Operation {
        let build = examples::build_in_list();
        let by_status = json!({ "builds": [build], "next": "1-12" });
        operation
            .paginated()
            .query_parameter(
                "status",
                BuildStatus::schema(),
                "Only builds with this status. The response then contains `next` instead of `total`.",
            )
            .query_parameter(
                "next",
                schemas::string_matching("^[0-9]+-[0-9]+([.][0-9]+-[0-9]+)*$"),
                "With `status`: the value of `next` in the previous page.",
            )
            .one_of_response::<BuildPage, BuildsByStatus>(
                200,
                "A page of builds.",
                [("all", examples::page("builds", build)), ("by-status", by_status)],
            )
            .problem(
                ProblemKind::Invalid,
                "status: must be pending, building, success, failed or cancelled",
            )
    }
}
