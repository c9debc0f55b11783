//! What GitHub answers, as far as it is used; shared with the events, which carry the same objects.

use crate::Response;
use nokube_domain::{
    BuildId, Timestamp,
    build::{Conclusion, JobFacts, JobsDoc, Phase, RunFacts, RunKey, StepFacts},
    repository::CommitSha,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A workflow run, as events and answers have it.
#[derive(Clone, Debug, Deserialize)]
pub struct RawRun {
    pub id: u64,
    run_attempt: Option<u32>,
    display_title: Option<String>,
    path: Option<String>,
    status: Option<String>,
    conclusion: Option<String>,
    run_started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    html_url: Option<String>,
}

impl RawRun {
    pub fn key(&self) -> RunKey {
        RunKey { run_id: self.id, attempt: self.run_attempt.unwrap_or(1) }
    }

    /// The build that the run's title names.
    pub fn build(&self) -> Option<BuildId> {
        BuildId::from_run_title(self.display_title.as_deref()?)
    }

    /// Is it a run of this workflow file? `path` may end in `@` and a ref.
    pub fn is_of(&self, workflow: &str) -> bool {
        let path = self.path.as_deref().unwrap_or_default();
        let path = path.split_once('@').map_or(path, |(path, _)| path);
        path.strip_prefix(".github/workflows/") == Some(workflow)
    }

    pub fn facts(&self) -> RunFacts {
        let phase = phase(self.status.as_deref(), self.conclusion.as_deref());
        RunFacts {
            phase,
            started_at: self.run_started_at,
            // An ended run's last change is its end; GitHub has no field of its own for it.
            ended_at: self.updated_at.filter(|_| phase.ended().is_some()),
            url: self.html_url.clone(),
        }
    }
}

/// A job, as events and answers have it.
#[derive(Clone, Debug, Deserialize)]
pub struct RawJob {
    pub id: u64,
    run_id: u64,
    run_attempt: Option<u32>,
    pub name: String,
    status: Option<String>,
    conclusion: Option<String>,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    #[serde(default)]
    steps: Option<Vec<RawStep>>,
}

#[derive(Clone, Debug, Deserialize)]
struct RawStep {
    name: String,
    number: u32,
    status: Option<String>,
    conclusion: Option<String>,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
}

impl RawJob {
    pub fn facts(&self) -> JobFacts {
        let step = |step: &RawStep| {
            let facts = StepFacts {
                name: step.name.chars().take(200).collect(),
                phase: phase(step.status.as_deref(), step.conclusion.as_deref()),
                started_at: step.started_at,
                ended_at: step.completed_at,
            };
            (step.number, facts)
        };
        let phase = phase(self.status.as_deref(), self.conclusion.as_deref());
        JobFacts {
            run: RunKey { run_id: self.run_id, attempt: self.run_attempt.unwrap_or(1) },
            phase,
            // A queued job's `started_at` is when it was queued.
            started_at: self.started_at.filter(|_| phase != Phase::Queued),
            ended_at: self.completed_at,
            steps: self.steps.iter().flatten().map(step).collect(),
        }
    }
}

/// `status` and `conclusion`, as one phase. A status that we do not know is one before the start;
/// a conclusion that we do not know is an end.
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

/// An answer of 2xx was not what GitHub describes.
#[derive(Debug, thiserror::Error)]
#[error("GitHub's answer cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

/// Of a dispatch: the run, if GitHub names it. It may answer 204 and nothing (GHES always does).
pub fn dispatched(response: &Response) -> Option<RunKey> {
    #[derive(Deserialize)]
    struct Dispatched {
        workflow_run_id: u64,
    }
    serde_json::from_slice::<Dispatched>(response.body())
        .ok()
        .map(|answer| RunKey { run_id: answer.workflow_run_id, attempt: 1 })
}

/// # Errors
/// The body is no run.
pub fn run(response: &Response) -> Result<RawRun, Unreadable> {
    Ok(serde_json::from_slice(response.body())?)
}

/// Of a list of runs: those of `build`, in any order.
///
/// # Errors
/// The body is no list of runs.
pub fn runs_of(response: &Response, build: BuildId) -> Result<Vec<RawRun>, Unreadable> {
    #[derive(Deserialize)]
    struct Runs {
        workflow_runs: Vec<RawRun>,
    }
    let runs: Runs = serde_json::from_slice(response.body())?;
    Ok(runs.workflow_runs.into_iter().filter(|run| run.build() == Some(build)).collect())
}

/// Of a list of jobs, with the validator for the next question.
///
/// # Errors
/// The body is no list of jobs.
pub fn jobs(response: &Response, build: BuildId) -> Result<JobsDoc, Unreadable> {
    #[derive(Deserialize)]
    struct Jobs {
        jobs: Vec<RawJob>,
    }
    let jobs: Jobs = serde_json::from_slice(response.body())?;
    let jobs: BTreeMap<_, _> = jobs.jobs.iter().map(|job| (job.id, job.facts())).collect();
    let etag = response.headers().get(http::header::ETAG);
    let etag = etag.and_then(|etag| etag.to_str().ok()).map(Into::into);
    Ok(JobsDoc { etag, ..JobsDoc::new(build, jobs) })
}

/// Is the repository private (or internal)?
///
/// # Errors
/// The body is no repository.
pub fn is_private(response: &Response) -> Result<bool, Unreadable> {
    #[derive(Deserialize)]
    struct Repository {
        private: bool,
    }
    Ok(serde_json::from_slice::<Repository>(response.body())?.private)
}

/// The commit that a ref points to.
///
/// # Errors
/// The body is no commit.
pub fn commit(response: &Response) -> Result<CommitSha, Unreadable> {
    #[derive(Deserialize)]
    struct Commit {
        sha: CommitSha,
    }
    Ok(serde_json::from_slice::<Commit>(response.body())?.sha)
}

/// May the user read the repository? (`permission`: admin, write, read or none.)
///
/// # Errors
/// The body is no permission.
pub fn may_read(response: &Response, account: Option<u64>) -> Result<bool, Unreadable> {
    #[derive(Deserialize)]
    struct Account {
        id: u64,
    }
    #[derive(Deserialize)]
    struct Permission {
        permission: String,
        user: Option<Account>,
    }
    let permission: Permission = serde_json::from_slice(response.body())?;
    let theirs = permission.user.map(|user| user.id);
    if account.is_some() && account != theirs {
        return Ok(false);
    }
    Ok(matches!(permission.permission.as_str(), "admin" | "maintain" | "write" | "triage" | "read"))
}

/// The number of an installation of the App.
///
/// # Errors
/// The body is no installation.
pub fn installation(response: &Response) -> Result<u64, Unreadable> {
    #[derive(Deserialize)]
    struct Installation {
        id: u64,
    }
    Ok(serde_json::from_slice::<Installation>(response.body())?.id)
}

/// An installation's token and when it ends.
///
/// # Errors
/// The body is no token.
pub fn token(response: &Response) -> Result<(String, Timestamp), Unreadable> {
    #[derive(Deserialize)]
    struct Token {
        token: String,
        expires_at: Timestamp,
    }
    let token: Token = serde_json::from_slice(response.body())?;
    Ok((token.token, token.expires_at))
}
