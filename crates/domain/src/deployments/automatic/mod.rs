//! Automatic deployment: builds of pushes that are deployed without a request.
//!
//! What is to be done follows from what is stored at the moment ([`decide`], [`after_rollout`]), however often somebody
//! asks for it. An automatic revision is a revision like any other. It says which revisions were known when it was
//! decided, so that a person's revision of the same moment is not lost under it ([`Revision::overtakes`]).

mod decide;
mod overtaken;
mod rollout;

pub use decide::{Decision, Situation, TargetBuild, automation_state, decide};
pub use overtaken::{numbers_to_check, overtaken};
pub use rollout::{AfterRollout, after_rollout, restored};

use super::{Cause, Revision};
use crate::{BuildId, Timestamp, name::Login};
use serde::{Deserialize, Serialize};

/// What is known of a revision that nobody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticRevision {
    /// The build that it deploys. If it undoes a failed deployment: the build that has failed.
    pub build: BuildId,
    /// The number of the newest revision when it was decided; 0 if there was none.
    pub based_on: u32,
    /// The number of the newest revision by a person that was known then; 0 if there was none.
    #[serde(default)]
    pub newest_of_person: u32,
    /// The number of the revision whose state is deployed again if this one fails. `None`: there is none, or it is a
    /// preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<u32>,
    /// If it undoes a failed deployment: why that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Nothing is deployed automatically until somebody resumes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AutomationPause {
    /// The login of who rolled back or stopped the deployment.
    pub by: Login,
    pub at: Timestamp,
    /// `rollback` or `stop`.
    pub cause: Cause,
}

/// Whether the builds of pushes are deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AutomaticDeployments {
    pub state: AutomaticDeploymentState,
    /// Only if the state is `paused`.
    pub paused: Option<AutomationPause>,
    /// Why the build of the newest push is not deployed, if that was tried.
    pub problem: Option<AutomaticDeploymentProblem>,
}

/// A build that could not be deployed automatically. It is not tried again; the build of the next push is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AutomaticDeploymentProblem {
    pub build_id: BuildId,
    /// For people: what went wrong.
    pub message: String,
}

/// Whether a build of the newest push would be deployed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum AutomaticDeploymentState {
    Active,
    /// Somebody has rolled back or stopped the deployment. It goes on once somebody resumes it.
    Paused,
    /// The service was never deployed, and no configuration is saved to deploy it with.
    NotConfigured,
    /// Somebody has deployed an image that is no build of this service. It is never replaced.
    OtherImage,
    /// Somebody has deleted the deployment. It goes on once somebody deploys it again.
    Deleted,
}

impl Revision {
    /// Since when nothing is deployed automatically, and why. Revisions of earlier releases have no such field: then a
    /// rollback and a stop count while they are the newest.
    pub fn automation_pause(&self) -> Option<AutomationPause> {
        let state = self.deployed()?;
        state.automation_paused.clone().or_else(|| {
            self.cause.pauses_automation().then(|| AutomationPause {
                by: self.by.clone(),
                at: self.at,
                cause: self.cause,
            })
        })
    }

    /// Why it undoes an automatic deployment, if it does.
    pub fn undone(&self) -> Option<AutomaticDeploymentProblem> {
        let automatic = self.automatic.as_ref()?;
        let message = automatic.failure.clone()?;
        Some(AutomaticDeploymentProblem { build_id: automatic.build, message })
    }
}

impl Cause {
    /// Whether it is a decision against what was deployed last.
    fn pauses_automation(self) -> bool {
        matches!(self, Self::Rollback | Self::Stop)
    }
}
