//! Commits, comparisons and branches.

use axum::extract::Query;
use axum::http::Uri;

use super::access::Level;
use super::context::RequestContext;
use super::paging::{PageQuery, page};
use super::response::{ApiResult, ok_json};
use super::statuses;
use crate::github::local_git;
use crate::github::model::api_error::ApiError;
use crate::github::model::git::GitRef;
use crate::github::model::repositories::Repository;
use crate::github::render::git as render;

/// GitHub lists no more commits of a comparison on a page.
const MAX_COMPARED_COMMITS: usize = 250;

impl RequestContext {
    /// The repository of the path, if the caller has this permission, with the branches that it has now.
    pub async fn git_repository(
        &self,
        permission: &str,
        level: Level,
    ) -> Result<Repository, ApiError> {
        let full_name = self.repository(permission, level)?.full_name();
        local_git::read(&self.state, &full_name).await;
        self.state.model().repositories.find(&full_name)
    }
}

/// Also the statuses of a commit, whose path continues this one.
pub async fn commit(
    context: RequestContext,
    uri: Uri,
    Query(query): Query<PageQuery>,
) -> ApiResult {
    // The name of a branch can end like this too; it is encoded then.
    if uri.path().ends_with("/statuses") {
        return statuses::list(&context, query).await;
    }
    let repository = context.git_repository("contents", Level::Read).await?;
    let reference = context.path_param("reference");
    let mut model = context.state.model();
    let git = model.repositories.git(&repository);
    let sha = git.resolve(reference);
    let found = sha.and_then(|sha| git.commit(&sha)).ok_or_else(|| no_commit(reference))?;
    let files = query.per_page.unwrap_or(render::MAX_FILES);
    ok_json(&render::full_commit(&context.links, &repository, &found, files))
}

pub fn no_commit(reference: &str) -> ApiError {
    ApiError::unprocessable(format!("No commit found for SHA: {reference}"))
}

pub async fn compare(context: RequestContext, Query(query): Query<PageQuery>) -> ApiResult {
    let repository = context.git_repository("contents", Level::Read).await?;
    let basehead = context.path_param("basehead");
    let (base, head) = basehead.split_once("...").ok_or_else(ApiError::not_found)?;
    let mut model = context.state.model();
    let git = model.repositories.git(&repository);
    let base_sha = git.resolve(base).ok_or_else(ApiError::not_found)?;
    let head_sha = git.resolve(head).ok_or_else(ApiError::not_found)?;
    let comparison = git.compare(&base_sha, &head_sha).ok_or_else(|| ApiError {
        message: format!("No common ancestor between {base} and {head}."),
        ..ApiError::not_found()
    })?;
    let size = query.per_page.unwrap_or(MAX_COMPARED_COMMITS).clamp(1, MAX_COMPARED_COMMITS);
    let page = render::Page { number: query.page.unwrap_or(1).max(1), size };
    ok_json(&render::comparison(&context.links, &repository, basehead, &comparison, page))
}

pub async fn branches(context: RequestContext, Query(query): Query<PageQuery>) -> ApiResult {
    let repository = context.git_repository("contents", Level::Read).await?;
    let branches = context.state.model().repositories.git(&repository).branches();
    let branches: Vec<_> = branches.into_iter().collect();
    let url = format!("{}/branches", context.links.repo(&repository.full_name()));
    json_page(&branches, query, &url, |(name, sha)| {
        render::branch(&context.links, &repository, name, sha)
    })
}

/// Branches or tags by prefix: `heads/…` or `tags/…`. GitHub returns all of them.
pub async fn matching_refs(context: RequestContext) -> ApiResult {
    let repository = context.git_repository("contents", Level::Read).await?;
    let prefix = format!("refs/{}", context.path_param("prefix"));
    let mut model = context.state.model();
    let git = model.repositories.git(&repository);
    let branches = git.branches().into_iter().map(|(name, sha)| (GitRef::Branch(name), sha));
    let tags = git.tags().iter().map(|(name, sha)| (GitRef::Tag(name.clone()), sha.clone()));
    let refs = branches.chain(tags).filter(|(found, _)| found.full_name().starts_with(&prefix));
    let refs = refs.map(|(found, sha)| render::git_ref(&context.links, &repository, &found, &sha));
    ok_json(&refs.collect())
}

/// A page of a list, as JSON.
pub fn json_page<T>(
    all: &[T],
    query: PageQuery,
    path: &str,
    render: impl FnMut(&T) -> serde_json::Value,
) -> ApiResult {
    let (items, link) = page(all, query, path);
    let mut response = ok_json(&items.iter().map(render).collect())?;
    response.headers_mut().extend(link);
    Ok(response)
}
