//! The life of a run: created, queued, in progress, completed; cancelled, held, run again.

use jiff::Timestamp;

use super::contract::{
    BUILDPACKS_STEP, DOCKERFILE_STEP, PUSH_STEP, REPLACE_STEP, RESTORE_STEP, SAVE_STEP, unique_tag,
};
use super::run::{Attempt, Conclusion, Job, Run, Status, Step};
use super::{Effect, HoldAt, Model, Notice};

/// Why GitHub does not do what was asked with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunRefusal {
    NotFound,
    /// Nothing to cancel.
    AlreadyOver,
    /// Nothing to run again yet.
    StillRunning,
    /// `rerun-failed-jobs` on a run without any.
    NothingFailed,
}

impl Model {
    /// Moves an attempt one step on. A timer that was overtaken (by a cancel, say) does nothing.
    pub fn advance(&mut self, run: u64, attempt: u32, turn: u32, now: Timestamp) -> Vec<Effect> {
        let current = self.runs.get(&run).and_then(|run| run.attempt(attempt));
        if !current.is_some_and(|attempt| attempt.turn == turn && !attempt.is_over()) {
            return Vec::new();
        }
        self.step(run, attempt, now)
    }

    fn step(&mut self, id: u64, number: u32, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        if !run.visible {
            return self.announce(id, number, now);
        }
        let private = run.package().to_owned();
        let Some(attempt) = run.attempt_mut(number) else {
            return Vec::new();
        };
        if attempt.cancelling {
            return self.complete(id, number, Conclusion::Cancelled, now);
        }
        let outcome = attempt.outcome;
        attempt.updated_at = now;
        let Some(job) = attempt.job.as_mut() else {
            return self.complete(id, number, outcome, now);
        };
        if attempt.status == Status::Queued {
            attempt.status = Status::InProgress;
            job.status = Status::InProgress;
            job.started_at = now;
            job.next_step(now);
            let mut effects = self.notices("in_progress", id, number);
            effects.extend(self.schedule(id, number));
            return effects;
        }
        let at = attempt.running_step().map(str::to_owned).unwrap_or_default();
        let builds = at == DOCKERFILE_STEP || at == BUILDPACKS_STEP;
        if outcome != Conclusion::Success && (builds || private.is_empty()) {
            return self.complete(id, number, outcome, now);
        }
        let more = attempt.job.as_mut().is_some_and(|job| job.next_step(now));
        let mut effects = if at == PUSH_STEP { self.push(id, now) } else { Vec::new() };
        if more {
            effects.extend(self.schedule(id, number));
        } else {
            effects.extend(self.complete(id, number, Conclusion::Success, now));
        }
        effects
    }

    /// Ends an attempt, whatever it is at.
    fn complete(&mut self, id: u64, number: u32, how: Conclusion, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        let Some(attempt) = run.attempt_mut(number) else {
            return Vec::new();
        };
        attempt.status = Status::Completed;
        attempt.conclusion = Some(how);
        attempt.updated_at = now;
        attempt.held = false;
        attempt.turn += 1;
        if let Some(job) = attempt.job.as_mut() {
            if job.status == Status::Queued {
                job.steps.clear();
            }
            job.end(how, now);
        }
        let mut notices = self.notices("completed", id, number);
        // GitHub tells the end of the job before the end of the run.
        notices.reverse();
        notices
    }

    /// The run becomes visible and is queued.
    pub(crate) fn announce(&mut self, id: u64, number: u32, now: Timestamp) -> Vec<Effect> {
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
        let requested = Notice::Run { action: "requested", run: run.clone(), attempt: number };
        let mut effects = vec![Effect::Notify(requested)];
        if has_job {
            effects.push(Effect::Notify(Notice::Job { action: "queued", run, attempt: number }));
        }
        effects.extend(self.schedule(id, number));
        effects
    }

    /// Sets the timer for the next step, unless the attempt is to wait here.
    pub(crate) fn schedule(&mut self, id: u64, number: u32) -> Option<Effect> {
        let hold = self.hold;
        let run = self.runs.get_mut(&id)?;
        let visible = run.visible;
        let attempt = run.attempt_mut(number)?;
        let at = match attempt.status {
            _ if !visible => Some(HoldAt::Creation),
            _ if attempt.cancelling => Some(HoldAt::Cancelling),
            Status::Queued => Some(HoldAt::Queued),
            Status::InProgress => match attempt.running_step() {
                Some(DOCKERFILE_STEP | BUILDPACKS_STEP) => Some(HoldAt::InProgress),
                _ => None,
            },
            Status::Completed => None,
        };
        attempt.turn += 1;
        attempt.held = at.is_some() && at == hold && !attempt.released;
        let turn = attempt.turn;
        (!attempt.held).then_some(Effect::Later { run: id, attempt: number, turn })
    }

    /// Lets a run go on to its end, past every hold. Runs that never were held go on as well.
    pub fn release(&mut self, id: u64) -> Vec<Effect> {
        let Some(run) = self.runs.get_mut(&id) else {
            return Vec::new();
        };
        let Some(attempt) = run.attempts.last_mut() else {
            return Vec::new();
        };
        attempt.released = true;
        let (held, number) = (attempt.held, attempt.number);
        if held { self.schedule(id, number).into_iter().collect() } else { Vec::new() }
    }

    /// No more holds, and everything that waits goes on.
    pub fn release_all(&mut self) -> Vec<Effect> {
        self.hold = None;
        let held = |run: &&Run| run.latest().is_some_and(|attempt| attempt.held);
        let ids: Vec<u64> = self.runs.values().filter(held).map(|run| run.id).collect();
        ids.into_iter().flat_map(|id| self.release(id)).collect()
    }

    /// Asks a run to stop, which it does a moment later.
    pub fn cancel(&mut self, id: u64, now: Timestamp) -> Result<Vec<Effect>, RunRefusal> {
        let run = self.runs.get_mut(&id).ok_or(RunRefusal::NotFound)?;
        let attempt = run.attempts.last_mut().ok_or(RunRefusal::NotFound)?;
        if attempt.is_over() {
            return Err(RunRefusal::AlreadyOver);
        }
        if attempt.cancelling {
            return Ok(Vec::new()); // Asked before; it is stopping already.
        }
        attempt.cancelling = true;
        attempt.updated_at = now;
        let number = attempt.number;
        Ok(self.schedule(id, number).into_iter().collect())
    }

    /// Ends a run at once in a way of the caller's choice.
    pub fn finish(&mut self, id: u64, how: Conclusion, now: Timestamp) -> Vec<Effect> {
        let latest = self.runs.get(&id).and_then(Run::latest).filter(|attempt| !attempt.is_over());
        let Some(number) = latest.map(|attempt| attempt.number) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        if how == Conclusion::Success {
            effects.extend(self.push(id, now));
        }
        effects.extend(self.complete(id, number, how, now));
        effects
    }

    /// Another attempt under the same run id.
    pub fn rerun(
        &mut self,
        id: u64,
        only_failed: bool,
        now: Timestamp,
    ) -> Result<Vec<Effect>, RunRefusal> {
        let run = self.runs.get(&id).ok_or(RunRefusal::NotFound)?;
        let last = run.latest().ok_or(RunRefusal::NotFound)?;
        if !last.is_over() {
            return Err(RunRefusal::StillRunning);
        }
        if only_failed && last.conclusion == Some(Conclusion::Success) {
            return Err(RunRefusal::NothingFailed);
        }
        let number = last.number + 1;
        let job = last.job.as_ref().map_or_else(
            || super::contract::job_name(run.input("build_id")),
            |job| job.name.clone(),
        );
        let (private, image) = (run.input("private") == "true", run.input("image").to_owned());
        let buildpacks = is_buildpacks(run);
        let steps = if image.is_empty() { foreign_steps() } else { steps(private, buildpacks) };
        let attempt = self.new_attempt(number, &image, job, steps, now);
        if let Some(run) = self.runs.get_mut(&id) {
            run.attempts.push(attempt);
        }
        Ok(self.announce(id, number, now))
    }

    pub(crate) fn new_attempt(
        &mut self,
        number: u32,
        image: &str,
        job: String,
        steps: Vec<Step>,
        now: Timestamp,
    ) -> Attempt {
        let named = if image.contains("fail") { Conclusion::Failure } else { Conclusion::Success };
        let outcome = self.outcomes.pop_front().unwrap_or(named);
        self.next_job += 3;
        let job = Job {
            id: self.next_job,
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
            job: (outcome != Conclusion::StartupFailure).then_some(job),
            cancelling: false,
            held: false,
            released: false,
            turn: 0,
            outcome,
        }
    }

    fn notices(&self, action: &'static str, id: u64, number: u32) -> Vec<Effect> {
        let Some(run) = self.runs.get(&id) else {
            return Vec::new();
        };
        let has_job = run.attempt(number).is_some_and(|attempt| attempt.job.is_some());
        let run = Box::new(run.clone());
        let mut notices = vec![Notice::Run { action, run: run.clone(), attempt: number }];
        if has_job {
            notices.push(Notice::Job { action, run, attempt: number });
        }
        notices.into_iter().map(Effect::Notify).collect()
    }

    /// The image goes to the registry under its two tags.
    fn push(&mut self, id: u64, now: Timestamp) -> Vec<Effect> {
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
        let packages = tags.into_iter().map(|tag| Notice::Package {
            run: run.clone(),
            name: name.clone(),
            tag,
            digest: digest.clone(),
            at: now,
        });
        packages.map(Effect::Notify).collect()
    }
}

fn is_buildpacks(run: &Run) -> bool {
    run.input("dockerfile_path").is_empty() && run.input("dockerfile_content").is_empty()
}

/// The steps of a build; those that it does not need are skipped from the beginning.
pub(crate) fn steps(private: bool, buildpacks: bool) -> Vec<Step> {
    let skipped = |name: &str| match name {
        super::contract::PRIVATE_STEP => !private,
        "Set up the builder" | DOCKERFILE_STEP => buildpacks,
        RESTORE_STEP | REPLACE_STEP | SAVE_STEP => buildpacks,
        "Set up Buildpacks" | BUILDPACKS_STEP => !buildpacks,
        _ => false,
    };
    let numbered = (1_u32..).zip(super::contract::STEPS);
    let step = |(number, name)| Step { skip: skipped(name), ..Step::new(number, name) };
    numbered.map(step).collect()
}

/// The steps of a run that has nothing to do with NoKube.
pub(crate) fn foreign_steps() -> Vec<Step> {
    let names = (1_u32..).zip(["Set up job", "Run tests", "Complete job"]);
    names.map(|(number, name)| Step::new(number, name)).collect()
}
