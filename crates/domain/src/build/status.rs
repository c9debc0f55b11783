//! From what is known to what a build's status is: one pure function.

use super::{BuildRecord, Conclusion, JobsDoc, Phase, RunDoc, RunKey};
use crate::{Timestamp, image::Digest};
use serde::{Deserialize, Serialize};

/// The status that the contract knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BuildStatus))]
pub enum Status {
    Pending,
    Building,
    Success,
    Failed,
    Cancelled,
}

impl Status {
    /// Has the build ended, unless somebody asks for another attempt?
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Building)
    }

    /// Reads the value of a `status` filter.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pending" => Some(Self::Pending),
            "building" => Some(Self::Building),
            "success" => Some(Self::Success),
            "failed" => Some(Self::Failed),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// A user's wish to cancel an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub attempt: u32,
    pub at: Timestamp,
}

/// Everything that is known about a build.
#[derive(Clone, Debug)]
pub struct Known {
    pub record: BuildRecord,
    pub run: RunDoc,
    pub jobs: JobsDoc,
    pub wish: Option<Wish>,
    /// When GitHub was last asked about it.
    pub asked: Option<Timestamp>,
}

impl Known {
    /// When the present attempt was asked for.
    pub fn asked_at(&self) -> Timestamp {
        self.run.unanswered().map_or(self.record.created_at, |ask| ask.at)
    }

    /// The run of the present attempt, if one is known.
    pub fn present_run(&self) -> Option<RunKey> {
        match self.run.unanswered() {
            Some(_) => None,
            None => self.run.latest().map(|(key, _)| key),
        }
    }

    /// The digest that a package event told of the present run's image.
    pub fn pushed_digest(&self) -> Option<Digest> {
        let pushed = self.run.pushed.as_ref()?;
        let ours = pushed.package == self.record.image_repository();
        let started = self.present_run().and_then(|key| self.run.runs.get(&key)?.started_at);
        let present = pushed.at >= started.unwrap_or(self.record.created_at);
        (ours && present).then(|| pushed.digest.clone())
    }

    /// The wish to cancel, if it is about the present attempt.
    pub fn cancel_wished(&self) -> Option<&Wish> {
        self.wish.as_ref().filter(|wish| wish.attempt == self.run.attempt())
    }
}

/// A build's status, and why if it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: Status,
    /// For programs: what kind of failure.
    pub code: Option<&'static str>,
    /// For people: what happened and what to do.
    pub message: Option<String>,
}

/// The status of what is known, at `now`; a run that GitHub has not shown within `grace` seconds
/// is taken as never started. A run that shows up later still counts: what GitHub says beats what
/// we assumed.
pub fn verdict(known: &Known, grace: i64, now: Timestamp) -> Verdict {
    let plain = |status| Verdict { status, code: None, message: None };
    let failed = |code, message: String| Verdict {
        status: Status::Failed,
        code: Some(code),
        message: Some(message),
    };
    if let Some(reason) = known.run.unanswered().and_then(|ask| ask.refused.clone()) {
        return failed("refused", reason);
    }
    let latest = known.present_run().and_then(|key| known.run.runs.get_key_value(&key));
    let Some((key, facts)) = latest else {
        if now.as_second() - known.asked_at().as_second() < grace {
            return plain(Status::Pending);
        }
        let message = "GitHub did not start the build in time. Try again; if it happens again, \
                       look at GitHub's status page or ask the platform's administrator.";
        return failed("never_started", message.into());
    };
    match facts.phase {
        Phase::Queued => plain(Status::Pending),
        Phase::Running => plain(Status::Building),
        Phase::Ended(Conclusion::Success) => plain(Status::Success),
        Phase::Ended(Conclusion::Cancelled) => plain(Status::Cancelled),
        Phase::Ended(other) => {
            let step = known.jobs.failed_step(*key);
            failed(failure_code(other, step.is_some()), failure_message(other, step))
        }
    }
}

/// The code of a failure, for programs.
pub fn failure_code(conclusion: Conclusion, step_known: bool) -> &'static str {
    match conclusion {
        Conclusion::TimedOut => "timed_out",
        Conclusion::StartupFailure => "startup_failure",
        Conclusion::ActionRequired => "action_required",
        Conclusion::Deleted => "run_deleted",
        Conclusion::Skipped | Conclusion::Stale => "not_run",
        _ if step_known => "step_failed",
        _ => "run_failed",
    }
}

fn failure_message(conclusion: Conclusion, step: Option<(&str, Conclusion)>) -> String {
    let at = step.map(|(name, _)| format!(" at the step \"{name}\"")).unwrap_or_default();
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
        _ if step.is_some() => format!("The build failed{at}. See the log."),
        _ => "The build failed. See the log.".into(),
    }
}
