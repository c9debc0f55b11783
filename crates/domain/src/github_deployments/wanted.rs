//! What GitHub should show of a deployment.

use crate::{
    BuildId, DeploymentId, Person,
    builds::BuildRecord,
    deployments::{
        ApplyOutcome, Cause, Exposure, LastObservation, OutcomeRecord, Revision, Status,
    },
    repository::CommitSha,
};

/// What has become of the newest revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is not known yet.
    Rolling,
    Running,
    Failed,
    /// Nothing of it runs: it is stopped or deleted.
    Ended,
}

impl Phase {
    /// `last` may be of an earlier revision.
    pub fn of(
        revision: &Revision,
        outcome: Option<&OutcomeRecord>,
        last: Option<&LastObservation>,
    ) -> Self {
        match revision.deployed() {
            Some(deployed) if !deployed.stopped => {}
            _ => return Self::Ended,
        }
        let key = (revision.deployment_id, revision.number);
        let last = last_of(revision, last);
        let outcome = outcome.filter(|outcome| (outcome.deployment_id, outcome.revision) == key);
        match (last.map(|last| last.status), outcome.map(|outcome| &outcome.outcome)) {
            (Some(Status::Running), _) => Self::Running,
            (Some(Status::Degraded | Status::Failed), _)
            | (_, Some(ApplyOutcome::Rejected { .. })) => Self::Failed,
            _ => Self::Rolling,
        }
    }
}

/// A release whose image was built from a commit of the service's repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedRelease {
    /// Its number within the deployment.
    pub number: u32,
    pub build: BuildId,
    pub commit: CommitSha,
    pub repository_id: u64,
}

/// What GitHub should show of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedDeployment {
    pub deployment: DeploymentId,
    /// The number of the newest revision.
    pub revision: u32,
    /// Whether that undoes a deployment that has failed.
    pub restores: bool,
    pub phase: Phase,
    /// The number of the release that it runs. `None` if it is deleted.
    pub running: Option<u32>,
    /// That release, if GitHub is to show what becomes of it. What it shows already stays.
    pub release: Option<ReportedRelease>,
    /// Where it can be visited from outside, once it runs.
    pub url: Option<String>,
}

impl WantedDeployment {
    /// `release` is what the newest revision runs, if it is to be shown.
    pub fn new(
        revision: &Revision,
        outcome: Option<&OutcomeRecord>,
        last: Option<&LastObservation>,
        release: Option<ReportedRelease>,
    ) -> Self {
        let is_external = revision.deployed().is_some_and(|deployed| {
            matches!(deployed.release.spec.exposure, Exposure::External { .. })
        });
        let url = last_of(revision, last).and_then(|last| last.access_url.clone());
        Self {
            deployment: revision.deployment_id,
            revision: revision.number,
            restores: revision.cause == Cause::Restore,
            phase: Phase::of(revision, outcome, last),
            running: revision.deployed().map(|deployed| deployed.release.number),
            release,
            url: url.filter(|_| is_external),
        }
    }
}

/// The last observation, if it is of this revision.
fn last_of<'a>(
    revision: &Revision,
    last: Option<&'a LastObservation>,
) -> Option<&'a LastObservation> {
    let key = (revision.deployment_id, revision.number);
    last.filter(|last| (last.deployment_id, last.revision) == key)
}

/// Whether the deployment of a build is shown at its commit: it was built from the service's repository, for the person
/// who is responsible for the service. The permission of one person to push must not report what another one has built.
///
/// Nothing is shown at the commit of a fork: GitHub runs the workflows for `deployment` events that this commit has, as a
/// push to the repository, with the secrets of the repository.
pub fn is_reportable(build: &BuildRecord, repository_id: u64, responsible: &Person) -> bool {
    let is_fork = build.trigger.as_ref().is_some_and(|trigger| trigger.is_fork);
    build.repository_id == Some(repository_id) && build.requested_by == *responsible && !is_fork
}
