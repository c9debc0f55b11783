//! Pull requests.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::Uri;
use serde::Deserialize;

use super::access::Level;
use super::context::RequestContext;
use super::git::json_page;
use super::paging::PageQuery;
use super::response::{ApiResult, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::model::pull_requests::PullRequestView;
use crate::github::render::pull_request as render;

#[derive(Debug, Deserialize)]
pub struct PullsQuery {
    state: Option<State>,
    /// `owner:branch`
    head: Option<String>,
    base: Option<String>,
    sort: Option<Sort>,
    direction: Option<Direction>,
    per_page: Option<usize>,
    page: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    Closed,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    Created,
    Updated,
    Popularity,
    LongRunning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Asc,
    Desc,
}

/// The open ones if no state is chosen. The newest first, unless they are sorted by something else.
pub async fn list(
    context: RequestContext,
    uri: Uri,
    query: Result<Query<PullsQuery>, QueryRejection>,
) -> ApiResult {
    let repository = context.git_repository("pull_requests", Level::Read).await?;
    let Query(query) = query.map_err(|_| ApiError::unprocessable("Validation Failed"))?;
    let state = query.state.unwrap_or(State::Open);
    let is_listed = |view: &PullRequestView| {
        let stored = &view.stored;
        let is_in_state = state == State::All || stored.is_open() == (state == State::Open);
        is_in_state
            && query.base.as_ref().is_none_or(|base| *base == stored.base_branch)
            && query.head.as_ref().is_none_or(|head| *head == stored.head_label())
    };
    let mut model = context.state.model();
    let mut found = model.pull_requests(&repository);
    found.retain(is_listed);
    let sort = query.sort.unwrap_or(Sort::Created);
    if sort == Sort::Updated {
        found.sort_by_key(|view| (view.stored.updated_at, view.stored.number));
    }
    let is_descending = match query.direction {
        Some(direction) => direction == Direction::Desc,
        None => sort == Sort::Created,
    };
    if is_descending {
        found.reverse();
    }
    // The link to the next page has the other parameters of this one.
    let others = uri.query().unwrap_or_default().split('&');
    let others: Vec<&str> = others
        .filter(|it| !it.is_empty() && !it.starts_with("page=") && !it.starts_with("per_page="))
        .collect();
    let separator = if others.is_empty() { "" } else { "?" };
    let path = context.links.repo(&repository.full_name());
    let url = format!("{path}/pulls{separator}{}", others.join("&"));
    let page = PageQuery { per_page: query.per_page, page: query.page };
    json_page(&found, page, &url, |view| render::simple(&context.links, &repository, view))
}

pub async fn pull_request(context: RequestContext) -> ApiResult {
    let repository = context.git_repository("pull_requests", Level::Read).await?;
    let number = context.path_param("number").parse().map_err(|_| ApiError::not_found())?;
    let view = context.state.model().pull_request_view(&repository, number)?;
    ok_json(&render::full(&context.links, &repository, &view))
}
