//! What a reader is told about a build.

use super::{Conclusion, JobsDoc, Known, Phase, RunKey, Status, verdict};
use crate::{BuildId, ProjectId, Timestamp, image::Digest, repository::CommitSha, whole_seconds};
use serde::{Deserialize, Serialize};

/// The answer to a request for a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildCreated {
    pub build_id: BuildId,
    pub project_id: ProjectId,
    pub status: Status,
    /// What the image will be called.
    pub image_full_name: String,
    pub created_at: Timestamp,
    /// Seconds that it may take.
    pub estimated_duration: u32,
    /// Why it failed at once, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub error_message: Option<String>,
}

/// A build, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Build))]
pub struct BuildView {
    pub build_id: BuildId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub status: Status,
    /// What the image is called, or will be; `POST /api/v1/deploy` takes it as `image_name`.
    pub image_full_name: String,
    /// Which image exactly, once it has been built.
    pub image_digest: Option<Digest>,
    /// `OWNER/NAME` at GitHub.
    pub repository: String,
    /// The branch, tag or commit, as it was asked for.
    pub branch: String,
    /// What the branch pointed to then; this is built.
    pub commit_sha: CommitSha,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// Seconds from start to end; while it runs, until now.
    pub duration: Option<i64>,
    /// NoKube's number, from 1.
    pub attempt: u32,
    /// When somebody asked to cancel this attempt; GitHub decides whether that came in time.
    pub cancel_requested_at: Option<Timestamp>,
    /// For programs: `refused`, `never_started`, `timed_out`, `startup_failure`, `action_required`,
    /// `run_deleted`, `not_run`, `step_failed` or `run_failed`.
    pub error_code: Option<String>,
    /// For people: what went wrong and what to do.
    pub error_message: Option<String>,
    pub steps: Vec<StepView>,
}

/// A step of a build, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Step))]
pub struct StepView {
    pub number: u32,
    pub name: String,
    pub status: StepStatus,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

/// How a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum StepStatus {
    Pending,
    Running,
    Success,
    Skipped,
    Cancelled,
    Failed,
}

impl StepStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// The answer for what is known at `now`. `digest` is what the registry said.
pub fn view(known: &Known, digest: Option<Digest>, grace: i64, now: Timestamp) -> BuildView {
    let verdict = verdict(known, grace, now);
    let record = &known.record;
    let run = known.present_run();
    let facts = run.and_then(|key| known.run.runs.get(&key));
    // GitHub counts a run as started when it is queued; what people mean is the first job's start.
    let begun =
        run.and_then(|key| known.jobs.of_run(key).filter_map(|(_, job)| job.started_at).min());
    let started_at = match verdict.status {
        Status::Pending => None,
        _ => begun.or(facts.and_then(|facts| facts.started_at)),
    };
    let completed_at = match (verdict.status.is_final(), facts) {
        (false, _) => None,
        (true, Some(facts)) => facts.ended_at,
        // It never ran: it ended when it was refused or when we stopped waiting.
        (true, None) if verdict.code == Some("never_started") => {
            Timestamp::from_second(known.asked_at().as_second().saturating_add(grace)).ok()
        }
        (true, None) => Some(known.asked_at()),
    };
    let until = if verdict.status.is_final() { completed_at } else { Some(now) };
    let duration =
        started_at.zip(until).map(|(from, to)| (to.as_second() - from.as_second()).max(0));
    BuildView {
        build_id: record.id,
        project_id: record.id.project,
        service_name: record.asked.service.to_string(),
        status: verdict.status,
        image_full_name: record.image_full_name(),
        image_digest: digest.filter(|_| verdict.status == Status::Success),
        repository: record.asked.repository.to_string(),
        branch: record.asked.git_ref.clone(),
        commit_sha: record.commit.clone(),
        created_at: whole_seconds(record.created_at),
        started_at: started_at.map(whole_seconds),
        completed_at: completed_at.map(whole_seconds),
        duration,
        attempt: known.run.attempt(),
        cancel_requested_at: known.cancel_wished().map(|wish| whole_seconds(wish.at)),
        error_code: verdict.code.map(Into::into),
        error_message: verdict.message,
        steps: run.map(|key| steps(&known.jobs, key)).unwrap_or_default(),
    }
}

fn steps(jobs: &JobsDoc, run: RunKey) -> Vec<StepView> {
    let step = |(number, step): (&u32, &super::StepFacts)| StepView {
        number: *number,
        name: step.name.clone(),
        status: step_status(step.phase),
        started_at: step.started_at.map(whole_seconds),
        completed_at: step.ended_at.map(whole_seconds),
    };
    jobs.of_run(run).flat_map(|(_, job)| job.steps.iter().map(step)).collect()
}

fn step_status(phase: Phase) -> StepStatus {
    match phase {
        Phase::Queued => StepStatus::Pending,
        Phase::Running => StepStatus::Running,
        Phase::Ended(Conclusion::Success | Conclusion::Neutral) => StepStatus::Success,
        Phase::Ended(Conclusion::Skipped) => StepStatus::Skipped,
        Phase::Ended(Conclusion::Cancelled) => StepStatus::Cancelled,
        Phase::Ended(_) => StepStatus::Failed,
    }
}
