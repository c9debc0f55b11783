//! Workflow runs and jobs.

use axum::extract::Query;
use axum::http::{HeaderValue, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Level;
use super::context::RequestContext;
use super::response::{ApiResult, ok_json};
use crate::github::model::Model;
use crate::github::model::api_error::ApiError;
use crate::github::model::run::{Attempt, WorkflowRun};
use crate::github::render::run as render;

#[derive(Debug, Deserialize)]
pub struct RunsQuery {
    event: Option<String>,
    /// `from..to`, both in whole seconds.
    created: Option<String>,
    per_page: Option<usize>,
    page: Option<usize>,
}

/// Newest first.
pub async fn list(context: RequestContext, Query(query): Query<RunsQuery>) -> ApiResult {
    let repository = context.builder_repository("actions", Level::Read)?;
    let model = context.state.model();
    if !model.workflow.has_id_or_file(context.path_param("workflow")) {
        return Err(ApiError::not_found());
    }
    let created = query.created.as_deref();
    let is_found = |run: &&WorkflowRun| {
        run.visible
            && query.event.as_deref().is_none_or(|event| event == render::EVENT)
            && created.is_none_or(|range| is_in_range(run.created_at, range).unwrap_or(false))
    };
    let found: Vec<&WorkflowRun> = model.runs().rev().filter(is_found).collect();
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let page = query.page.unwrap_or(1).max(1);
    let on_page = found.iter().skip((page - 1) * per_page).take(per_page);
    let render = |run: &&WorkflowRun| {
        render::run(&context.links, &repository, &model.workflow, run, &run.latest)
    };
    let runs: Vec<Value> = on_page.map(render).collect();
    let mut response = ok_json(&json!({"total_count": found.len(), "workflow_runs": runs}))?;
    if found.len() > page * per_page {
        let path = format!("{}/actions/runs", context.links.repo(&repository.full_name()));
        let link = format!("<{path}?per_page={per_page}&page={}>; rel=\"next\"", page + 1);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

/// GitHub compares whole seconds and includes both ends. None if the range is malformed.
fn is_in_range(at: Timestamp, range: &str) -> Option<bool> {
    let (from, to) = range.split_once("..")?;
    let (from, to) = (from.parse::<Timestamp>().ok()?, to.parse::<Timestamp>().ok()?);
    Some((from.as_second()..=to.as_second()).contains(&at.as_second()))
}

pub async fn run(context: RequestContext) -> ApiResult {
    let repository = context.builder_repository("actions", Level::Read)?;
    let model = context.state.model();
    let run = model.run(context.id_param("run")?).ok_or_else(ApiError::not_found)?;
    ok_json(&render::run(&context.links, &repository, &model.workflow, run, &run.latest))
}

pub async fn jobs(context: RequestContext) -> ApiResult {
    context.builder_repository("actions", Level::Read)?;
    let model = context.state.model();
    let (run, attempt) = find_attempt(&model, &context).ok_or_else(ApiError::not_found)?;
    let jobs = attempt.job.iter();
    let jobs: Vec<Value> =
        jobs.map(|job| render::job(&context.links, &model.workflow, run, attempt, job)).collect();
    ok_json(&json!({"total_count": jobs.len(), "jobs": jobs}))
}

/// The attempt of the path.
fn find_attempt<'a>(
    model: &'a Model,
    context: &RequestContext,
) -> Option<(&'a WorkflowRun, &'a Attempt)> {
    let run = model.run(context.id_param("run").ok()?)?;
    let number = context.path_param("attempt");
    let attempt = run.attempts().find(|attempt| attempt.number.to_string() == number)?;
    Some((run, attempt))
}
