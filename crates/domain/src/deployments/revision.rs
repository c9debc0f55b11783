//! Revisions: numbered, immutable records of a deployment's complete desired state.
//!
//! The highest number is the current revision. Each revision also lists the releases that can be
//! rolled back to, so that no reader has to search for them.

use super::{AutomaticRevision, AutomationPause, Bytes, OutcomeRecord, ResolvedImage, Spec};
use crate::{
    BuildId, DeploymentId, Person, ProjectId, Timestamp, UnknownFields,
    name::{Login, ServiceName},
    previews::PreviewOf,
    text::display_serde_name,
};
use serde::{Deserialize, Serialize};

/// The record of a deployment; written once, and once more if a service is adopted. It is kept after the
/// deployment is deleted, so that a service keeps its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRecord {
    pub id: DeploymentId,
    /// The name of the service in the cluster.
    pub service: ServiceName,
    pub created_at: Timestamp,
    /// The id that the service's objects in the cluster have from an earlier record, which was lost. The selectors
    /// of some objects contain it and cannot be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<DeploymentId>,
    /// Of what it is a preview; `None` for a service's own deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewOf>,
}

impl DeploymentRecord {
    /// The id on the deployment's objects in the cluster.
    pub fn cluster_id(&self) -> DeploymentId {
        self.adopted.unwrap_or(self.id)
    }
}

/// The action that created a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Cause {
    Deploy,
    /// The same state again, to undo what others changed in the cluster.
    Apply,
    Rollback,
    Restart,
    Stop,
    Start,
    Delete,
    /// An automatic deployment has failed: the configuration of the release before it is deployed again.
    Restore,
    /// Builds of pushes are deployed again, after a rollback or a stop.
    Resume,
}

display_serde_name!(Cause);

/// The release that was deployed in another project, or for another service, when somebody asked for the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromotedFrom {
    pub project_id: ProjectId,
    pub deployment_id: DeploymentId,
    /// The number of the revision that introduced the release there.
    pub revision: u32,
}

/// An image with its complete configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The number of the revision that introduced it.
    pub number: u32,
    /// The number of the release that was deployed until then. Absent in the first release, and in those of older
    /// versions of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u32>,
    pub by: Login,
    pub at: Timestamp,
    pub image: ResolvedImage,
    pub spec: Spec,
    /// The name of the ConfigMap with its variables, if it has any.
    pub variables_object: Option<String>,
    /// The name of the Secret with its secrets, if it has any.
    pub secrets_object: Option<String>,
    /// The names of its secrets. The values are stored only in the cluster.
    pub secrets: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoted_from: Option<PromotedFrom>,
    /// Nobody asked for it: it is the build of a push.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl Release {
    /// True if both releases would run identical pods. False unless the image is pinned by digest,
    /// because a tag may point to another image by now.
    pub fn is_same(&self, other: &Self) -> bool {
        self.image.digest.is_some() && self.has_same_content(other)
    }

    /// True if image, configuration and secrets are the same. The image's tag may point to another image
    /// by now.
    pub fn has_same_content(&self, other: &Self) -> bool {
        self.image == other.image
            && self.spec == other.spec
            && self.variables_object == other.variables_object
            && self.secrets_object == other.secrets_object
    }

    /// The number of the release to roll back to: the one that was deployed before this one was deployed for the first
    /// time. `None` if it is not `retained`.
    pub fn predecessor(&self, retained: &[RetainedRelease]) -> Option<u32> {
        let numbers = retained.iter().map(|retained| retained.number);
        let mut earlier = numbers.filter(|number| *number < self.number);
        match self.previous {
            Some(previous) => earlier.find(|number| *number == previous),
            // Older versions did not store it.
            None => earlier.max(),
        }
    }
}

/// A release that can be rolled back to, with the objects that must remain in the cluster for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetainedRelease {
    pub number: u32,
    pub variables_object: Option<String>,
    pub secrets_object: Option<String>,
}

impl RetainedRelease {
    fn from_release(release: &Release) -> Self {
        Self {
            number: release.number,
            variables_object: release.variables_object.clone(),
            secrets_object: release.secrets_object.clone(),
        }
    }
}

/// The desired state of a deployment that is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedState {
    pub release: Release,
    pub stopped: bool,
    /// Pods that were started earlier are replaced.
    pub restarted_at: Option<Timestamp>,
    /// The releases that can be rolled back to, newest first. Includes `release`.
    #[serde(rename = "kept")]
    pub retained: Vec<RetainedRelease>,
    /// Set by a rollback and a stop; cleared only when somebody resumes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automation_paused: Option<AutomationPause>,
    /// The last build that was deployed automatically, be it that it has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_build: Option<BuildId>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// The desired state of a deleted deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Delete its volume too.
    #[serde(rename = "volumes")]
    pub delete_volumes: bool,
}

/// The desired state of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DesiredState {
    #[serde(rename = "run")]
    Deployed(Box<DeployedState>),
    #[serde(rename = "gone")]
    Deleted(Deletion),
}

/// What may exist of a deployment in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemainingObjects {
    /// It is deployed, stopped or not.
    Deployed,
    /// Its deletion is not complete.
    Terminating,
    /// Only its volume, if it had one.
    Volume,
    Nothing,
}

/// A revision; written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    #[serde(rename = "of")]
    pub deployment_id: DeploymentId,
    /// Counts from 1 within the deployment.
    pub number: u32,
    pub by: Login,
    /// The person with that username, which can belong to somebody else later. Absent in old revisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    pub at: Timestamp,
    pub cause: Cause,
    /// `None` if somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<AutomaticRevision>,
    /// The number under which it was stored first, if it was stored again in place of a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u32>,
    /// The number of its item in the queue of work. Absent in old revisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_item: Option<u32>,
    #[serde(rename = "wish")]
    pub desired: DesiredState,
}

impl Revision {
    /// The desired state, unless the deployment is deleted.
    pub fn deployed(&self) -> Option<&DeployedState> {
        match &self.desired {
            DesiredState::Deployed(deployed) => Some(deployed),
            DesiredState::Deleted(_) => None,
        }
    }

    /// Whether the platform has built the image that it deploys.
    pub fn is_built_here(&self) -> bool {
        self.deployed().is_some_and(|state| state.release.image.is_built_here())
    }

    /// What may exist in the cluster if this is the newest revision.
    pub fn remaining_objects(&self, outcome: Option<&OutcomeRecord>) -> RemainingObjects {
        let is_reconciled = outcome.is_some_and(|record| record.is_reconciled(self.number));
        match self.desired {
            DesiredState::Deployed(_) => RemainingObjects::Deployed,
            DesiredState::Deleted(_) if !is_reconciled => RemainingObjects::Terminating,
            DesiredState::Deleted(Deletion { delete_volumes: false }) => RemainingObjects::Volume,
            DesiredState::Deleted(Deletion { delete_volumes: true }) => RemainingObjects::Nothing,
        }
    }

    /// True if the release `number` can be rolled back to.
    pub fn retains(&self, number: u32) -> bool {
        self.deployed().is_some_and(|deployed| {
            deployed.retained.iter().any(|retained| retained.number == number)
        })
    }
}

impl DeployedState {
    /// The state after deploying `release`. At most `max_retained` releases are retained, including this
    /// one, which always is. A stopped deployment is started.
    pub fn with_release(before: Option<&Self>, mut release: Release, max_retained: usize) -> Self {
        let earlier = before.map(|before| before.retained.as_slice()).unwrap_or_default();
        if earlier.iter().all(|retained| retained.number != release.number) {
            release.previous = before.map(|before| before.release.number);
        }
        let earlier = earlier.iter().filter(|retained| retained.number != release.number).cloned();
        let retained = std::iter::once(RetainedRelease::from_release(&release))
            .chain(earlier)
            .take(max_retained.max(1))
            .collect();
        let restarted_at = before.and_then(|before| before.restarted_at);
        let unknown_fields = before.map(|before| before.unknown_fields.clone()).unwrap_or_default();
        Self {
            release,
            stopped: false,
            restarted_at,
            retained,
            automation_paused: before.and_then(|before| before.automation_paused.clone()),
            automatic_build: before.and_then(|before| before.automatic_build),
            unknown_fields,
        }
    }

    /// The state after another build was deployed automatically: the same configuration and secrets with another image.
    #[must_use]
    pub fn with_image(&self, image: ResolvedImage, by: Login, at: Timestamp, max: usize) -> Self {
        let (number, previous, promoted_from) = (0, None, None);
        let release = Release {
            number,
            previous,
            by,
            at,
            image,
            promoted_from,
            automatic: true,
            ..self.release.clone()
        };
        Self::with_release(Some(self), release, max)
    }

    /// Sets the number of a new release, which is 0 before, to that of its revision.
    #[must_use]
    pub fn with_number(mut self, number: u32) -> Self {
        let numbers = self.retained.iter_mut().map(|retained| &mut retained.number);
        for unset in numbers.chain([&mut self.release.number]).filter(|number| **number == 0) {
            *unset = number;
        }
        self
    }

    /// Fits the size of the volume to its claim in the cluster, which cannot shrink. Only a deploy asks for more: all
    /// else continues with what the claim has, because the cluster may have refused to enlarge it.
    #[must_use]
    pub fn with_volume_of_claim(mut self, claim: &Bytes, cause: Cause) -> Self {
        if let Some(volume) = &mut self.release.spec.volume
            && (cause != Cause::Deploy || volume.size < *claim)
        {
            volume.size = claim.clone();
        }
        self
    }

    #[must_use]
    pub fn with_stopped(&self, stopped: bool) -> Self {
        Self { stopped, ..self.clone() }
    }

    /// The same state with new pods.
    #[must_use]
    pub fn with_restarted_at(&self, at: Timestamp) -> Self {
        Self { restarted_at: Some(at), ..self.clone() }
    }

    /// The same state, after automatic deployment has dealt with this build.
    #[must_use]
    pub fn with_automatic_build(self, build: BuildId) -> Self {
        Self { automatic_build: Some(build), ..self }
    }

    /// The same state, with automatic deployment paused, or going on.
    #[must_use]
    pub fn with_automation_paused(self, automation_paused: Option<AutomationPause>) -> Self {
        Self { automation_paused, ..self }
    }

    /// The names of the ConfigMaps and Secrets that the retained releases need.
    pub fn retained_objects(&self) -> impl Iterator<Item = &str> {
        self.retained
            .iter()
            .flat_map(|retained| {
                [retained.variables_object.as_deref(), retained.secrets_object.as_deref()]
            })
            .flatten()
    }
}
