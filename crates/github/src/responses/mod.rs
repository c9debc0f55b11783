//! Parses GitHub's responses, as far as they are used. Webhook events contain the same objects.

mod contents;
mod deployments;
mod pulls;
mod repositories;

pub use contents::file_contents;
pub use deployments::{created_deployment, described_deployment};
pub use pulls::{pull_request, pull_requests};
pub use repositories::{
    Commit, Installation, InstallationToken, Permission, Repository, branch_names, comparison,
    installation_repositories, installations, pull_request_comparison,
};

use crate::{Response, lenient};
use nokube_domain::{
    BuildId, Timestamp, UnknownFields,
    builds::{Conclusion, JobState, JobsRecord, Phase, RunKey, RunState, StepState},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// A workflow run, in events and responses.
#[derive(Clone, Debug, Deserialize)]
pub struct WorkflowRun {
    pub id: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    run_attempt: Option<u32>,
    #[serde(default, deserialize_with = "lenient::optional")]
    display_title: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    path: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    conclusion: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    run_started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::optional")]
    html_url: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    repository: Option<RepositoryId>,
}

/// The number of a repository, in objects that contain one.
#[derive(Clone, Copy, Debug, Deserialize)]
struct RepositoryId {
    id: u64,
}

impl WorkflowRun {
    pub fn key(&self) -> RunKey {
        RunKey { run_id: self.id, attempt: self.run_attempt.unwrap_or(1) }
    }

    /// GitHub's number of the repository that the run belongs to.
    pub fn repository(&self) -> Option<u64> {
        self.repository.map(|repository| repository.id)
    }

    /// The build whose id is in the run's title.
    pub fn build(&self) -> Option<BuildId> {
        BuildId::from_run_title(self.display_title.as_deref()?)
    }

    /// Whether this is a run of the workflow file. The run's path may end in `@` and a ref.
    pub fn is_of(&self, workflow: &str) -> bool {
        let path = self.path.as_deref().unwrap_or_default();
        let path = path.split_once('@').map_or(path, |(path, _)| path);
        path.strip_prefix(".github/workflows/") == Some(workflow)
    }

    pub fn facts(&self) -> RunState {
        let phase = phase(self.status.as_deref(), self.conclusion.as_deref());
        RunState {
            started_at: self.run_started_at,
            // GitHub has no field for the end; it is an ended run's last change.
            ended_at: self.updated_at.filter(|_| phase.conclusion().is_some()),
            url: self.html_url.clone(),
            ..RunState::new(phase)
        }
    }
}

/// A job of a run, in events and responses.
#[derive(Clone, Debug, Deserialize)]
pub struct WorkflowJob {
    pub id: u64,
    pub run_id: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    run_attempt: Option<u32>,
    pub name: String,
    #[serde(default, deserialize_with = "lenient::optional")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    conclusion: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    completed_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::list")]
    steps: Vec<JobStep>,
}

#[derive(Clone, Debug, Deserialize)]
struct JobStep {
    #[serde(default, deserialize_with = "lenient::optional")]
    name: Option<String>,
    number: u32,
    #[serde(default, deserialize_with = "lenient::optional")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    conclusion: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    completed_at: Option<Timestamp>,
}

impl WorkflowJob {
    pub fn facts(&self) -> JobState {
        let step = |step: &JobStep| {
            let facts = StepState {
                name: step.name.iter().flat_map(|name| name.chars()).take(200).collect(),
                phase: phase(step.status.as_deref(), step.conclusion.as_deref()),
                started_at: step.started_at,
                ended_at: step.completed_at,
                unknown_fields: UnknownFields::default(),
            };
            (step.number, facts)
        };
        let phase = phase(self.status.as_deref(), self.conclusion.as_deref());
        JobState {
            run: RunKey { run_id: self.run_id, attempt: self.run_attempt.unwrap_or(1) },
            phase,
            // A queued job's `started_at` is the time at which it was queued.
            started_at: self.started_at.filter(|_| phase != Phase::Queued),
            ended_at: self.completed_at.filter(|_| phase.conclusion().is_some()),
            steps: self.steps.iter().map(step).collect(),
            unknown_fields: UnknownFields::default(),
        }
    }
}

/// Combines `status` and `conclusion`. An unknown status means that it has not started; an unknown conclusion
/// is an end.
fn phase(status: Option<&str>, conclusion: Option<&str>) -> Phase {
    match status {
        Some("completed") => Phase::Ended(match conclusion {
            Some("success") => Conclusion::Success,
            Some("failure") => Conclusion::Failure,
            Some("cancelled") => Conclusion::Cancelled,
            Some("timed_out") => Conclusion::TimedOut,
            Some("startup_failure") => Conclusion::StartupFailure,
            Some("action_required") => Conclusion::ActionRequired,
            Some("neutral") => Conclusion::Neutral,
            Some("skipped") => Conclusion::Skipped,
            Some("stale") => Conclusion::Stale,
            _ => Conclusion::Other,
        }),
        Some("in_progress") => Phase::Running,
        _ => Phase::Queued,
    }
}

/// The body of an event or of a 2xx response is not what GitHub documents.
#[derive(Debug, thiserror::Error)]
#[error("the body is not what GitHub documents: {0}")]
pub struct ParseError(#[from] serde_json::Error);

impl ParseError {
    pub(crate) fn missing(field: &'static str) -> Self {
        Self(serde::de::Error::missing_field(field))
    }
}

/// Parses the body of a 2xx response.
///
/// # Errors
/// The body is not what GitHub documents for a `T`.
pub fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, ParseError> {
    Ok(serde_json::from_slice(response.body())?)
}

/// The run that a dispatch started, if GitHub names it. The response may be a 204 without a body (GHES always does).
pub fn dispatched_run(response: &Response) -> Option<RunKey> {
    #[derive(Deserialize)]
    struct Dispatched {
        workflow_run_id: u64,
    }
    let dispatched = parse::<Dispatched>(response).ok()?;
    Some(RunKey { run_id: dispatched.workflow_run_id, attempt: 1 })
}

/// The runs of `build` in a list of runs, in any order.
///
/// # Errors
/// The body is not a list of runs.
pub fn runs_of_build(response: &Response, build: BuildId) -> Result<Vec<WorkflowRun>, ParseError> {
    #[derive(Deserialize)]
    struct Runs {
        workflow_runs: Vec<Value>,
    }
    // Other builds' runs are in the list too; one that cannot be read must not hide this build's.
    let runs = parse::<Runs>(response)?.workflow_runs.into_iter();
    let runs = runs.filter_map(|run| serde_json::from_value::<WorkflowRun>(run).ok());
    Ok(runs.filter(|run| run.build() == Some(build)).collect())
}

/// A list of jobs, with its ETag for the next request.
///
/// # Errors
/// The body is not a list of jobs.
pub fn jobs(response: &Response, build: BuildId) -> Result<JobsRecord, ParseError> {
    #[derive(Deserialize)]
    struct Jobs {
        jobs: Vec<Value>,
    }
    let jobs = parse::<Jobs>(response)?.jobs.into_iter();
    let jobs = jobs.filter_map(|job| serde_json::from_value::<WorkflowJob>(job).ok());
    let jobs: BTreeMap<_, _> = jobs.map(|job| (job.id, job.facts())).collect();
    let etag = response.headers().get(http::header::ETAG);
    let etag = etag.and_then(|etag| etag.to_str().ok()).map(Into::into);
    Ok(JobsRecord { etag, ..JobsRecord::with_jobs(build, jobs) })
}
