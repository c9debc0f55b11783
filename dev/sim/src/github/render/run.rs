//! Workflows, workflow runs and jobs.

use serde_json::{Value, json};

use super::repository::minimal;
use super::user::simple_user;
use super::{Links, node_id, time};
use crate::github::model::builder_workflow::{BuilderWorkflow, WORKFLOW_NAME};
use crate::github::model::git::invented_message;
use crate::github::model::repositories::{Repository, WorkflowState};
use crate::github::model::run::{Attempt, Status, Step, WorkflowJob, WorkflowRun};
use crate::hash;

/// The only event that starts runs of the builder workflow.
pub const EVENT: &str = "workflow_dispatch";

/// `workflow`
pub fn workflow(links: &Links, workflow: &BuilderWorkflow, state: WorkflowState) -> Value {
    let web = format!("{}/{}", links.web, workflow.repository);
    let state = if state == WorkflowState::Disabled { "disabled_manually" } else { "active" };
    json!({
        "id": workflow.id, "node_id": node_id("W", workflow.id), "name": WORKFLOW_NAME,
        "path": workflow.path(), "state": state,
        "created_at": "2026-01-08T23:48:37Z", "updated_at": "2026-01-08T23:50:21Z",
        "url": format!("{}/actions/workflows/{}", links.repo(&workflow.repository), workflow.id),
        "html_url": format!("{web}/blob/main/{}", workflow.path()),
        "badge_url": format!("{web}/workflows/{WORKFLOW_NAME}/badge.svg").replace(' ', "%20"),
    })
}

/// `workflow-run`, with the state of one attempt.
pub fn run(
    links: &Links,
    repository: &Repository,
    workflow: &BuilderWorkflow,
    run: &WorkflowRun,
    attempt: &Attempt,
) -> Value {
    let api = links.repo(&workflow.repository);
    let url = format!("{api}/actions/runs/{}", run.id);
    let suite = hash::id_from_name(30_000_000_000, &format!("suite {}/{}", run.id, attempt.number));
    let actor = simple_user(links, &run.actor);
    let author = json!({"name": run.actor, "email": "builder@example.com"});
    json!({
        "id": run.id, "name": WORKFLOW_NAME, "node_id": node_id("WFR", run.id),
        "head_branch": run.head_branch, "head_sha": run.head_sha, "path": workflow.path(),
        "display_title": run.title(), "run_number": run.number, "event": EVENT,
        "status": attempt.status, "conclusion": attempt.conclusion,
        "workflow_id": workflow.id,
        "url": url,
        "html_url": format!("{}/{}/actions/runs/{}", links.web, workflow.repository, run.id),
        "pull_requests": [],
        "created_at": time(run.created_at), "updated_at": time(attempt.updated_at),
        "actor": actor, "run_attempt": attempt.number,
        "run_started_at": time(attempt.started_at), "triggering_actor": actor,
        "jobs_url": format!("{url}/jobs"), "logs_url": format!("{url}/logs"),
        "check_suite_id": suite, "check_suite_node_id": node_id("CS", suite),
        "check_suite_url": format!("{api}/check-suites/{suite}"),
        "artifacts_url": format!("{url}/artifacts"), "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"), "previous_attempt_url": null,
        "workflow_url": format!("{api}/actions/workflows/{}", workflow.id),
        "head_commit": {
            "id": run.head_sha, "tree_id": hash::sha1_like(&format!("tree of {}", run.head_sha)),
            "message": invented_message(&run.head_sha), "timestamp": "2026-10-01T09:00:00Z",
            "author": author, "committer": author,
        },
        "repository": minimal(links, repository),
        "head_repository": minimal(links, repository),
    })
}

/// `job`
pub fn job(
    links: &Links,
    workflow: &BuilderWorkflow,
    run: &WorkflowRun,
    attempt: &Attempt,
    job: &WorkflowJob,
) -> Value {
    let api = links.repo(&workflow.repository);
    let web = format!("{}/{}", links.web, workflow.repository);
    // GitHub lists no steps while a job is queued.
    let is_listed = |_: &&Step| job.status != Status::Queued;
    let steps: Vec<Value> = job.steps.iter().filter(is_listed).map(step).collect();
    let runner = (job.status != Status::Queued).then_some(1_000_000_147_u64);
    json!({
        "id": job.id, "run_id": run.id, "workflow_name": WORKFLOW_NAME,
        "head_branch": run.head_branch,
        "run_url": format!("{api}/actions/runs/{}", run.id), "run_attempt": attempt.number,
        "node_id": node_id("CR", job.id), "head_sha": run.head_sha,
        "url": format!("{api}/actions/jobs/{}", job.id),
        "html_url": format!("{web}/actions/runs/{}/job/{}", run.id, job.id),
        "status": job.status, "conclusion": job.conclusion,
        "created_at": time(job.created_at), "started_at": time(job.started_at),
        "completed_at": job.completed_at.map(time), "name": job.name,
        "steps": steps, "check_run_url": format!("{api}/check-runs/{}", job.id),
        "labels": ["ubuntu-24.04"], "runner_id": runner,
        "runner_name": runner.map(|id| format!("GitHub Actions {id}")),
        "runner_group_id": runner.map(|_| 0), "runner_group_name": runner.map(|_| "GitHub Actions"),
    })
}

fn step(step: &Step) -> Value {
    json!({
        "name": step.name, "status": step.status, "conclusion": step.conclusion,
        "number": step.number, "started_at": step.started_at.map(time),
        "completed_at": step.completed_at.map(time),
    })
}
