//! Revisions: immutable, numbered records of the whole wish about a deployment.
//!
//! The highest number that has a record counts. Each revision carries the list of releases that can
//! be rolled back to, so that no reader has to search for them.

use super::{ImageUsed, OutcomeDoc, Spec};
use crate::{
    DeploymentId, Person, Timestamp,
    fields::Fields,
    name::{ServiceName, Username},
    problem::Problem,
};
use serde::{Deserialize, Serialize};

/// The record of a deployment: a service of a project that was deployed once. Written once, never
/// changed; it outlives what it is about, so a service keeps its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRecord {
    pub id: DeploymentId,
    pub service: ServiceName,
    pub created_at: Timestamp,
}

/// Which release is to run again; `None` says the one before.
///
/// # Errors
/// Every faulty field at once.
pub fn parse_rollback(mut fields: Fields) -> Result<Option<u32>, Problem> {
    let asked = fields.positive("revision");
    fields.finish()?;
    Ok(asked)
}

/// What made a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Cause {
    Deploy,
    Rollback,
    Restart,
    Stop,
    Start,
    Delete,
}

/// An image with its whole configuration, as it was deployed once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The revision that first had it.
    pub number: u32,
    pub by: Username,
    pub at: Timestamp,
    pub image: ImageUsed,
    pub spec: Spec,
    /// The name of the object that holds its variables, if it has any.
    pub variables_object: Option<String>,
    /// The name of the object that holds its secrets, if it has any.
    pub secrets_object: Option<String>,
    /// The names of its secrets; the values are in the cluster only.
    pub secrets: Vec<String>,
}

impl Release {
    /// Would the pods of the two be the same? A tag may mean another image by now, so only of pinned
    /// images that is known.
    pub fn is_same(&self, other: &Self) -> bool {
        self.image.digest.is_some()
            && self.image == other.image
            && self.spec == other.spec
            && self.variables_object == other.variables_object
            && self.secrets_object == other.secrets_object
    }
}

/// A release that can be rolled back to, with the objects that it needs in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub number: u32,
    pub variables_object: Option<String>,
    pub secrets_object: Option<String>,
}

impl Kept {
    fn of(release: &Release) -> Self {
        Self {
            number: release.number,
            variables_object: release.variables_object.clone(),
            secrets_object: release.secrets_object.clone(),
        }
    }
}

/// A release runs, or is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub release: Release,
    pub stopped: bool,
    /// Pods that began before are replaced.
    pub restarted_at: Option<Timestamp>,
    /// The newest first; this release is among them.
    pub kept: Vec<Kept>,
}

/// The deployment is to leave the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Its volume too.
    pub volumes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    Run(Box<Run>),
    Gone(Gone),
}

/// What there may be of a deployment in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// It is wished for, stopped or not.
    Deployed,
    /// Its removal has not come to its end.
    Leaving,
    /// Its volume, if it had one: that was not to go.
    Volume,
    Nothing,
}

/// A revision; written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub of: DeploymentId,
    /// From 1 within the deployment.
    pub number: u32,
    pub by: Username,
    /// Whose login that was: it can be somebody else's later. (Older revisions do not say.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    pub at: Timestamp,
    pub cause: Cause,
    pub wish: Wish,
}

impl Revision {
    /// What runs, unless the deployment is gone.
    pub fn run(&self) -> Option<&Run> {
        match &self.wish {
            Wish::Run(run) => Some(run),
            Wish::Gone(_) => None,
        }
    }

    /// What there may be of it in the cluster, when this is its newest revision.
    pub fn remains(&self, outcome: Option<&OutcomeDoc>) -> Remains {
        match self.wish {
            Wish::Run(_) => Remains::Deployed,
            Wish::Gone(_) if !outcome.is_some_and(|doc| doc.tells(self.number)) => Remains::Leaving,
            Wish::Gone(Gone { volumes: false }) => Remains::Volume,
            Wish::Gone(Gone { volumes: true }) => Remains::Nothing,
        }
    }

    /// Can the release `number` be rolled back to?
    pub fn keeps(&self, number: u32) -> bool {
        self.run().is_some_and(|run| run.kept.iter().any(|kept| kept.number == number))
    }
}

impl Run {
    /// `release` after what there was; of the releases before, the newest are kept, `keep` in all.
    /// What was stopped runs again, and volumes never shrink: the cluster could not make them.
    pub fn next(before: Option<&Self>, mut release: Release, keep: usize) -> Self {
        let earlier = before.map(|run| run.kept.as_slice()).unwrap_or_default();
        let others = earlier.iter().filter(|kept| kept.number != release.number).cloned();
        let kept = std::iter::once(Kept::of(&release)).chain(others).take(keep.max(1)).collect();
        let volume_before = before.and_then(|run| run.release.spec.volume.as_ref());
        if let (Some(volume), Some(before)) = (&mut release.spec.volume, volume_before) {
            volume.size = volume.size.clone().max(before.size.clone());
        }
        let restarted_at = before.and_then(|run| run.restarted_at);
        Self { release, stopped: false, restarted_at, kept }
    }

    /// The same, stopped or not.
    pub fn stopped(&self, stopped: bool) -> Self {
        Self { stopped, ..self.clone() }
    }

    /// The same with new pods.
    pub fn restarted(&self, at: Timestamp) -> Self {
        Self { restarted_at: Some(at), ..self.clone() }
    }

    /// The names of the objects with variables and secrets that kept releases need.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.kept
            .iter()
            .flat_map(|kept| [kept.variables_object.as_deref(), kept.secrets_object.as_deref()])
            .flatten()
    }
}
