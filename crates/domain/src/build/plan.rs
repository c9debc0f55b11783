//! What the next read of a build must do, beyond answering: one pure function.

use super::{Known, RunKey, Status, verdict};
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
    /// Look for a run with the build's title that was created between these times.
    pub find_run: Option<(Timestamp, Timestamp)>,
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
    if !may_ask(known, windows, now) {
        return plan;
    }
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
                None => plan.find_run = Some(search_window(known.asked_at(), windows)),
            }
        }
        return plan;
    };
    if !known.has_ended() {
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

/// When a run that was asked for at `asked` may have been created, by GitHub's clock.
fn search_window(asked: Timestamp, windows: Windows) -> (Timestamp, Timestamp) {
    const SKEW: i64 = 120;
    let at = |second: i64| Timestamp::from_second(second).unwrap_or(asked);
    let asked = asked.as_second();
    (at(asked.saturating_sub(SKEW)), at(asked.saturating_add(windows.grace + SKEW)))
}

/// May GitHub be asked again? Many readers of a build cause no more questions than one. What has
/// just ended is looked at without waiting, once; what still lacks something long after, seldom.
fn may_ask(known: &Known, windows: Windows, now: Timestamp) -> bool {
    let Some(asked) = known.asked else { return true };
    let since = now.as_second() - asked.as_second();
    match known.ended_at() {
        None => since >= windows.quiet,
        Some(_) if known.run.heard_at.max(known.jobs.heard_at) > Some(asked) => true,
        Some(at) if now.as_second() - at.as_second() < windows.digest => since >= windows.quiet,
        Some(_) => since >= windows.quiet.max(LATE),
    }
}

/// Seconds between two looks at what still lacks something long after its end.
const LATE: i64 = 300;

/// What a read has found out beyond the documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The registry said what the unique tag points to.
    pub digest: bool,
    /// GitHub listed the jobs of the present run after its end.
    pub jobs: bool,
    /// GitHub was asked for the run of the present attempt, and answered.
    pub searched: bool,
}

impl Known {
    /// Has the present run ended?
    pub fn has_ended(&self) -> bool {
        self.ended_at().is_some()
    }

    /// When the present run ended.
    fn ended_at(&self) -> Option<Timestamp> {
        let facts = self.run.runs.get(&self.present_run()?)?;
        facts.phase.ended()?;
        facts.ended_at.or(self.run.heard_at).or(Some(self.record.created_at))
    }

    /// May the answer be kept for good? It must be final, with everything that can be known.
    pub fn is_settled(&self, found: Found, windows: Windows, now: Timestamp) -> bool {
        let verdict = verdict(self, windows.grace, now);
        let Some(key) = self.present_run() else {
            return verdict.code == Some("refused")
                || (verdict.status.is_final() && found.searched);
        };
        let Some(ended) = self.ended_at() else { return false };
        let late = now.as_second() - ended.as_second() >= windows.digest;
        // A run that could not start has no jobs; of others the list may lag behind the run, but
        // not for ever.
        let none = self.jobs.of_run(key).next().is_none();
        let jobs = self.jobs.complete(key) || (found.jobs && (none || late));
        let digest = verdict.status != Status::Success
            || found.digest
            || (late && self.pushed_digest().is_some());
        jobs && digest
    }
}
