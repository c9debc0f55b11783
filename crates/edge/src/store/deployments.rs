//! Deployments and their revisions. A deployment's id has random bits, so a record with its number may be of
//! another deployment: each is checked.

use super::{
    Store,
    keys::{self, Counter},
};
use crate::error::{Error, Result};
use futures::{StreamExt, TryStreamExt, stream};
use nokube_domain::{
    DeploymentId, ProjectId,
    deployments::{DeploymentRecord, LastObservation, OutcomeRecord, Revision},
};

/// How many numbers below the newest are searched for a revision. A number has no record when the
/// request that took it failed.
const MAX_MISSING_REVISIONS: u32 = 20;

/// How many deployments are read concurrently.
const MAX_CONCURRENT_READS: usize = 16;

impl Store {
    pub async fn deployment_by_id(&self, id: DeploymentId) -> Result<Option<DeploymentRecord>> {
        let deployment = self.get(keys::deployment(id.project, id.number)).await?;
        Ok(deployment.filter(|deployment| deployment.id == id))
    }

    pub async fn revision(&self, id: DeploymentId, number: u32) -> Result<Option<Revision>> {
        let revision = self.get(keys::revision(id, number)).await?;
        Ok(revision.filter(|revision| revision.deployment_id == id))
    }

    /// The newest revision that has a record: usually two sequential reads. If too many of the newest numbers
    /// have no record, this is the revision of the stored outcome, or one of those right above it.
    pub async fn newest_revision(&self, id: DeploymentId) -> Result<Option<Revision>> {
        let count = self.count(&Counter::revisions(id)).await?;
        let newest = self.newest_revision_up_to(id, count).await?;
        if newest.is_some() || count <= MAX_MISSING_REVISIONS {
            return Ok(newest);
        }
        let Some(outcome) = self.outcome(id).await? else { return Ok(None) };
        // Not the highest numbers, which have no record. The count was raised by more than one.
        let highest = outcome.revision.saturating_add(MAX_MISSING_REVISIONS - 1);
        self.newest_revision_up_to(id, highest.min(count)).await
    }

    async fn newest_revision_up_to(
        &self,
        id: DeploymentId,
        highest: u32,
    ) -> Result<Option<Revision>> {
        let oldest = highest.saturating_sub(MAX_MISSING_REVISIONS);
        for number in (oldest..highest).rev().map(|below| below + 1) {
            if let Some(revision) = self.revision(id, number).await? {
                return Ok(Some(revision));
            }
        }
        Ok(None)
    }

    /// The deployments of a project, oldest first, each with its newest revision; those without a revision are left
    /// out. Costs one read, then three for each deployment number.
    pub async fn newest_revisions(
        &self,
        project: ProjectId,
    ) -> Result<Vec<(DeploymentRecord, Revision)>> {
        let count = self.count(&Counter::deployments(project)).await?;
        let deployments = (1..=count).map(|number| async move {
            let record = self.get(keys::deployment(project, number)).await?;
            let Some(record) = record else { return Ok(None) };
            let newest = self.newest_revision(record.id).await?;
            Ok::<_, Error>(newest.map(|newest| (record, newest)))
        });
        let deployments: Vec<_> =
            stream::iter(deployments).buffered(MAX_CONCURRENT_READS).try_collect().await?;
        Ok(deployments.into_iter().flatten().collect())
    }

    pub async fn outcome(&self, id: DeploymentId) -> Result<Option<OutcomeRecord>> {
        let outcome = self.get(keys::outcome(id)).await?;
        Ok(outcome.filter(|outcome| outcome.deployment_id == id))
    }

    /// Merges an outcome into the stored one and returns the result. Writes only if something changed.
    pub async fn merge_outcome(&self, update: OutcomeRecord) -> Result<OutcomeRecord> {
        let id = update.deployment_id;
        let stored = self.outcome(id).await?;
        let merged = match stored.clone() {
            Some(stored) => stored.merge(update),
            None => update,
        };
        if stored.as_ref() != Some(&merged) {
            self.set(keys::outcome(id), &merged).await?;
        }
        Ok(merged)
    }

    pub async fn last_observation(&self, id: DeploymentId) -> Result<Option<LastObservation>> {
        let observation = self.get(keys::last_observation(id)).await?;
        Ok(observation.filter(|observation| observation.deployment_id == id))
    }
}
