//! What follows from the rollout of an automatic revision.

use super::AutomaticRevision;
use crate::deployments::{Cause, DeployedState, DeploymentView, ErrorCode, Revision, Status};

/// The most characters of a stored reason.
const MAX_FAILURE_CHARS: usize = 500;

/// What to do about a deployment after its newest revision was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterRollout {
    /// It is to be looked at again.
    Wait,
    /// Nothing.
    Settled,
    /// It has failed, for this reason: the state of the revision `fallback` is deployed again.
    Restore { fallback: u32, failure: String },
}

/// What follows from what is seen of the newest revision. Only an automatic one is undone, and not one that undoes
/// another, or that has run: then its pods fail for another reason. While the pods of the earlier release go on serving,
/// a failed one is `degraded`.
pub fn after_rollout(newest: &Revision, has_run: bool, view: &DeploymentView) -> AfterRollout {
    let Some(automatic) = newest.automatic.as_ref().filter(|_| newest.cause == Cause::Deploy)
    else {
        return AfterRollout::Settled;
    };
    let first = view.issues.first().map(|issue| issue.code);
    match (view.status, first) {
        (_, Some(ErrorCode::ClusterUnreachable)) | (Status::Pending | Status::Deploying, _) => {
            AfterRollout::Wait
        }
        // Somebody has removed it: no fault of the build.
        (_, Some(ErrorCode::Removed)) | (Status::Running | Status::Stopped, _) => {
            AfterRollout::Settled
        }
        (Status::Degraded | Status::Failed, _) if has_run => AfterRollout::Settled,
        (Status::Degraded | Status::Failed, _) => match automatic.fallback {
            Some(fallback) => AfterRollout::Restore { fallback, failure: failure(view) },
            None => AfterRollout::Settled,
        },
    }
}

/// Why the pods do not run, without what they or other systems say: that may be long.
fn failure(view: &DeploymentView) -> String {
    let about_pods = view.issues.iter().find(|issue| issue.code.is_about_pods());
    let message = about_pods.map(|issue| issue.message.as_str()).unwrap_or_default();
    message.chars().take(MAX_FAILURE_CHARS).collect()
}

/// What is deployed instead of the failed revision: the whole state of the fallback. `None` if one of the two deploys
/// nothing, or the failed one is not automatic.
pub fn restored(
    failed: &Revision,
    fallback: &Revision,
    failure: String,
) -> Option<(DeployedState, AutomaticRevision)> {
    let (build, newest_of_person) = (failed.automatic.as_ref()?.build, failed.newest_of_person());
    let mut state = fallback.deployed()?.clone();
    // What the failed one does not retain may be deleted already.
    let current = state.release.number;
    state.retained.retain(|retained| retained.number == current || failed.retains(retained.number));
    let failure = Some(failure);
    let based_on = failed.number;
    Some((state, AutomaticRevision { build, based_on, newest_of_person, fallback: None, failure }))
}

impl Revision {
    /// The revision in the store that this one may go back to, besides those of its releases.
    pub fn fallback(&self) -> Option<u32> {
        self.automatic.as_ref()?.fallback
    }
}
