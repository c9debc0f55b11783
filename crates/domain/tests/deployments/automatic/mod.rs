//! Automatic deployment: what is decided, what follows from a rollout, and revisions of the same moment.

mod decisions;
mod moments;
mod rollouts;
mod world;

pub use crate::fixtures::revision;

use crate::fixtures::{at, digest, id, release};
use nokube_domain::{
    BuildId,
    deployments::{
        AutomaticRevision, AutomationPause, Cause, Deletion, DeployedState, DesiredState, Release,
        ResolvedImage, Revision,
    },
};
use serde_json::json;

pub fn build(number: u32) -> BuildId {
    BuildId::new(id().project, number, 7)
}

/// A release with the image of this build.
pub fn release_of(number: u32, built: u32) -> Release {
    let name = "ghcr.io/platform/alice-myapp-frontend:latest".parse().unwrap();
    let image = ResolvedImage { name, digest: Some(digest('b')), build: Some(build(built)) };
    Release { image, ..release(number, json!({ "env_vars": { "COLOUR": "red" } })) }
}

pub fn deployed(state: DeployedState) -> DesiredState {
    DesiredState::Deployed(Box::new(state))
}

/// Somebody has deployed this build.
pub fn deployed_by_person(number: u32, built: u32) -> Revision {
    let state = DeployedState::with_release(None, release_of(number, built), 5);
    revision(number, Cause::Deploy, deployed(state))
}

/// What follows `before`, if this was decided.
pub fn deployed_automatically(
    before: &Revision,
    number: u32,
    automatic: AutomaticRevision,
) -> Revision {
    let image = release_of(number, automatic.build.number).image;
    let state = before.deployed().unwrap();
    let state = state.with_image(image, "bob".parse().unwrap(), at(5), 5).with_number(number);
    let state = state.with_automatic_build(automatic.build);
    let automatic = Some(automatic);
    Revision { automatic, ..revision(number, Cause::Deploy, deployed(state)) }
}

pub fn deleted(number: u32) -> Revision {
    let deletion = Deletion { delete_volumes: false };
    revision(number, Cause::Delete, DesiredState::Deleted(deletion))
}

pub fn pause(cause: Cause) -> AutomationPause {
    AutomationPause { by: "alice".parse().unwrap(), at: at(9), cause }
}
