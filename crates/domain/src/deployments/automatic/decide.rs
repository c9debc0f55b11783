//! Which build is deployed automatically, if any.

use super::{AutomaticDeploymentState, AutomaticRevision};
use crate::{
    BuildId,
    builds::{BuildView, Status},
    deployments::{Cause, Revision},
};

/// What is known of a service with automatic deployment.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The newest revision of its deployment; `None` if it was never deployed.
    pub newest: Option<&'a Revision>,
    /// Whether all pods of that revision have received requests.
    pub has_run: bool,
    /// Whether its image is a build of this service.
    pub is_own_image: bool,
    /// Whether a configuration is saved to deploy the service with.
    pub is_configured: bool,
    /// The build of the commit that should be built.
    pub target: TargetBuild,
}

/// How far the build of the target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetBuild {
    /// There is none, or it makes no image, or it has not ended: then `builds` asks again when it has.
    NoImage,
    /// It has succeeded, but the registry does not show its image yet.
    ImageNotShown,
    Image(BuildId),
}

impl TargetBuild {
    pub fn new(build: &BuildView) -> Self {
        match (build.status, &build.image_digest) {
            (Status::Success, Some(_)) => Self::Image(build.build_id),
            (Status::Success, None) => Self::ImageNotShown,
            (Status::Pending | Status::Building | Status::Failed | Status::Cancelled, _) => {
                Self::NoImage
            }
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, until it is looked at because something has changed.
    Nothing,
    /// It is to be looked at again soon.
    Wait,
    Deploy(AutomaticRevision),
}

/// Whether builds of pushes are deployed. A deployment that an automatic revision has deleted never ran.
pub fn automation_state(
    newest: Option<&Revision>,
    is_own_image: bool,
    is_configured: bool,
) -> AutomaticDeploymentState {
    let is_deleted = |revision: &Revision| revision.deployed().is_none();
    match newest {
        Some(newest) if is_deleted(newest) && newest.automatic.is_none() => {
            AutomaticDeploymentState::Deleted
        }
        Some(newest) if !is_deleted(newest) => {
            if newest.automation_pause().is_some() {
                AutomaticDeploymentState::Paused
            } else if is_own_image {
                AutomaticDeploymentState::Active
            } else {
                AutomaticDeploymentState::OtherImage
            }
        }
        _ if is_configured => AutomaticDeploymentState::Active,
        _ => AutomaticDeploymentState::NotConfigured,
    }
}

/// Decides whether the build of the target is deployed now. Each build is deployed at most once, unless a revision that
/// did not know of that has replaced it.
pub fn decide(situation: &Situation<'_>) -> Decision {
    let Situation { newest, has_run, is_own_image, is_configured, target } = *situation;
    let state = automation_state(newest, is_own_image, is_configured);
    if state != AutomaticDeploymentState::Active {
        return Decision::Nothing;
    }
    let build = match target {
        TargetBuild::NoImage => return Decision::Nothing,
        TargetBuild::ImageNotShown => return Decision::Wait,
        TargetBuild::Image(build) => build,
    };
    let is_done = newest.and_then(Revision::deployed).is_some_and(|state| {
        state.automatic_build == Some(build) || state.release.image.build == Some(build)
    });
    if is_done {
        return Decision::Nothing;
    }
    Decision::Deploy(AutomaticRevision {
        build,
        based_on: newest.map_or(0, |newest| newest.number),
        newest_of_person: newest.map_or(0, Revision::newest_of_person),
        fallback: newest.and_then(|newest| fallback(newest, has_run)),
        failure: None,
    })
}

/// The revision to go back to if the next one fails. That is the newest one, unless it is an automatic one of which
/// nobody knows whether it runs.
fn fallback(newest: &Revision, has_run: bool) -> Option<u32> {
    match &newest.automatic {
        Some(automatic) if newest.cause == Cause::Deploy && !has_run => automatic.fallback,
        _ => newest.deployed().map(|_| newest.number),
    }
}
