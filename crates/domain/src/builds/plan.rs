//! Decides what to ask GitHub and the registry when a build is read.

use super::{AttemptRequest, BuildState, ErrorCode, RunKey, Status, evaluate_status};
use crate::Timestamp;

/// Timeouts and intervals for builds, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildTimeouts {
    /// A run that GitHub has not reported after this time counts as never started.
    pub grace: i64,
    /// Minimum time between the last report or poll and the next poll.
    pub poll_interval: i64,
    /// How long after a success the image digest is polled at `poll_interval`; less often
    /// later.
    pub digest_lookup: i64,
    /// How long after a cancel request the cancellation is forced.
    pub force_cancel: i64,
}

/// Seconds between two polls for what is still missing long after the end of a build.
const LATE_POLL_INTERVAL: i64 = 300;

/// Tolerated difference between GitHub's clock and ours, in seconds.
const CLOCK_SKEW: i64 = 120;

/// The requests to send. All but the first are independent of each other and can be sent concurrently.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Resume an attempt that GitHub did not accept because of its rate limits.
    pub resume: Option<Resume>,
    /// Go on with an attempt that waits for capacity.
    pub waiting: Option<WaitingAction>,
    /// Search for a run with the build's title, created between these times.
    pub find_run: Option<(Timestamp, Timestamp)>,
    /// Read this run from GitHub.
    pub read_run: Option<RunKey>,
    /// Read the jobs of this run from GitHub.
    pub read_jobs: Option<RunKey>,
    /// Cancel this run.
    pub cancel: Option<(RunKey, CancelMode)>,
    /// Read the digest of the build's unique tag from the registry.
    pub read_digest: bool,
}

/// An attempt that GitHub did not accept because of its rate limits. Exactly one reader may resume it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    pub attempt: u32,
    /// Until when GitHub limited requests. Each limit of an attempt has another time.
    pub limited_until: Timestamp,
    pub action: ResumeAction,
}

/// What is done with such an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeAction {
    Dispatch,
    Rerun(RunKey),
    /// Nothing is sent: it was cancelled.
    Withdraw,
}

/// What is done with an attempt that waits for other builds to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingAction {
    /// It is sent if there is capacity.
    Dispatch,
    /// It was cancelled.
    Withdraw,
}

/// How a run is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelMode {
    /// Its steps are asked to end.
    Normal,
    /// Also if a step does not end when asked.
    Forced,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a read of the build must poll at `now`.
pub fn plan(state: &BuildState, timeouts: BuildTimeouts, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    if !may_poll(state, timeouts, now) {
        return plan;
    }
    let seconds_since = |time: Timestamp| now.as_second() - time.as_second();
    let run_updated_at = state.run.updated_at.unwrap_or(state.record.created_at);
    let jobs_updated_at = state.jobs.updated_at.unwrap_or(state.record.created_at);
    let is_quiet = seconds_since(run_updated_at.max(jobs_updated_at)) >= timeouts.poll_interval;
    let evaluated = evaluate_status(state, timeouts.grace, now);

    let Some(key) = state.current_run() else {
        if let Some(action) = state.waiting_action(timeouts.grace, now) {
            // The times of polls are compared by the second, and there was no capacity when it was created.
            let is_new = seconds_since(state.record.created_at) < 1;
            plan.waiting = Some(action).filter(|_| !is_new);
            return plan; // Nobody has sent it to GitHub.
        }
        if evaluated.status == Status::Pending
            && let Some(request) = state.run.pending_request()
            && let Some(limited_until) = request.waits_until()
        {
            plan.resume = resume(state, request, limited_until, now);
            return plan; // GitHub has no run of this attempt.
        }
        let requested_at = state.attempt_requested_at();
        // The run may appear until the grace period is over. One more search then confirms that it
        // was never started.
        if evaluated.status == Status::Pending
            && seconds_since(requested_at) >= timeouts.poll_interval
            || evaluated.error_code == Some(ErrorCode::NeverStarted)
        {
            match state.run.pending_request().and_then(|request| request.after) {
                // A rerun keeps the id of its run.
                Some(run) => plan.read_run = Some(run),
                None => plan.find_run = Some(search_window(state, timeouts)),
            }
        }
        return plan;
    };
    if !state.has_ended() {
        if is_quiet {
            plan.read_run = Some(key);
            plan.read_jobs = Some(key);
        }
        let request = state.current_cancel_request();
        let due = request.filter(|r| seconds_since(r.requested_at) >= timeouts.poll_interval);
        if let Some(request) = due {
            let is_overdue = seconds_since(request.requested_at) >= timeouts.force_cancel;
            let mode = if is_overdue { CancelMode::Forced } else { CancelMode::Normal };
            plan.cancel = Some((key, mode));
        }
        return plan;
    }
    // GitHub sends the last events of a run and of its jobs together, but either may be lost. So the
    // jobs are read without waiting.
    if !state.jobs.is_complete(key) {
        plan.read_jobs = Some(key);
    }
    if evaluated.status == Status::Success {
        plan.read_digest = true;
    }
    plan
}

/// What is to be done with an attempt that waits for the end of a limit.
fn resume(
    state: &BuildState,
    request: &AttemptRequest,
    limited_until: Timestamp,
    now: Timestamp,
) -> Option<Resume> {
    let action = match request.after {
        _ if state.current_cancel_request().is_some() => ResumeAction::Withdraw,
        _ if now < limited_until => return None,
        Some(run) => ResumeAction::Rerun(run),
        None => ResumeAction::Dispatch,
    };
    Some(Resume { attempt: state.run.attempt(), limited_until, action })
}

/// When the run of the current attempt may have been created, by GitHub's clock.
fn search_window(state: &BuildState, timeouts: BuildTimeouts) -> (Timestamp, Timestamp) {
    let last = state.attempt_requested_at();
    // A reader may have resumed the attempt as soon as GitHub's limit ended.
    let first = state.run.pending_request().map_or(last, |request| {
        let dispatched_at = request.dispatched_at.unwrap_or(request.requested_at);
        request.limited_until.map_or(dispatched_at, |until| until.min(last))
    });
    let at = |second: i64| Timestamp::from_second(second).unwrap_or(last);
    (
        at(first.as_second().saturating_sub(CLOCK_SKEW)),
        at(last.as_second().saturating_add(timeouts.grace + CLOCK_SKEW)),
    )
}

/// Limits polls, so that many readers of a build cause no more of them than one reader does.
///
/// A build that has just ended is polled once without waiting. What is missing long after the end is
/// polled rarely.
fn may_poll(state: &BuildState, timeouts: BuildTimeouts, now: Timestamp) -> bool {
    let Some(polled_at) = state.last_polled_at else { return true };
    let since_poll = now.as_second() - polled_at.as_second();
    match state.ended_at() {
        None => since_poll >= timeouts.poll_interval,
        Some(_) if state.run.updated_at.max(state.jobs.updated_at) > Some(polled_at) => true,
        Some(ended_at) if now.as_second() - ended_at.as_second() < timeouts.digest_lookup => {
            since_poll >= timeouts.poll_interval
        }
        Some(_) => since_poll >= timeouts.poll_interval.max(LATE_POLL_INTERVAL),
    }
}

/// What polls have found beyond what the records hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollFindings {
    /// The registry reported the digest of the build's unique tag.
    pub digest_found: bool,
    /// GitHub listed the jobs of the current run after its end.
    pub jobs_listed: bool,
    /// GitHub responded to the search for the run of the current attempt.
    pub run_searched: bool,
}

impl BuildState {
    /// What is to be done with the current attempt, if it waits for capacity and has not waited for too long.
    pub fn waiting_action(&self, grace: i64, now: Timestamp) -> Option<WaitingAction> {
        let is_pending = evaluate_status(self, grace, now).status == Status::Pending;
        let is_cancelled = self.current_cancel_request().is_some();
        (is_pending && self.run.waits_for_capacity()).then_some(match is_cancelled {
            true => WaitingAction::Withdraw,
            false => WaitingAction::Dispatch,
        })
    }

    /// True if the view may be stored as the final view: the status is final, and nothing more can
    /// be learned.
    pub fn may_store_final_view(
        &self,
        findings: PollFindings,
        timeouts: BuildTimeouts,
        now: Timestamp,
    ) -> bool {
        let evaluated = evaluate_status(self, timeouts.grace, now);
        let Some(key) = self.current_run() else {
            return matches!(
                evaluated.error_code,
                Some(ErrorCode::Refused | ErrorCode::NoCapacity)
            ) || evaluated.status == Status::Cancelled
                || (evaluated.status.is_final() && findings.run_searched);
        };
        let Some(ended_at) = self.ended_at() else { return false };
        let is_late = now.as_second() - ended_at.as_second() >= timeouts.digest_lookup;
        // A run that could not start has no jobs. GitHub's list of jobs may lag behind the run, but
        // not for longer than `digest_lookup`.
        let has_no_jobs = self.jobs.of_run(key).next().is_none();
        let has_all_jobs =
            self.jobs.is_complete(key) || (findings.jobs_listed && (has_no_jobs || is_late));
        let has_digest = evaluated.status != Status::Success
            || findings.digest_found
            || (is_late && self.pushed_digest().is_some());
        has_all_jobs && has_digest
    }
}
