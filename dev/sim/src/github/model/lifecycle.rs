//! Transitions of workflow runs: queued, in progress, completed; cancel, re-run, hold and release.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::Timestamp;

use super::api_error::ApiError;
use super::builder_workflow::{
    FETCH_STEP, PUSH_STEP, build_steps, has_unreadable_submodule, job_name, unique_tag,
};
use super::run::{Attempt, Conclusion, Status, WorkflowJob, WorkflowRun};
use super::{Effect, HoldPoint, Model, WebhookEvent};

pub(super) type Result = std::result::Result<Vec<Effect>, ApiError>;

impl Model {
    /// Takes the run out of the model while it changes, so that the change can use both.
    pub(super) fn change_run(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut Self, &mut WorkflowRun) -> Result,
    ) -> Result {
        let mut run = self.runs.remove(&id).ok_or_else(ApiError::not_found)?;
        let result = change(self, &mut run);
        self.runs.insert(id, run);
        result
    }

    /// Advances a run by one step when its timer fires. Does nothing if the timer was replaced by a
    /// newer one, after a cancel for example.
    pub fn advance(&mut self, id: u64, timer_id: u32, now: Timestamp) -> Vec<Effect> {
        let result = self.change_run(id, |model, run| {
            let is_current = run.timer_id == timer_id && !run.latest.is_completed();
            Ok(if is_current { model.advance_step(run, now) } else { Vec::new() })
        });
        result.unwrap_or_default()
    }

    fn advance_step(&mut self, run: &mut WorkflowRun, now: Timestamp) -> Vec<Effect> {
        if !run.visible {
            return self.make_visible(run, now);
        }
        let is_fetching = has_unreadable_submodule(&run.inputs) && run.latest.is_at(FETCH_STEP);
        let may_fail = is_fetching || run.latest.is_building();
        let attempt = &mut run.latest;
        if attempt.cancelling {
            return run.complete(Conclusion::Cancelled, now);
        }
        let planned = attempt.planned_conclusion;
        attempt.updated_at = now;
        let Some(job) = attempt.job.as_mut() else {
            return run.complete(planned, now);
        };
        if attempt.status == Status::Queued {
            attempt.status = Status::InProgress;
            job.status = Status::InProgress;
            job.started_at = now;
            job.start_next_step(now);
            let mut effects = run.events("in_progress", "in_progress");
            effects.extend(self.schedule_next_step(run));
            return effects;
        }
        if planned != Conclusion::Success && may_fail {
            return run.complete(planned, now);
        }
        let is_pushing = job.running_step() == Some(PUSH_STEP);
        let has_next = job.start_next_step(now);
        let mut effects = if is_pushing { self.push_image(run, now) } else { Vec::new() };
        if has_next {
            effects.extend(self.schedule_next_step(run));
        } else {
            effects.extend(run.complete(Conclusion::Success, now));
        }
        effects
    }

    /// Shows the run in the API and queues the attempt.
    pub(super) fn make_visible(&mut self, run: &mut WorkflowRun, now: Timestamp) -> Vec<Effect> {
        if !run.visible {
            run.visible = true;
            run.created_at = now;
        }
        let mut effects = run.events("requested", "queued");
        effects.extend(self.schedule_next_step(run));
        effects
    }

    /// Requests the timer for the next step, unless the attempt is held at this point.
    pub(super) fn schedule_next_step(&self, run: &mut WorkflowRun) -> Option<Effect> {
        let attempt = &mut run.latest;
        if self.has_runner && run.visible {
            let is_new = attempt.status == Status::Queued;
            return is_new.then_some(Effect::StartJob { run: run.id });
        }
        let point = match attempt.status {
            _ if !run.visible => Some(HoldPoint::Creation),
            _ if attempt.cancelling => Some(HoldPoint::Cancelling),
            Status::Queued => Some(HoldPoint::Queued),
            Status::InProgress if attempt.is_building() => Some(HoldPoint::InProgress),
            Status::InProgress | Status::Completed => None,
        };
        run.timer_id += 1;
        attempt.held = point.is_some() && point == self.hold_at && !attempt.is_released;
        let effect = Effect::ScheduleAdvance { run: run.id, timer_id: run.timer_id };
        (!attempt.held).then_some(effect)
    }

    /// The run's latest attempt continues, and is not held at any later point.
    pub fn release(&mut self, id: u64) -> Vec<Effect> {
        let result = self.change_run(id, |model, run| {
            run.latest.is_released = true;
            let is_held = run.latest.held;
            let effect = if is_held { model.schedule_next_step(run) } else { None };
            Ok(effect.into_iter().collect())
        });
        result.unwrap_or_default()
    }

    /// Removes the hold point and releases all held runs.
    pub fn release_all(&mut self) -> Vec<Effect> {
        self.hold_at = None;
        let held = self.runs.values().filter(|run| run.latest.held);
        let ids: Vec<u64> = held.map(|run| run.id).collect();
        ids.into_iter().flat_map(|id| self.release(id)).collect()
    }

    /// Requests that a run is cancelled. It completes one step later.
    pub fn cancel(&mut self, id: u64, now: Timestamp) -> Result {
        self.change_run(id, |model, run| {
            let attempt = &mut run.latest;
            attempt.check_not_completed()?;
            if attempt.cancelling {
                return Ok(Vec::new());
            }
            attempt.cancelling = true;
            attempt.updated_at = now;
            // A runner asks whether it is to stop. No runner has a queued job yet.
            if model.has_runner && attempt.status == Status::Queued {
                return Ok(run.complete(Conclusion::Cancelled, now));
            }
            Ok(model.schedule_next_step(run).into_iter().collect())
        })
    }

    /// Completes a run immediately. With `success` the image is pushed as well.
    pub fn finish(&mut self, id: u64, conclusion: Conclusion, now: Timestamp) -> Result {
        self.change_run(id, |model, run| {
            run.latest.check_not_completed()?;
            let is_success = conclusion == Conclusion::Success;
            let mut effects = if is_success { model.push_image(run, now) } else { Vec::new() };
            effects.extend(run.complete(conclusion, now));
            Ok(effects)
        })
    }

    /// Starts another attempt of a run.
    pub fn rerun(&mut self, id: u64, now: Timestamp) -> Result {
        self.change_run(id, |model, run| {
            if !run.latest.is_completed() {
                let message = "This workflow is already running";
                return Err(ApiError::new(StatusCode::FORBIDDEN, message));
            }
            let attempt = model.new_attempt(run.latest.number + 1, &run.inputs, now);
            run.earlier.push(std::mem::replace(&mut run.latest, attempt));
            Ok(model.make_visible(run, now))
        })
    }

    /// An attempt fails if the image's name contains `fail`, or with an unreadable submodule, unless a conclusion was set for it.
    pub(super) fn new_attempt(
        &mut self,
        number: u32,
        inputs: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Attempt {
        let input = |name: &str| inputs.get(name).map_or("", String::as_str);
        let fails = input("image").contains("fail") || has_unreadable_submodule(inputs);
        let from_name = if fails { Conclusion::Failure } else { Conclusion::Success };
        let planned_conclusion = self.next_conclusions.pop_front().unwrap_or(from_name);
        self.last_job_id += 3;
        let job = WorkflowJob {
            id: self.last_job_id,
            name: job_name(input("build_id")),
            status: Status::Queued,
            conclusion: None,
            created_at: now,
            started_at: now,
            completed_at: None,
            steps: build_steps(inputs),
            written_log: self.has_runner.then(String::new),
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
            planned_conclusion,
        }
    }

    /// Pushes the run's image to the registry under its two tags.
    fn push_image(&mut self, run: &WorkflowRun, now: Timestamp) -> Vec<Effect> {
        let tags = [unique_tag(run.input("build_id")), run.input("tag").to_owned()];
        let seed = format!("{}/{}", run.id, run.latest.number);
        let digest = self.registry.push(run.package(), &tags, &seed);
        let events = tags.map(|tag| {
            let (run, digest) = (Box::new(run.clone()), digest.clone());
            Effect::SendWebhook(WebhookEvent::Package { run, tag, digest, published_at: now })
        });
        events.into()
    }
}

impl Attempt {
    fn check_not_completed(&self) -> std::result::Result<(), ApiError> {
        let message = "Cannot cancel a workflow run that is completed.";
        match self.is_completed() {
            true => Err(ApiError::new(StatusCode::CONFLICT, message)),
            false => Ok(()),
        }
    }
}

impl WorkflowRun {
    /// Completes the latest attempt, whatever its status.
    pub(super) fn complete(&mut self, conclusion: Conclusion, now: Timestamp) -> Vec<Effect> {
        self.timer_id += 1;
        let attempt = &mut self.latest;
        attempt.status = Status::Completed;
        attempt.conclusion = Some(conclusion);
        attempt.updated_at = now;
        attempt.held = false;
        if let Some(job) = attempt.job.as_mut() {
            if job.status == Status::Queued {
                job.steps.clear();
            }
            job.complete(conclusion, now);
        }
        let mut events = self.events("completed", "completed");
        // GitHub sends `workflow_job.completed` before `workflow_run.completed`.
        events.reverse();
        events
    }

    /// The event of the run, and that of its job if it has one.
    pub(super) fn events(&self, of_run: &'static str, of_job: &'static str) -> Vec<Effect> {
        let run = Box::new(self.clone());
        let mut events = vec![WebhookEvent::WorkflowRun { action: of_run, run: run.clone() }];
        if self.latest.job.is_some() {
            events.push(WebhookEvent::WorkflowJob { action: of_job, run });
        }
        events.into_iter().map(Effect::SendWebhook).collect()
    }
}
