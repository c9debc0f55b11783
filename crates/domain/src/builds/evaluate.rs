//! Derives the status of a build from its records.

use super::{BuildState, Conclusion, ErrorCode, Phase, Status, workflow::step_failure};
use crate::Timestamp;

/// How long an attempt waits for the end of GitHub's limits, in seconds; each limit ends within an
/// hour. An older request is probably obsolete, and its image would replace a newer one.
pub const LONGEST_WAIT: i64 = 2 * 3600;

/// How long an attempt waits for other builds of the project's owner to end, in seconds.
pub const LONGEST_CAPACITY_WAIT: i64 = 24 * 3600;

/// The status of a build, with the error if it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluatedStatus {
    pub status: Status,
    /// The kind of failure, for programs.
    pub error_code: Option<ErrorCode>,
    /// What happened and what to do, for people.
    pub error_message: Option<String>,
}

/// The status at `now`. A run that GitHub has not reported within `grace` seconds counts as never
/// started, and so does an attempt that has waited too long for the end of a limit, or for capacity. If a run is
/// reported later, GitHub's report wins over that assumption.
pub fn evaluate_status(state: &BuildState, grace: i64, now: Timestamp) -> EvaluatedStatus {
    let without_error = |status| EvaluatedStatus { status, error_code: None, error_message: None };
    let failed = |code, message: String| EvaluatedStatus {
        status: Status::Failed,
        error_code: Some(code),
        error_message: Some(message),
    };
    let pending_request = state.run.pending_request();
    if let Some(rejection) = pending_request.and_then(|request| request.rejection.clone()) {
        return failed(ErrorCode::Refused, rejection);
    }
    if pending_request.is_some_and(|request| request.withdrawn_at.is_some()) {
        return without_error(Status::Cancelled);
    }
    let current = state.current_run().and_then(|key| state.run.runs.get_key_value(&key));
    let Some((key, run)) = current else {
        if now.as_second() < state.start_deadline(grace) {
            return without_error(Status::Pending);
        }
        if state.run.waits_for_capacity() {
            let message = "The build waited for a day, because as many builds of the project's owner were \
                           under way as the platform allows. Build again, or ask the platform's \
                           administrator for a higher limit.";
            return failed(ErrorCode::NoCapacity, message.into());
        }
        let message = "GitHub did not start the build in time. Try again; if it happens again, \
                       look at GitHub's status page or ask the platform's administrator.";
        return failed(ErrorCode::NeverStarted, message.into());
    };
    match run.phase {
        Phase::Queued => without_error(Status::Pending),
        Phase::Running => without_error(Status::Building),
        Phase::Ended(Conclusion::Success) => without_error(Status::Success),
        Phase::Ended(Conclusion::Cancelled) => without_error(Status::Cancelled),
        Phase::Ended(other) => {
            let failed_step = state.jobs.failed_step(*key);
            let known = failed_step.filter(|(_, reason)| *reason == Conclusion::Failure);
            let known = known.and_then(|(step, _)| step_failure(step, &state.record.spec));
            if let Some((code, message)) = known {
                return failed(code, message.into());
            }
            failed(failure_code(other, failed_step.is_some()), failure_message(other, failed_step))
        }
    }
}

/// The error code of a failed run.
fn failure_code(conclusion: Conclusion, has_failed_step: bool) -> ErrorCode {
    match conclusion {
        Conclusion::TimedOut => ErrorCode::TimedOut,
        Conclusion::StartupFailure => ErrorCode::StartupFailure,
        Conclusion::ActionRequired => ErrorCode::ActionRequired,
        Conclusion::Deleted => ErrorCode::RunDeleted,
        Conclusion::Skipped | Conclusion::Stale => ErrorCode::NotRun,
        _ if has_failed_step => ErrorCode::StepFailed,
        _ => ErrorCode::RunFailed,
    }
}

fn failure_message(conclusion: Conclusion, failed_step: Option<(&str, Conclusion)>) -> String {
    let at = failed_step.map(|(name, _)| format!(" at the step \"{name}\"")).unwrap_or_default();
    match conclusion {
        Conclusion::TimedOut => {
            format!("The build took longer than it may and was stopped{at}. See the log.")
        }
        Conclusion::StartupFailure => "GitHub could not start the builder's workflow. The \
             platform's administrator finds the reason on the run's page."
            .into(),
        Conclusion::ActionRequired => "GitHub waits for an approval in the builder repository. \
             The platform's administrator can give it on the run's page."
            .into(),
        Conclusion::Deleted => "The run was deleted at GitHub before its end. Try again.".into(),
        Conclusion::Skipped | Conclusion::Stale => {
            "GitHub did not run the build. Try again.".into()
        }
        _ if failed_step.is_some() => format!("The build failed{at}. See the log."),
        _ => "The build failed. See the log.".into(),
    }
}
