//! `GET /api/v1/builds` and `GET /api/v1/projects/{project}/builds`
//!
//! The list of all projects merges the builds of up to 50 of them; `next` continues with older builds, and then with
//! other projects. So it reads the store at most 853 times, however many projects the caller has: whether they are
//! blocked, the lengths of their two lists of projects, 150 numbers in these and how many builds each project has, the
//! members of the 50 projects, and 250 builds, with two reads each.

use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId,
    builds::{BuildFilter, BuildView, ListPosition, MergedList, ProjectNumbers, Status},
    page::Page,
    responses::{BuildCursorPage, BuildPage},
};
use nokube_edge::{
    Call, Error, Reply, Result,
    auth::blocked_error,
    builds::{BuildLifetime, summaries},
    projects,
    store::{Counter, Store, keys},
};
use std::collections::BTreeMap;

/// Maximum `offset` + `limit` in the merged list of several projects. `next` goes further.
const MAX_MERGED_DEPTH: u32 = 200;
/// Builds that are read before it is known that they are needed, of all projects together.
const READ_AHEAD: u32 = 50;
/// Maximum number of builds that are read for a page of all builds.
const MAX_READ: u32 = MAX_MERGED_DEPTH + READ_AHEAD;
/// Maximum number of builds that are read for a page of builds with a status.
const MAX_SCANNED: u32 = 200;

/// Whose builds are listed.
#[derive(Default)]
struct Selection {
    /// The projects that are listed now, each with the number of its newest build that is listed.
    projects: BTreeMap<ProjectId, u32>,
    /// The caller's projects that follow.
    later: ProjectNumbers,
}

pub async fn of_project(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset", "status", "next"])?;
    let project = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    let members = store.get(keys::members(project)).await?;
    call.require_role(members.as_ref(), "project")?;
    page(&call, &store, select_project(&call, &store, project).await?).await
}

pub async fn of_caller(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset", "status", "next", "project_id"])?;
    let store = Store::open().await?;
    if store.is_blocked(&call.caller()?.person).await? {
        return Err(blocked_error());
    }
    let selection = match call.query("project_id") {
        None => select_of_caller(&call, &store).await?,
        Some(text) => {
            let id = text
                .parse()
                .map_err(|_| Problem::invalid_field("project_id", "must be a project's number"))?;
            call.require_role(store.get(keys::members(id)).await?.as_ref(), "project")?;
            select_project(&call, &store, id).await?
        }
    };
    page(&call, &store, selection).await
}

fn position(call: &Call) -> Result<Option<ListPosition>> {
    let invalid =
        |_| Problem::invalid_field("next", "must be the unchanged `next` of the previous page");
    Ok(call.query("next").map(|text| text.parse().map_err(invalid)).transpose()?)
}

/// A project in which the caller has a role.
async fn select_project(call: &Call, store: &Store, project: ProjectId) -> Result<Selection> {
    let position = position(call)?;
    let mut projects = newest_numbers(store, vec![project]).await?;
    if let Some(position) = position {
        continue_at(&mut projects, &position);
    }
    Ok(Selection { projects, later: ProjectNumbers::default() })
}

/// Those of the caller's projects that are listed now: those in `next`, or else the first ones.
async fn select_of_caller(call: &Call, store: &Store) -> Result<Selection> {
    let caller = call.caller()?;
    let position = match position(call)? {
        Some(position) => position,
        None => ListPosition {
            later: projects::all_numbers(store, caller).await?,
            ..ListPosition::default()
        },
    };
    let mut later = position.later;
    if position.projects.is_empty() {
        let first = projects::take_with_builds(store, caller, &mut later).await?;
        return Ok(Selection { projects: first.into_iter().collect(), later });
    }
    // A client can write any projects into `next`.
    let listed = position.projects.keys().copied();
    let listed = projects::with_role(store, caller, listed).await?;
    let mut projects = newest_numbers(store, listed).await?;
    continue_at(&mut projects, &position);
    Ok(Selection { projects, later })
}

/// The number of the newest build of each project.
async fn newest_numbers(
    store: &Store,
    projects: Vec<ProjectId>,
) -> Result<BTreeMap<ProjectId, u32>> {
    let counts = projects.into_iter().map(|project| async move {
        Ok::<_, Error>((project, store.count(&Counter::builds(project)).await?))
    });
    Ok(try_join_all(counts).await?.into_iter().collect())
}

/// Leaves out the builds, and the projects, that earlier pages have listed.
fn continue_at(projects: &mut BTreeMap<ProjectId, u32>, position: &ListPosition) {
    for (id, newest) in projects {
        *newest = (*newest).min(position.projects.get(id).copied().unwrap_or(0));
    }
}

async fn page(call: &Call, store: &Store, selection: Selection) -> Result<Reply> {
    let page = call.page()?;
    let filter = match call.query("status") {
        None if call.query("next").is_none() => return counted_page(store, selection, page).await,
        None => BuildFilter::All,
        Some(text) => BuildFilter::Status {
            status: Status::parse(text).ok_or_else(|| {
                let detail = "must be pending, building, success, failed or cancelled";
                Problem::invalid_field("status", detail)
            })?,
            oldest_unfinished: BuildLifetime::load().await?.oldest_unfinished(),
        },
    };
    let (builds, position) = merged(store, filter, selection, page.limit).await?;
    let next = next(&position);
    Ok(Reply::json(StatusCode::OK, &BuildCursorPage { builds, next }))
}

/// A page of builds of any status, with their number. Of a single project only the rows of the page are read.
async fn counted_page(store: &Store, selection: Selection, page: Page) -> Result<Reply> {
    let Page { limit, offset } = page;
    let has_later = !selection.later.is_empty();
    let depth = offset.saturating_add(limit);
    if has_later && offset > 0 {
        let detail = "is not possible with so many projects: send `next` instead, or select a \
                      project with project_id";
        return Err(Problem::invalid_field("offset", detail).into());
    }
    let total = selection.projects.values().fold(0_u32, |all, count| all.saturating_add(*count));
    let mut projects = selection.projects.iter();
    let (builds, position) = match (projects.next(), projects.next()) {
        (Some((project, count)), None) if !has_later => {
            let rows = page.numbers(*count).map(|number| (*project, number));
            let builds = summaries(store, rows).await?;
            let rest = [(*project, count.saturating_sub(depth))];
            let projects = rest.into_iter().filter(|(_, number)| *number > 0).collect();
            (builds, ListPosition { projects, ..ListPosition::default() })
        }
        _ if depth > MAX_MERGED_DEPTH => {
            let detail = format!(
                "exceeds {MAX_MERGED_DEPTH} builds with `limit`: send `next` instead, or select a \
                 project with project_id"
            );
            return Err(Problem::invalid_field("offset", detail).into());
        }
        _ => {
            let (mut builds, position) = merged(store, BuildFilter::All, selection, depth).await?;
            builds.drain(..builds.len().min(offset as usize));
            (builds, position)
        }
    };
    let next = next(&position);
    Ok(match has_later {
        // The builds of the other projects are not counted.
        true => Reply::json(StatusCode::OK, &BuildCursorPage { builds, next }),
        false => Reply::json(StatusCode::OK, &BuildPage { builds, total, limit, offset, next }),
    })
}

fn next(position: &ListPosition) -> Option<String> {
    (!position.is_end()).then(|| position.to_string())
}

/// The first `max` builds that match, newest first, and where the list continues. There can be fewer, because it reads at
/// most [`MAX_READ`] builds.
async fn merged(
    store: &Store,
    filter: BuildFilter,
    selection: Selection,
    max: u32,
) -> Result<(Vec<BuildView>, ListPosition)> {
    let project_count = u32::try_from(selection.projects.len().max(1)).unwrap_or(READ_AHEAD);
    let mut list = MergedList::new(filter, selection.projects);
    let mut left = match filter {
        BuildFilter::All => MAX_READ,
        BuildFilter::Status { .. } => MAX_SCANNED,
    };
    let (mut found, mut missing) = (Vec::new(), max);
    loop {
        if list.has_next() {
            if missing == 0 {
                break;
            }
            found.extend(list.pop());
            missing -= 1;
            continue;
        }
        let ahead = match filter {
            BuildFilter::All => missing.min(READ_AHEAD / project_count),
            BuildFilter::Status { .. } => READ_AHEAD / project_count,
        };
        let ahead = ahead.max(1);
        let numbers = list.to_read(ahead);
        let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        if numbers.is_empty() || missing == 0 || count > left {
            break;
        }
        left -= count;
        list.add(ahead, summaries(store, numbers.into_iter()).await?);
    }
    let position = ListPosition { projects: list.position(), later: selection.later };
    Ok((found, position))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn of_caller() -> Operation {
        let operation = Operation::new("listBuilds", "List builds")
            .description(
                "The builds of all your projects, newest first, without their steps. If you have builds \
                 in more than 50 projects (or more than 150 projects), the builds of 50 are listed \
                 first, and then those of the next 50: your own newest projects first, then those that \
                 you are a member of. Such builds are not counted: the response has only `next`.",
            )
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
        let not_counted = json!({ "builds": [build], "next": "1-12" });
        let counted = examples::page("builds", build);
        let counted = examples::with(counted, json!({ "next": null }));
        operation
            .paginated()
            .query_parameter(
                "status",
                BuildStatus::schema(),
                "Only builds with this status. They are not counted: the response has only `next`.",
            )
            .query_parameter(
                "next",
                schemas::string_matching(
                    "^([0-9]+-[0-9]+([.][0-9]+-[0-9]+)*(~[0-9]+-[0-9]+)?|~[0-9]+-[0-9]+)$",
                ),
                "The value of `next` in the previous page, in place of `offset`.",
            )
            .one_of_response::<BuildPage, BuildCursorPage>(
                200,
                "A page of builds.",
                [("counted", counted), ("not-counted", not_counted)],
            )
            .problem(
                ProblemKind::Invalid,
                "status: must be pending, building, success, failed or cancelled",
            )
    }
}
