//! Renders the records of a build as the view that the API shows.

use super::{
    BuildState, BuildView, Conclusion, ErrorCode, Phase, RunKey, Status, StepState, StepStatus,
    StepView, evaluate_status, workflow::warnings,
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
    let first_job_started_at = key.and_then(|key| {
        let started = state.jobs.of_run(key).map(|(_, job)| state.plausible(job.started_at));
        started.flatten().min()
    });
    let run_started_at = state.plausible(run.and_then(|run| run.started_at));
    let started_at = match evaluated.status {
        Status::Pending => None,
        _ => first_job_started_at.or(run_started_at),
    };
    let completed_at = match (is_final, run) {
        (false, _) => None,
        (true, Some(_)) => state.ended_at().max(started_at),
        (true, None) => ended_without_run_at(state, evaluated.error_code, grace),
    };
    let limited_until = state.limited_until(now).map(whole_seconds).filter(|_| !is_final);
    let waiting_for_capacity = !is_final && state.run.waits_for_capacity();
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
        limited_until,
        status_detail: status_detail(limited_until, waiting_for_capacity),
        error_code: evaluated.error_code.map(|code| code.to_string()),
        error_message: evaluated.error_message,
        trigger: record.trigger(),
        pull_request: record.pull_request(),
        commit: record.commit_summary.clone(),
        waiting_for_capacity,
        superseded: state.is_superseded(),
        warnings: key.map(|key| warnings(&state.jobs, key)).unwrap_or_default(),
        steps: key.map(|key| steps(state, key)).unwrap_or_default(),
        unknown_fields: UnknownFields::default(),
    }
}

/// Why a pending build waits.
fn status_detail(limited_until: Option<Timestamp>, waiting_for_capacity: bool) -> Option<String> {
    if waiting_for_capacity {
        let detail = "As many builds of this project's owner are under way as this platform allows at once. The \
                      build starts when one of them has ended.";
        return Some(detail.into());
    }
    let until = limited_until?;
    Some(format!("GitHub limits the platform's requests. The build continues at {until}."))
}

/// When a build ended that had no run: when it was rejected or cancelled, or when it had waited for too long.
fn ended_without_run_at(
    state: &BuildState,
    error_code: Option<ErrorCode>,
    grace: i64,
) -> Option<Timestamp> {
    let requested_at = state.attempt_requested_at();
    if matches!(error_code, Some(ErrorCode::NeverStarted | ErrorCode::NoCapacity)) {
        return Timestamp::from_second(state.start_deadline(grace)).ok();
    }
    let withdrawn_at = state.run.pending_request().and_then(|request| request.withdrawn_at);
    Some(withdrawn_at.unwrap_or(requested_at))
}

fn steps(state: &BuildState, run: RunKey) -> Vec<StepView> {
    let step = |(number, step): (&u32, &StepState)| {
        let started_at = state.plausible(step.started_at);
        // GitHub's end of a skipped step can be before its start.
        let ended_at = state
            .plausible(step.ended_at)
            .map(|ended| started_at.map_or(ended, |at| at.max(ended)));
        StepView {
            number: *number,
            name: step.name.clone(),
            status: step_status(step.phase),
            started_at: started_at.map(whole_seconds),
            completed_at: ended_at.map(whole_seconds),
            unknown_fields: UnknownFields::default(),
        }
    };
    state.jobs.of_run(run).flat_map(|(_, job)| job.steps.iter().map(step)).collect()
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
