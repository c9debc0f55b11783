//! Transitions of workflow runs: queued, in progress, completed; cancel, re-run, hold and release.

use jiff::Timestamp;

use super::builder_workflow::{
    BUILDPACKS_BUILD_STEP, DOCKERFILE_BUILD_STEP, PUSH_STEP, build_steps, job_name, unique_tag,
};
use super::run::{Attempt, Conclusion, Status, Step, WorkflowJob, WorkflowRun, unrelated_steps};
use super::{Effect, HoldPoint, Model, WebhookEvent};

/// Why GitHub rejects a change of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunError {
    NotFound,
    /// A completed run cannot be cancelled.
    AlreadyCompleted,
    /// Only a completed run can be re-run.
    StillRunning,
    /// `rerun-failed-jobs` needs a failed job.
    NoFailedJobs,
}

impl Model {
    /// Advances an attempt by one step when its timer fires. Does nothing if the timer was replaced
    /// by a newer one, after a cancel for example.
    pub fn advance(
        &mut self,
        run: u64,
        attempt: u32,
        timer_id: u32,
        now: Timestamp,
    ) -> Vec<Effect> {
        let current = self.runs.get(&run).and_then(|run| run.attempt(attempt));
        let is_current =
            current.is_some_and(|found| found.timer_id == timer_id && !found.is_completed());
        if !is_current {
            return Vec::new();
        }
        self.advance_step(run, attempt, now)
    }

    fn advance_step(&mut self, id: u64, number: u32, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        if !run.visible {
            return self.make_visible(id, number, now);
        }
        let is_unrelated = run.package().is_empty();
        let Some(attempt) = run.attempt_mut(number) else {
            return Vec::new();
        };
        if attempt.cancelling {
            return self.complete(id, number, Conclusion::Cancelled, now);
        }
        let planned = attempt.planned_conclusion;
        attempt.updated_at = now;
        let Some(job) = attempt.job.as_mut() else {
            return self.complete(id, number, planned, now);
        };
        if attempt.status == Status::Queued {
            attempt.status = Status::InProgress;
            job.status = Status::InProgress;
            job.started_at = now;
            job.start_next_step(now);
            let mut effects = self.run_and_job_events("in_progress", id, number);
            effects.extend(self.schedule_next_step(id, number));
            return effects;
        }
        let step = attempt.running_step().map(str::to_owned).unwrap_or_default();
        let is_build_step = step == DOCKERFILE_BUILD_STEP || step == BUILDPACKS_BUILD_STEP;
        if planned != Conclusion::Success && (is_build_step || is_unrelated) {
            return self.complete(id, number, planned, now);
        }
        let has_next = attempt.job.as_mut().is_some_and(|job| job.start_next_step(now));
        let mut effects = if step == PUSH_STEP { self.push_image(id, now) } else { Vec::new() };
        if has_next {
            effects.extend(self.schedule_next_step(id, number));
        } else {
            effects.extend(self.complete(id, number, Conclusion::Success, now));
        }
        effects
    }

    /// Completes an attempt, whatever its status.
    fn complete(
        &mut self,
        id: u64,
        number: u32,
        conclusion: Conclusion,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        let Some(attempt) = run.attempt_mut(number) else {
            return Vec::new();
        };
        attempt.status = Status::Completed;
        attempt.conclusion = Some(conclusion);
        attempt.updated_at = now;
        attempt.held = false;
        attempt.timer_id += 1;
        if let Some(job) = attempt.job.as_mut() {
            if job.status == Status::Queued {
                job.steps.clear();
            }
            job.complete(conclusion, now);
        }
        let mut events = self.run_and_job_events("completed", id, number);
        // GitHub sends `workflow_job.completed` before `workflow_run.completed`.
        events.reverse();
        events
    }

    /// Shows the run in the API and queues the attempt.
    pub(crate) fn make_visible(&mut self, id: u64, number: u32, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        run.visible = true;
        run.created_at = if number == 1 { now } else { run.created_at };
        let Some(run) = self.runs.get(&id).cloned() else {
            return Vec::new();
        };
        let run = Box::new(run);
        let has_job = run.attempt(number).is_some_and(|attempt| attempt.job.is_some());
        let requested =
            WebhookEvent::WorkflowRun { action: "requested", run: run.clone(), attempt: number };
        let mut effects = vec![Effect::SendWebhook(requested)];
        if has_job {
            let queued = WebhookEvent::WorkflowJob { action: "queued", run, attempt: number };
            effects.push(Effect::SendWebhook(queued));
        }
        effects.extend(self.schedule_next_step(id, number));
        effects
    }

    /// Requests the timer for the next step, unless the attempt is held at this point.
    pub(crate) fn schedule_next_step(&mut self, id: u64, number: u32) -> Option<Effect> {
        let hold_at = self.hold_at;
        let run = self.runs.get_mut(&id)?;
        let is_visible = run.visible;
        let attempt = run.attempt_mut(number)?;
        let point = match attempt.status {
            _ if !is_visible => Some(HoldPoint::Creation),
            _ if attempt.cancelling => Some(HoldPoint::Cancelling),
            Status::Queued => Some(HoldPoint::Queued),
            Status::InProgress => match attempt.running_step() {
                Some(DOCKERFILE_BUILD_STEP | BUILDPACKS_BUILD_STEP) => Some(HoldPoint::InProgress),
                _ => None,
            },
            Status::Completed => None,
        };
        attempt.timer_id += 1;
        attempt.held = point.is_some() && point == hold_at && !attempt.is_released;
        let timer_id = attempt.timer_id;
        (!attempt.held).then_some(Effect::ScheduleAdvance { run: id, attempt: number, timer_id })
    }

    /// The run's latest attempt continues, and is not held at any later point.
    pub fn release(&mut self, id: u64) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        let Some(attempt) = run.attempts.last_mut() else {
            return Vec::new();
        };
        attempt.is_released = true;
        let (is_held, number) = (attempt.held, attempt.number);
        if is_held { self.schedule_next_step(id, number).into_iter().collect() } else { Vec::new() }
    }

    /// Removes the hold point and releases all held runs.
    pub fn release_all(&mut self) -> Vec<Effect> {
        self.hold_at = None;
        let is_held = |run: &&WorkflowRun| run.latest().is_some_and(|attempt| attempt.held);
        let ids: Vec<u64> = self.runs.values().filter(is_held).map(|run| run.id).collect();
        ids.into_iter().flat_map(|id| self.release(id)).collect()
    }

    /// Requests that a run is cancelled. It completes one step later.
    pub fn cancel(&mut self, id: u64, now: Timestamp) -> Result<Vec<Effect>, RunError> {
        let run = self.runs.get_mut(&id).ok_or(RunError::NotFound)?;
        let attempt = run.attempts.last_mut().ok_or(RunError::NotFound)?;
        if attempt.is_completed() {
            return Err(RunError::AlreadyCompleted);
        }
        if attempt.cancelling {
            return Ok(Vec::new());
        }
        attempt.cancelling = true;
        attempt.updated_at = now;
        let number = attempt.number;
        Ok(self.schedule_next_step(id, number).into_iter().collect())
    }

    /// Completes a run immediately. With `success` the image is pushed as well.
    pub fn finish(&mut self, id: u64, conclusion: Conclusion, now: Timestamp) -> Vec<Effect> {
        let latest = self.runs.get(&id).and_then(WorkflowRun::latest);
        let running = latest.filter(|attempt| !attempt.is_completed());
        let Some(number) = running.map(|attempt| attempt.number) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        if conclusion == Conclusion::Success {
            effects.extend(self.push_image(id, now));
        }
        effects.extend(self.complete(id, number, conclusion, now));
        effects
    }

    /// Starts another attempt of a run.
    pub fn rerun(
        &mut self,
        id: u64,
        only_failed: bool,
        now: Timestamp,
    ) -> Result<Vec<Effect>, RunError> {
        let run = self.runs.get(&id).ok_or(RunError::NotFound)?;
        let latest = run.latest().ok_or(RunError::NotFound)?;
        if !latest.is_completed() {
            return Err(RunError::StillRunning);
        }
        if only_failed && latest.conclusion == Some(Conclusion::Success) {
            return Err(RunError::NoFailedJobs);
        }
        let number = latest.number + 1;
        let job = latest
            .job
            .as_ref()
            .map_or_else(|| job_name(run.input("build_id")), |job| job.name.clone());
        let (is_private, image) = (run.input("private") == "true", run.input("image").to_owned());
        let uses_buildpacks =
            run.input("dockerfile_path").is_empty() && run.input("dockerfile_content").is_empty();
        let steps = if image.is_empty() {
            unrelated_steps()
        } else {
            build_steps(is_private, uses_buildpacks)
        };
        let attempt = self.new_attempt(number, &image, job, steps, now);
        if let Some(run) = self.runs.get_mut(&id) {
            run.attempts.push(attempt);
        }
        Ok(self.make_visible(id, number, now))
    }

    /// An attempt fails if the image's name contains `fail`, unless a conclusion was set for it.
    pub(crate) fn new_attempt(
        &mut self,
        number: u32,
        image: &str,
        job: String,
        steps: Vec<Step>,
        now: Timestamp,
    ) -> Attempt {
        let from_name =
            if image.contains("fail") { Conclusion::Failure } else { Conclusion::Success };
        let planned_conclusion = self.next_conclusions.pop_front().unwrap_or(from_name);
        self.last_job_id += 3;
        let job = WorkflowJob {
            id: self.last_job_id,
            name: job,
            status: Status::Queued,
            conclusion: None,
            created_at: now,
            started_at: now,
            completed_at: None,
            steps,
        };
        Attempt {
            number,
            status: Status::Queued,
            conclusion: None,
            started_at: now,
            updated_at: now,
            job: (planned_conclusion != Conclusion::StartupFailure).then_some(job),
            cancelling: false,
            held: false,
            is_released: false,
            timer_id: 0,
            planned_conclusion,
        }
    }

    /// The event of the run, and that of its job if it has one.
    fn run_and_job_events(&self, action: &'static str, id: u64, number: u32) -> Vec<Effect> {
        let Some(run) = self.runs.get(&id) else {
            return Vec::new();
        };
        let has_job = run.attempt(number).is_some_and(|attempt| attempt.job.is_some());
        let run = Box::new(run.clone());
        let mut events =
            vec![WebhookEvent::WorkflowRun { action, run: run.clone(), attempt: number }];
        if has_job {
            events.push(WebhookEvent::WorkflowJob { action, run, attempt: number });
        }
        events.into_iter().map(Effect::SendWebhook).collect()
    }

    /// Pushes the run's image to the registry under its two tags.
    fn push_image(&mut self, id: u64, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.get(&id) else {
            return Vec::new();
        };
        let name = run.package().to_owned();
        if name.is_empty() {
            return Vec::new();
        }
        let tags = [unique_tag(run.input("build_id")), run.input("tag").to_owned()];
        let seed = format!("{id}/{}", run.attempts.len());
        let digest = self.registry.push(&name, &tags, &seed, &run.head_sha);
        let run = Box::new(run.clone());
        let events = tags.into_iter().map(|tag| WebhookEvent::Package {
            run: run.clone(),
            name: name.clone(),
            tag,
            digest: digest.clone(),
            published_at: now,
        });
        events.map(Effect::SendWebhook).collect()
    }
}
