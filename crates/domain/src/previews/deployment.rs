//! What is to be done about the deployment of a preview.

use super::PreviewMode;
use crate::{
    BuildId,
    deployments::{AutomaticRevision, Revision, TargetBuild},
    pushes::{PushOutcome, PushRecord, PushTarget},
};

/// What should be deployed for a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewGoal<'a> {
    /// Nothing. What is deployed is deleted.
    Nothing,
    /// What is deployed now, be it nothing.
    Unchanged,
    /// The build of this target.
    Target(&'a PushTarget),
}

/// What should be deployed. `newest` is the newest record of the pull request; `is_allowed` is whether the responsible
/// person may still deploy.
pub fn preview_goal(
    mode: PreviewMode,
    newest: Option<&PushRecord>,
    is_allowed: bool,
) -> PreviewGoal<'_> {
    let newest = newest.filter(|_| mode == PreviewMode::Deploy);
    let target = newest.and_then(|newest| Some((newest, newest.preview_target()?)));
    // Without a place it has ended, whatever the record says.
    let Some((newest, target)) = target.filter(|(newest, _)| newest.preview_place.is_some()) else {
        return PreviewGoal::Nothing;
    };
    // The target was approved, or was no draft, earlier.
    let keeps_target = matches!(newest.outcome, PushOutcome::Draft | PushOutcome::ApprovalRequired);
    match is_allowed && (keeps_target || !newest.outcome.is_problem()) {
        true => PreviewGoal::Target(target),
        false => PreviewGoal::Unchanged,
    }
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewStep {
    /// Nothing, until it is looked at because something has changed.
    Nothing,
    /// It is to be looked at again soon.
    Wait,
    Deploy(AutomaticRevision),
    Delete(AutomaticRevision),
}

/// The deployment of a preview, as far as the next step depends on it.
#[derive(Clone, Copy, Debug)]
pub struct CurrentPreview<'a> {
    /// `None` if it was never deployed.
    pub newest: Option<&'a Revision>,
    /// The build that was deployed last, if somebody has deleted it since.
    pub last_build: Option<BuildId>,
    /// The values of its secrets were lost before they reached the cluster.
    pub has_lost_secrets: bool,
}

/// Decides what is done to have the build of the target deployed. What somebody has deleted comes back with another build
/// only.
pub fn next_preview_step(present: &CurrentPreview<'_>, target: TargetBuild) -> PreviewStep {
    let CurrentPreview { newest, last_build, has_lost_secrets } = *present;
    let build = match target {
        TargetBuild::NoImage => return PreviewStep::Nothing,
        TargetBuild::ImageNotShown => return PreviewStep::Wait,
        TargetBuild::Image(build) => build,
    };
    let deployed = newest.and_then(Revision::deployed);
    let is_deleted_by_person =
        newest.is_some_and(|newest| newest.deployed().is_none() && newest.automatic.is_none());
    let is_done = match deployed {
        Some(state) => state.release.image.build == Some(build) && !has_lost_secrets,
        None => is_deleted_by_person && last_build == Some(build),
    };
    match is_done {
        true => PreviewStep::Nothing,
        false => PreviewStep::Deploy(automatic_revision(build, newest)),
    }
}

/// Decides how a preview ends: what is deployed is deleted.
pub fn last_preview_step(newest: Option<&Revision>) -> PreviewStep {
    let build = newest.and_then(|newest| newest.deployed()?.release.image.build);
    match (build, newest) {
        (Some(build), Some(_)) => PreviewStep::Delete(automatic_revision(build, newest)),
        _ => PreviewStep::Nothing,
    }
}

/// A preview that fails stays as it is: there is nothing to go back to.
fn automatic_revision(build: BuildId, newest: Option<&Revision>) -> AutomaticRevision {
    AutomaticRevision {
        build,
        based_on: newest.map_or(0, |newest| newest.number),
        newest_of_person: newest.map_or(0, Revision::newest_of_person),
        fallback: None,
        failure: None,
    }
}

impl AutomaticRevision {
    /// Of the revision `number` that deletes a preview which has ended. No revision of a person is stored again over it.
    #[must_use]
    pub fn ending(self, number: u32) -> Self {
        Self { newest_of_person: number, ..self }
    }
}
