//! Renders the records of a build as the view that the API shows.

use super::{
    BuildState, BuildView, Conclusion, ErrorCode, JobsRecord, Phase, RunKey, Status, StepState,
    StepStatus, StepView, evaluate_status,
};
use crate::{Timestamp, UnknownFields, image::Digest, whole_seconds};

/// The view of a build at `now`. `digest` is the image digest that the registry reported.
pub fn view(state: &BuildState, digest: Option<Digest>, grace: i64, now: Timestamp) -> BuildView {
    let evaluated = evaluate_status(state, grace, now);
    let is_final = evaluated.status.is_final();
    let record = &state.record;
    let key = state.current_run();
    let run = key.and_then(|key| state.run.runs.get(&key));
    // GitHub counts a run as started when it is queued; users expect the start of the first job.
    let first_job_started_at =
        key.and_then(|key| state.jobs.of_run(key).filter_map(|(_, job)| job.started_at).min());
    let started_at = match evaluated.status {
        Status::Pending => None,
        _ => first_job_started_at.or(run.and_then(|run| run.started_at)),
    };
    let completed_at = match (is_final, run) {
        (false, _) => None,
        (true, Some(run)) => run.ended_at,
        // There was no run: the build ended when it was rejected or when the grace period was over.
        (true, None) if evaluated.error_code == Some(ErrorCode::NeverStarted) => {
            let requested_at = state.attempt_requested_at().as_second();
            Timestamp::from_second(requested_at.saturating_add(grace)).ok()
        }
        (true, None) => Some(state.attempt_requested_at()),
    };
    let until = if is_final { completed_at } else { Some(now) };
    let duration =
        started_at.zip(until).map(|(from, to)| (to.as_second() - from.as_second()).max(0));
    BuildView {
        build_id: record.id,
        project_id: record.id.project,
        service_name: record.spec.service.to_string(),
        status: evaluated.status,
        image_full_name: record.image_full_name(),
        image_digest: digest.filter(|_| evaluated.status == Status::Success),
        repository: record.spec.repository.to_string(),
        branch: record.spec.git_ref.clone(),
        commit_sha: record.commit.clone(),
        created_at: whole_seconds(record.created_at),
        started_at: started_at.map(whole_seconds),
        completed_at: completed_at.map(whole_seconds),
        duration,
        attempt: state.run.attempt(),
        cancel_requested_at: state
            .current_cancel_request()
            .map(|request| whole_seconds(request.requested_at)),
        error_code: evaluated.error_code.map(|code| code.to_string()),
        error_message: evaluated.error_message,
        steps: key.map(|key| steps(&state.jobs, key)).unwrap_or_default(),
        unknown_fields: UnknownFields::default(),
    }
}

fn steps(jobs: &JobsRecord, run: RunKey) -> Vec<StepView> {
    let step = |(number, step): (&u32, &StepState)| StepView {
        number: *number,
        name: step.name.clone(),
        status: step_status(step.phase),
        started_at: step.started_at.map(whole_seconds),
        completed_at: step.ended_at.map(whole_seconds),
        unknown_fields: UnknownFields::default(),
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
