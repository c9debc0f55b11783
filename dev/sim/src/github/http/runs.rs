//! Workflow runs and jobs.

use axum::extract::Query;
use axum::http::{HeaderValue, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::RequestContext;
use super::response::{ApiError, ApiResult, ok_json};
use crate::github::model::access::Level;
use crate::github::model::repositories::Repository;
use crate::github::model::run::{Attempt, WorkflowRun};
use crate::github::render::run as render;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RunsQuery {
    event: Option<String>,
    /// `>=2026-01-01T00:00:00Z`, `<…`, `from..to` or a date.
    created: Option<String>,
    /// A status or a conclusion.
    status: Option<String>,
    branch: Option<String>,
    head_sha: Option<String>,
    actor: Option<String>,
    per_page: Option<usize>,
    page: Option<usize>,
}

pub async fn runs(context: RequestContext, Query(query): Query<RunsQuery>) -> ApiResult {
    list(&context, &query, |_| true)
}

pub async fn runs_of_workflow(
    context: RequestContext,
    Query(query): Query<RunsQuery>,
) -> ApiResult {
    let workflow = context.path_param("workflow").to_owned();
    let exists = {
        let model = context.state.model();
        model.workflow.has_id_or_file(&workflow)
            || model.runs().any(|run| is_run_of(run, &workflow))
    };
    if !exists {
        return Err(ApiError::not_found());
    }
    list(&context, &query, |run| is_run_of(run, &workflow))
}

fn is_run_of(run: &WorkflowRun, workflow: &str) -> bool {
    run.workflow_id.to_string() == workflow || run.path.ends_with(&format!("/{workflow}"))
}

/// Newest first.
fn list(
    context: &RequestContext,
    query: &RunsQuery,
    also: impl Fn(&WorkflowRun) -> bool,
) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let model = context.state.model();
    let name = repository.full_name();
    let is_shown = |run: &&WorkflowRun| run.visible && run.repository.eq_ignore_ascii_case(&name);
    let found: Vec<&WorkflowRun> = model
        .runs()
        .rev()
        .filter(is_shown)
        .filter(|run| also(run) && matches(run, query))
        .collect();
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let page = query.page.unwrap_or(1).max(1);
    let on_page = found.iter().skip((page - 1) * per_page).take(per_page);
    let rendered =
        on_page.filter_map(|run| render_latest(context, &repository, run)).collect::<Vec<_>>();
    let mut response = ok_json(&json!({"total_count": found.len(), "workflow_runs": rendered}))?;
    if found.len() > page * per_page {
        let path = format!("{}/actions/runs", context.links.repo(&name));
        let link = format!("<{path}?per_page={per_page}&page={}>; rel=\"next\"", page + 1);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

fn matches(run: &WorkflowRun, query: &RunsQuery) -> bool {
    let Some(attempt) = run.latest() else {
        return false;
    };
    let is = |expected: &Option<String>, value: &str| {
        expected.as_deref().is_none_or(|expected| expected == value)
    };
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let status = [text(json!(attempt.status)), text(json!(attempt.conclusion))];
    is(&query.event, &run.event)
        && is(&query.branch, &run.head_branch)
        && is(&query.head_sha, &run.head_sha)
        && is(&query.actor, &run.actor)
        && query.status.as_ref().is_none_or(|expected| status.contains(expected))
        && query.created.as_deref().is_none_or(|range| was_created(run.created_at, range))
}

/// GitHub compares whole seconds. Ranges include both ends, and a date is the whole day.
fn was_created(at: Timestamp, range: &str) -> bool {
    let at = at.as_second();
    let span = |text: &str| {
        let is_date = text.len() == 10;
        let first = if is_date { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let first = first.parse::<Timestamp>().ok()?.as_second();
        Some((first, if is_date { first + 86_399 } else { first }))
    };
    let is_since = |text: &str| span(text).is_some_and(|(first, _)| at >= first);
    let is_until = |text: &str| span(text).is_some_and(|(_, last)| at <= last);
    if let Some((from, to)) = range.split_once("..") {
        return (from == "*" || is_since(from)) && (to == "*" || is_until(to));
    }
    if let Some(from) = range.strip_prefix(">=") {
        return is_since(from);
    }
    if let Some(to) = range.strip_prefix("<=") {
        return is_until(to);
    }
    if let Some(after) = range.strip_prefix('>') {
        return span(after).is_some_and(|(_, last)| at > last);
    }
    if let Some(before) = range.strip_prefix('<') {
        return span(before).is_some_and(|(first, _)| at < first);
    }
    is_since(range) && is_until(range)
}

fn render_latest(
    context: &RequestContext,
    repository: &Repository,
    run: &WorkflowRun,
) -> Option<Value> {
    run.latest().map(|attempt| render::run(&context.links, repository, run, attempt))
}

pub async fn run(context: RequestContext) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let model = context.state.model();
    let run = model.run(&repository.full_name(), context.id_param("run")?);
    let body = run.and_then(|run| render_latest(&context, &repository, run));
    ok_json(
        &body.ok_or_else(|| {
            ApiError::not_found().docs("/actions/workflow-runs#get-a-workflow-run")
        })?,
    )
}

pub async fn attempt(context: RequestContext) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let model = context.state.model();
    let (run, attempt) =
        find_attempt(&context, model.run(&repository.full_name(), context.id_param("run")?))?;
    ok_json(&render::run(&context.links, &repository, run, attempt))
}

/// The attempt of the path.
fn find_attempt<'a>(
    context: &RequestContext,
    run: Option<&'a WorkflowRun>,
) -> Result<(&'a WorkflowRun, &'a Attempt), ApiError> {
    let number = u32::try_from(context.id_param("attempt")?).map_err(|_| ApiError::not_found())?;
    let found = run.and_then(|run| run.attempt(number).map(|attempt| (run, attempt)));
    found.ok_or_else(ApiError::not_found)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct JobsQuery {
    /// `latest` (the default) or `all`.
    filter: Option<String>,
}

pub async fn jobs(context: RequestContext, Query(query): Query<JobsQuery>) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let model = context.state.model();
    let run = model.run(&repository.full_name(), context.id_param("run")?);
    let run = run.ok_or_else(ApiError::not_found)?;
    let attempts = match query.filter.as_deref() {
        Some("all") => run.attempts.as_slice(),
        _ => run.latest().map(std::slice::from_ref).unwrap_or_default(),
    };
    list_jobs(&context, run, attempts)
}

pub async fn jobs_of_attempt(context: RequestContext) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let model = context.state.model();
    let (run, attempt) =
        find_attempt(&context, model.run(&repository.full_name(), context.id_param("run")?))?;
    list_jobs(&context, run, std::slice::from_ref(attempt))
}

fn list_jobs(context: &RequestContext, run: &WorkflowRun, attempts: &[Attempt]) -> ApiResult {
    let jobs = attempts.iter().filter_map(|attempt| {
        attempt.job.as_ref().map(|job| render::job(&context.links, run, attempt, job))
    });
    let jobs: Vec<Value> = jobs.collect();
    ok_json(&json!({"total_count": jobs.len(), "jobs": jobs}))
}

pub async fn job(context: RequestContext) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?;
    let model = context.state.model();
    let found = model.job(&repository.full_name(), context.id_param("job")?);
    let body = found.and_then(|(run, number)| {
        let attempt = run.attempt(number)?;
        let job = attempt.job.as_ref()?;
        Some(render::job(&context.links, run, attempt, job))
    });
    ok_json(&body.ok_or_else(ApiError::not_found)?)
}
