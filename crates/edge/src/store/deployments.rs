//! The records of deployments.

use super::{Counter, Store};
use crate::{Failure, Result, keys};
use futures::{StreamExt, TryStreamExt, stream};
use nokube_domain::{
    DeploymentId, ProjectId, Timestamp,
    deploy::{DeploymentRecord, LastSeen, OutcomeDoc, Revision},
};

/// How far back a revision is looked for when numbers were handed out to requests that did not come
/// to their end.
const GAPS: u32 = 20;
/// How many deployments are read at once.
const AT_ONCE: usize = 16;

impl Store {
    pub async fn deployment(
        &self,
        project: ProjectId,
        number: u32,
    ) -> Result<Option<DeploymentRecord>> {
        self.get(keys::deployment(project, number)).await
    }

    pub async fn set_deployment(&self, record: &DeploymentRecord) -> Result<()> {
        self.set(keys::deployment(record.id.project, record.id.number), record).await
    }

    pub async fn revision(&self, id: DeploymentId, number: u32) -> Result<Option<Revision>> {
        let found: Option<Revision> = self.get(keys::revision(id, number)).await?;
        Ok(found.filter(|revision| revision.of == id))
    }

    pub async fn set_revision(&self, revision: &Revision) -> Result<()> {
        self.set(keys::revision(revision.of, revision.number), revision).await
    }

    /// The newest revision that has a record: two reads, one after the other. Below many numbers that
    /// were handed out in vain, the newest one that the cluster was told is found by its outcome.
    pub async fn newest_revision(&self, id: DeploymentId) -> Result<Option<Revision>> {
        let count = self.count(&Counter::revisions(id)).await?;
        for number in (count.saturating_sub(GAPS)..count).rev().map(|below| below + 1) {
            if let Some(revision) = self.revision(id, number).await? {
                return Ok(Some(revision));
            }
        }
        match self.outcome(id).await? {
            Some(told) if count > GAPS => self.revision(id, told.revision).await,
            _ => Ok(None),
        }
    }

    /// The deployments of a project that have a revision, with their newest one, oldest first: two reads
    /// a number that was handed out, and one before.
    pub async fn newest_revisions(
        &self,
        project: ProjectId,
    ) -> Result<Vec<(DeploymentRecord, Revision)>> {
        let count = self.count(&Counter::deployments(project)).await?;
        let found = (1..=count).map(|number| async move {
            let Some(record) = self.deployment(project, number).await? else { return Ok(None) };
            let newest = self.newest_revision(record.id).await?;
            Ok::<_, Failure>(newest.map(|newest| (record, newest)))
        });
        let found: Vec<_> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Forgets a revision that nobody can go back to.
    pub async fn delete_revision(&self, id: DeploymentId, number: u32) -> Result<()> {
        self.delete(keys::revision(id, number)).await
    }

    /// When the cluster was last told a deployment again: the one thing that all instances share, so
    /// that of many readers one tries.
    pub async fn tried(&self, id: DeploymentId) -> Result<Option<Timestamp>> {
        self.get(keys::tried(id)).await
    }

    pub async fn set_tried(&self, id: DeploymentId, at: Timestamp) -> Result<()> {
        self.set(keys::tried(id), &at).await
    }

    pub async fn outcome(&self, id: DeploymentId) -> Result<Option<OutcomeDoc>> {
        let found: Option<OutcomeDoc> = self.get(keys::outcome(id)).await?;
        Ok(found.filter(|outcome| outcome.of == id))
    }

    /// Joins an outcome into what is known, and returns that. Nothing is written when nothing is
    /// new.
    pub async fn learn_outcome(&self, news: OutcomeDoc) -> Result<OutcomeDoc> {
        let id = news.of;
        let Some(before) = self.outcome(id).await? else {
            self.set(keys::outcome(id), &news).await?;
            return Ok(news);
        };
        let joined = before.clone().join(news);
        if joined != before {
            self.set(keys::outcome(id), &joined).await?;
        }
        Ok(joined)
    }

    pub async fn last_seen(&self, id: DeploymentId) -> Result<Option<LastSeen>> {
        let found: Option<LastSeen> = self.get(keys::last_seen(id)).await?;
        Ok(found.filter(|seen| seen.of == id))
    }

    pub async fn set_last_seen(&self, seen: &LastSeen) -> Result<()> {
        self.set(keys::last_seen(seen.of), seen).await
    }
}
