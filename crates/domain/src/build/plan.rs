//! What the next read of a build must do, beyond answering: one pure function.

use super::{Known, Phase, RunKey, Status, verdict};
use crate::Timestamp;

/// The waits of the platform, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// How long GitHub may take to show a run.
    pub grace: i64,
    /// How long a build is left alone after something was heard of it.
    pub quiet: i64,
    /// How long after a success its digest is looked for.
    pub digest: i64,
    /// How long after the wish to cancel it is forced.
    pub force: i64,
}

/// What to do; everything that is asked for can be asked at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Look for a run with the build's title that was created after this time.
    pub find_run: Option<Timestamp>,
    /// Ask GitHub about this run.
    pub read_run: Option<RunKey>,
    /// Ask GitHub about the jobs of this run.
    pub read_jobs: Option<RunKey>,
    /// Send the wish to cancel (again), forced or not.
    pub cancel: Option<(RunKey, bool)>,
    /// Ask the registry what the unique tag points to.
    pub read_digest: bool,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Plans for what is known at `now`.
pub fn plan(known: &Known, windows: Windows, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let since = |time: Timestamp| now.as_second() - time.as_second();
    let run_heard = known.run.heard_at.unwrap_or(known.record.created_at);
    let jobs_heard = known.jobs.heard_at.unwrap_or(known.record.created_at);
    let quiet = since(run_heard.max(jobs_heard)) >= windows.quiet;
    let verdict = verdict(known, windows.grace, now);

    let Some(key) = known.present_run() else {
        // A run may show up until we stop waiting; looking for it once more then is what makes
        // "never started" true.
        if verdict.status == Status::Pending && since(known.asked_at()) >= windows.quiet
            || verdict.code == Some("never_started")
        {
            match known.run.unanswered().and_then(|ask| ask.after) {
                // A run that is run again keeps its number.
                Some(run) => plan.read_run = Some(run),
                None => plan.find_run = Some(known.asked_at()),
            }
        }
        return plan;
    };
    let ended = known.run.runs.get(&key).and_then(|facts| facts.phase.ended());
    if ended.is_none() {
        if quiet {
            plan.read_run = Some(key);
            plan.read_jobs = Some(key);
        }
        if let Some(wish) = known.cancel_wished().filter(|wish| since(wish.at) >= windows.quiet) {
            plan.cancel = Some((key, since(wish.at) >= windows.force));
        }
        return plan;
    }
    // The last event of the run and that of its jobs come together: one of them may be missing, and
    // the first reader may come long after both.
    if !known.jobs.complete(key) {
        plan.read_jobs = Some(key);
    }
    if verdict.status == Status::Success {
        plan.read_digest = true;
    }
    plan
}

/// What a read has found out beyond the documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The registry said what the unique tag points to.
    pub digest: bool,
    /// GitHub listed the jobs of the present run, as they are.
    pub jobs: bool,
}

impl Known {
    /// May the answer be kept for good? It must be final, with everything that can be known.
    pub fn is_settled(&self, found: Found, windows: Windows, now: Timestamp) -> bool {
        let verdict = verdict(self, windows.grace, now);
        let Some(key) = self.present_run() else {
            return verdict.status.is_final();
        };
        let Some(facts) = self.run.runs.get(&key) else {
            return false;
        };
        let Phase::Ended(_) = facts.phase else {
            return false;
        };
        let long_ago = facts
            .ended_at
            .or(self.run.heard_at)
            .is_none_or(|at| now.as_second() - at.as_second() >= windows.digest);
        // A run that could not start has no jobs; of others the list may lag behind the run.
        let none = found.jobs && self.jobs.of_run(key).next().is_none();
        let jobs = none || self.jobs.complete(key);
        let digest = found.digest || verdict.status != Status::Success;
        long_ago || (jobs && digest)
    }
}
