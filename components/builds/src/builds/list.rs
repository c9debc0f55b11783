//! `GET /api/v1/builds` and `GET /api/v1/projects/{project}/builds`

use crate::{projects::list::projects_of, settings::Waits};
use futures::future::{join_all, try_join_all};
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId, Timestamp,
    answer::{BuildPage, BuildsByStatus},
    build::{BuildView, JobsDoc, Known, RunDoc, Status, view},
    page::Page,
};
use nokube_edge::{
    Call, Reply, Result, blocked, now,
    store::{Counter, Store},
};
use std::collections::{BTreeMap, VecDeque};

/// How far into the builds of several projects one may leaf; further, a project must be named.
const DEEPEST: u32 = 1_000;
/// How many records a page of ended builds looks at.
const SCAN: u32 = 200;

pub async fn of_project(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset", "status", "next"])?;
    let project: ProjectId = call.path::<u32>("project", "project").map(ProjectId)?;
    let store = Store::open().await?;
    let members = store.members(project).await?;
    call.may(members.as_ref(), "project")?;
    page(&call, &store, vec![project]).await
}

pub async fn of_caller(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset", "status", "next", "project_id"])?;
    let store = Store::open().await?;
    if store.is_blocked(&call.caller()?.person).await? {
        return Err(blocked());
    }
    let projects = match call.query("project_id") {
        None => projects_of(&store, call.caller()?).await?,
        Some(text) => {
            let id = text.parse().map(ProjectId);
            let id = id.map_err(|_| Problem::field("project_id", "must be a project's number"))?;
            call.may(store.members(id).await?.as_ref(), "project")?;
            vec![id]
        }
    };
    page(&call, &store, projects).await
}

async fn page(call: &Call, store: &Store, projects: Vec<ProjectId>) -> Result<Reply> {
    let page = call.page()?;
    match call.query("status") {
        None => numbered(store, &projects, page).await,
        Some(text) => {
            let status = Status::parse(text).ok_or_else(|| {
                Problem::field("status", "must be pending, building, success, failed or cancelled")
            })?;
            with_status(call, store, &projects, status, page).await
        }
    }
}

/// A page of all builds: of one project, the rows of the page are read and no others.
async fn numbered(store: &Store, projects: &[ProjectId], page: Page) -> Result<Reply> {
    let counts = counts(store, projects).await?;
    let total: u32 = counts.iter().map(|(_, count)| *count).sum();
    let builds = match counts.as_slice() {
        [(project, count)] => rows(store, page.numbers(*count).map(|n| (*project, n))).await?,
        _ => {
            let deepest = page.offset.saturating_add(page.limit);
            if deepest > DEEPEST {
                return Err(Problem::field(
                    "offset",
                    format!("goes beyond {DEEPEST} builds: name a project with project_id"),
                )
                .into());
            }
            merged(store, &counts, page).await?
        }
    };
    let Page { limit, offset } = page;
    Ok(Reply::json(StatusCode::OK, &BuildPage { builds, total, limit, offset }))
}

/// A page of several projects' builds: of each project a few rows are read ahead, and more only when
/// those have gone into the list.
async fn merged(store: &Store, counts: &[(ProjectId, u32)], page: Page) -> Result<Vec<BuildView>> {
    const AHEAD: Page = Page { limit: 8, offset: 0 };
    let mut ahead: Vec<VecDeque<BuildView>> = vec![VecDeque::new(); counts.len()];
    let mut below: Vec<(ProjectId, u32)> = counts.to_vec();
    let mut list = Vec::new();
    while list.len() < (page.offset + page.limit) as usize {
        let pairs = ahead.iter_mut().zip(&mut below);
        let dry = pairs.filter(|(ahead, (_, below))| ahead.is_empty() && *below > 0);
        let read = dry.map(|(ahead, (project, below))| async move {
            let numbers = AHEAD.numbers(*below).map(|number| (*project, number));
            ahead.extend(rows(store, numbers).await?);
            *below = below.saturating_sub(AHEAD.limit);
            Ok::<_, nokube_edge::Failure>(())
        });
        if !try_join_all(read).await?.is_empty() {
            continue; // What was read may have been gaps only.
        }
        let newest = ahead.iter_mut().max_by_key(|rows| rows.front().map(|row| row.created_at));
        match newest.and_then(VecDeque::pop_front) {
            Some(row) => list.push(row),
            None => break,
        }
    }
    Ok(list.into_iter().skip(page.offset as usize).collect())
}

/// A page of builds with a status. Unfinished builds are looked for as far back as one can be, so
/// the answer is exact; of ended ones a page looks at a bounded number of records and says where to
/// go on: `next` holds, for every project, the number below which the next page begins.
async fn with_status(
    call: &Call,
    store: &Store,
    projects: &[ProjectId],
    status: Status,
    page: Page,
) -> Result<Reply> {
    let mut fronts = fronts(call, store, projects).await?;
    let horizon = now().as_second() - Waits::read().await?.horizon;
    let share = (SCAN / u32::try_from(projects.len().max(1)).unwrap_or(SCAN)).max(1);
    let mut found: Vec<BuildView> = Vec::new();
    for (project, below) in &mut fronts {
        let mut left = share;
        while *below > 0 && (left > 0 || !status.is_final()) {
            let limit = if status.is_final() { 50.min(left) } else { 50 };
            let chunk = Page { limit, offset: 0 };
            let chunk: Vec<_> = chunk.numbers(*below).map(|n| (*project, n)).collect();
            let (size, rows) = (chunk.len(), rows(store, chunk.into_iter()).await?);
            let old = rows.last().is_some_and(|row| row.created_at.as_second() < horizon);
            found.extend(rows.into_iter().filter(|row| row.status == status));
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            *below = below.saturating_sub(size);
            left = left.saturating_sub(size);
            if !status.is_final() && old {
                *below = 0;
            }
        }
    }
    newest_first(&mut found);
    // What does not fit on the page is left for the next one: its project goes on from there.
    for extra in found.drain((page.limit as usize).min(found.len())..) {
        if let Some((_, below)) = fronts.iter_mut().find(|(id, _)| *id == extra.project_id) {
            *below = (*below).max(extra.build_id.number);
        }
    }
    let more = fronts.iter().any(|(_, below)| *below > 0);
    let next = more.then(|| {
        let parts = fronts.iter().map(|(project, below)| format!("{project}-{below}"));
        parts.collect::<Vec<_>>().join(".")
    });
    Ok(Reply::json(StatusCode::OK, &BuildsByStatus { builds: found, next }))
}

/// Where a filtered page begins in each project: where `next` says, or at the newest build.
async fn fronts(
    call: &Call,
    store: &Store,
    projects: &[ProjectId],
) -> Result<Vec<(ProjectId, u32)>> {
    let counts = counts(store, projects).await?;
    let Some(next) = call.query("next") else {
        return Ok(counts);
    };
    let bad = || Problem::field("next", "must be taken from the page before as it is");
    let mut told = BTreeMap::new();
    for part in next.split('.') {
        let (project, below) = part.split_once('-').ok_or_else(bad)?;
        let project = ProjectId(project.parse().map_err(|_| bad())?);
        let below: u32 = below.parse().map_err(|_| bad())?;
        if told.insert(project, below).is_some() {
            return Err(bad().into());
        }
    }
    // Only the caller's projects count, whatever the text says.
    let front = |(project, count): &(ProjectId, u32)| {
        told.get(project).map(|below| (*project, *below.min(count)))
    };
    Ok(counts.iter().filter_map(front).collect())
}

async fn counts(store: &Store, projects: &[ProjectId]) -> Result<Vec<(ProjectId, u32)>> {
    let counts = projects.iter().map(|project| async move {
        Ok::<_, nokube_edge::Failure>((*project, store.count(&Counter::builds(*project)).await?))
    });
    try_join_all(counts).await
}

/// The builds with these numbers, two reads each, all at once. A number without a record was handed
/// out to a request that did not come to its end; it is left out.
pub async fn rows(
    store: &Store,
    numbers: impl Iterator<Item = (ProjectId, u32)>,
) -> Result<Vec<BuildView>> {
    let grace = Waits::read().await?.windows.grace;
    let row = |(project, number)| async move {
        let (run, record) =
            futures::join!(store.run(project, number), store.build(project, number));
        let Some(record) = record? else {
            return Ok(None);
        };
        let id = record.id;
        let run = RunDoc::about(id, run?);
        let mut row = match run.done() {
            Some(done) => done.answer.clone(),
            None => {
                let jobs = JobsDoc::new(id, Default::default());
                let known = Known { record, run, jobs, wish: None, asked: None };
                view(&known, known.pushed_digest(), grace, now())
            }
        };
        row.steps = Vec::new(); // A list is an overview; the build itself has its steps.
        Ok(Some(row))
    };
    let rows: Vec<Result<Option<BuildView>>> = join_all(numbers.map(row)).await;
    rows.into_iter().filter_map(Result::transpose).collect()
}

/// Orders builds that come project by project, each project's newest first. Within a project the
/// numbers decide, whatever the clocks said when two were made at once.
fn newest_first(builds: &mut Vec<BuildView>) {
    let mut before: Option<(ProjectId, Timestamp)> = None;
    let mut keyed: Vec<_> = std::mem::take(builds)
        .into_iter()
        .map(|build| {
            let time = match before {
                Some((project, time)) if project == build.project_id => time.min(build.created_at),
                _ => build.created_at,
            };
            before = Some((build.project_id, time));
            (time, build)
        })
        .collect();
    keyed.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    builds.extend(keyed.into_iter().map(|(_, build)| build));
}
