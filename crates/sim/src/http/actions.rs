//! Reading runs and jobs.

use axum::extract::Query;
use axum::http::{HeaderValue, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, ok};
use super::call::Call;
use crate::model::run::{Attempt, Run};
use crate::model::world::Repository;
use crate::render::run as render;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    event: Option<String>,
    /// `>=2026-01-01T00:00:00Z`, `<…`, `from..to` or a day.
    created: Option<String>,
    /// A status or a conclusion.
    status: Option<String>,
    branch: Option<String>,
    head_sha: Option<String>,
    actor: Option<String>,
    per_page: Option<usize>,
    page: Option<usize>,
}

pub async fn runs(call: Call, Query(filter): Query<Filter>) -> Answer {
    list(&call, &filter, |_| true)
}

pub async fn runs_of_workflow(call: Call, Query(filter): Query<Filter>) -> Answer {
    let wanted = call.part("workflow").to_owned();
    let known = {
        let model = call.hub.model();
        let builder = model.workflow.is_called(&wanted);
        builder || model.runs().any(|run| is_of(run, &wanted))
    };
    if !known {
        return Err(Refusal::not_found());
    }
    list(&call, &filter, |run| is_of(run, &wanted))
}

fn is_of(run: &Run, workflow: &str) -> bool {
    run.workflow_id.to_string() == workflow || run.path.ends_with(&format!("/{workflow}"))
}

fn list(call: &Call, filter: &Filter, also: impl Fn(&Run) -> bool) -> Answer {
    let repository = call.repository("actions", false)?;
    let model = call.hub.model();
    let name = repository.full_name();
    let here = |run: &&Run| run.visible && run.repository.eq_ignore_ascii_case(&name);
    let found: Vec<&Run> =
        model.runs().rev().filter(here).filter(|run| also(run) && fits(run, filter)).collect();
    let size = filter.per_page.unwrap_or(30).clamp(1, 100);
    let page = filter.page.unwrap_or(1).max(1);
    let shown = found.iter().skip((page - 1) * size).take(size);
    let rendered = shown.filter_map(|run| latest(call, &repository, run)).collect::<Vec<_>>();
    let mut response = ok(&json!({"total_count": found.len(), "workflow_runs": rendered}))?;
    if found.len() > page * size {
        let path = format!("{}/actions/runs", call.links.repo(&name));
        let link = format!("<{path}?per_page={size}&page={}>; rel=\"next\"", page + 1);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

fn fits(run: &Run, filter: &Filter) -> bool {
    let Some(attempt) = run.latest() else {
        return false;
    };
    let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|it| it == value);
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let status = [word(json!(attempt.status)), word(json!(attempt.conclusion))];
    is(&filter.event, &run.event)
        && is(&filter.branch, &run.head_branch)
        && is(&filter.head_sha, &run.head_sha)
        && is(&filter.actor, &run.actor)
        && filter.status.as_ref().is_none_or(|wanted| status.contains(wanted))
        && filter.created.as_deref().is_none_or(|range| was_created(run.created_at, range))
}

/// GitHub compares whole seconds; both ends of a range belong to it, and a day is all of the day.
fn was_created(at: Timestamp, range: &str) -> bool {
    let at = at.as_second();
    let span = |text: &str| {
        let day = text.len() == 10;
        let first = if day { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let first = first.parse::<Timestamp>().ok()?.as_second();
        Some((first, if day { first + 86_399 } else { first }))
    };
    let since = |text: &str| span(text).is_some_and(|(first, _)| at >= first);
    let until = |text: &str| span(text).is_some_and(|(_, last)| at <= last);
    if let Some((from, to)) = range.split_once("..") {
        return (from == "*" || since(from)) && (to == "*" || until(to));
    }
    if let Some(from) = range.strip_prefix(">=") {
        return since(from);
    }
    if let Some(to) = range.strip_prefix("<=") {
        return until(to);
    }
    if let Some(after) = range.strip_prefix('>') {
        return span(after).is_some_and(|(_, last)| at > last);
    }
    if let Some(before) = range.strip_prefix('<') {
        return span(before).is_some_and(|(first, _)| at < first);
    }
    since(range) && until(range)
}

fn latest(call: &Call, repository: &Repository, run: &Run) -> Option<Value> {
    run.latest().map(|attempt| render::run(&call.links, repository, run, attempt))
}

pub async fn run(call: Call) -> Answer {
    let repository = call.repository("actions", false)?;
    let model = call.hub.model();
    let run = model.run(&repository.full_name(), call.number("run")?);
    let body = run.and_then(|run| latest(&call, &repository, run));
    ok(&body
        .ok_or_else(|| Refusal::not_found().see("/actions/workflow-runs#get-a-workflow-run"))?)
}

pub async fn attempt(call: Call) -> Answer {
    let repository = call.repository("actions", false)?;
    let model = call.hub.model();
    let (run, attempt) = find(&call, model.run(&repository.full_name(), call.number("run")?))?;
    ok(&render::run(&call.links, &repository, run, attempt))
}

fn find<'a>(call: &Call, run: Option<&'a Run>) -> Result<(&'a Run, &'a Attempt), Refusal> {
    let number = u32::try_from(call.number("attempt")?).map_err(|_| Refusal::not_found())?;
    let found = run.and_then(|run| run.attempt(number).map(|attempt| (run, attempt)));
    found.ok_or_else(Refusal::not_found)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    /// `latest` (without saying so) or `all`.
    filter: Option<String>,
}

pub async fn jobs(call: Call, Query(which): Query<Which>) -> Answer {
    let repository = call.repository("actions", false)?;
    let model = call.hub.model();
    let run = model.run(&repository.full_name(), call.number("run")?);
    let run = run.ok_or_else(Refusal::not_found)?;
    let attempts = match which.filter.as_deref() {
        Some("all") => run.attempts.as_slice(),
        _ => run.latest().map(std::slice::from_ref).unwrap_or_default(),
    };
    list_jobs(&call, run, attempts)
}

pub async fn jobs_of_attempt(call: Call) -> Answer {
    let repository = call.repository("actions", false)?;
    let model = call.hub.model();
    let (run, attempt) = find(&call, model.run(&repository.full_name(), call.number("run")?))?;
    list_jobs(&call, run, std::slice::from_ref(attempt))
}

fn list_jobs(call: &Call, run: &Run, attempts: &[Attempt]) -> Answer {
    let jobs = attempts.iter().filter_map(|attempt| {
        attempt.job.as_ref().map(|job| render::job(&call.links, run, attempt, job))
    });
    let jobs: Vec<Value> = jobs.collect();
    ok(&json!({"total_count": jobs.len(), "jobs": jobs}))
}

pub async fn job(call: Call) -> Answer {
    let repository = call.repository("actions", false)?;
    let model = call.hub.model();
    let found = model.job(&repository.full_name(), call.number("job")?);
    let body = found.and_then(|(run, number)| {
        let attempt = run.attempt(number)?;
        let job = attempt.job.as_ref()?;
        Some(render::job(&call.links, run, attempt, job))
    });
    ok(&body.ok_or_else(Refusal::not_found)?)
}
