//! Reads and writes of records that take more than one key, or that check or merge what they find.

use super::{
    Store,
    keys::{self, AuditLog, Counter},
};
use crate::error::Result;
use futures::future::{try_join, try_join_all};
use nokube_domain::{
    BuildId, Person, ProjectId,
    audit::AuditEntry,
    builds::{BuildRecord, JobsRecord, RunRecord},
    people::AccessRevocation,
};

impl Store {
    /// The build with this id. Another build may have its number, since ids also have random bits.
    pub async fn build_by_id(&self, id: BuildId) -> Result<Option<BuildRecord>> {
        let build = self.get(keys::build(id.project, id.number)).await?;
        Ok(build.filter(|build| build.id == id))
    }

    /// A build and its run record. `None` if the request that took the number failed before it stored the build.
    pub async fn build_with_run(
        &self,
        project: ProjectId,
        number: u32,
    ) -> Result<Option<(BuildRecord, RunRecord)>> {
        let (run, build) = (keys::run(project, number), keys::build(project, number));
        let (run, build) = try_join(self.get(run), self.get(build)).await?;
        Ok(build.map(|build| {
            let run = RunRecord::stored_or_new(build.id, run);
            (build, run)
        }))
    }

    /// The run record of a build; an empty one if there is none, or one of another build with its number.
    pub async fn run(&self, id: BuildId) -> Result<RunRecord> {
        let stored = self.get(keys::run(id.project, id.number)).await?;
        Ok(RunRecord::stored_or_new(id, stored))
    }

    pub async fn set_run(&self, run: &RunRecord) -> Result<()> {
        self.set(keys::run(run.build_id.project, run.build_id.number), run).await
    }

    /// Merges an update into the stored run record and returns the result. Writes only if something
    /// changed. A stored record of another build is replaced, so the caller must have checked the
    /// build's own record.
    pub async fn merge_run(&self, update: RunRecord) -> Result<RunRecord> {
        let mut run = self.run(update.build_id).await?;
        if run.merge(update) {
            self.set_run(&run).await?;
        }
        Ok(run)
    }

    /// As [`Self::run`], for jobs.
    pub async fn jobs(&self, id: BuildId) -> Result<JobsRecord> {
        Ok(JobsRecord::stored_or_new(id, self.get(keys::jobs(id)).await?))
    }

    /// As [`Self::merge_run`], for jobs.
    pub async fn merge_jobs(&self, update: JobsRecord) -> Result<JobsRecord> {
        let mut jobs = self.jobs(update.build_id).await?;
        if jobs.merge(update) {
            self.set(keys::jobs(jobs.build_id), &jobs).await?;
        }
        Ok(jobs)
    }

    /// The projects that a person owns, newest first.
    pub async fn projects_owned_by(&self, person: &Person) -> Result<Vec<ProjectId>> {
        let count = self.count(&Counter::owned_projects(person)).await?;
        let ids = (1..=count).rev().map(|number| self.get(keys::owned_project(person, number)));
        Ok(try_join_all(ids).await?.into_iter().flatten().collect())
    }

    /// Whether an earlier release began this store, whose installations have other defaults. Two reads, or one in a
    /// newer store.
    pub async fn is_of_earlier_release(&self) -> Result<bool> {
        Ok(self.get(keys::installation()).await?.is_none()
            && self.count(&Counter::projects()).await? > 0)
    }

    /// What ends a person's sessions. Two concurrent reads.
    pub async fn access_revocation(&self, person: &Person) -> Result<AccessRevocation> {
        let sessions_before = self.get(keys::sessions_revoked_at(person));
        let (before, blocked) = futures::join!(sessions_before, self.is_blocked(person));
        Ok(AccessRevocation { sessions_before: before?, blocked: blocked? })
    }

    /// Whether an administrator has blocked this person. One read.
    pub async fn is_blocked(&self, person: &Person) -> Result<bool> {
        Ok(self.get(keys::blocked(person)).await?.unwrap_or_default())
    }

    /// Appends an entry to an audit log: two writes. Entries are never changed or deleted.
    pub async fn append_audit_entry(&self, log: &AuditLog, entry: &AuditEntry) -> Result<()> {
        let number = self.increment(&Counter::audit_entries(log)).await?;
        self.set(keys::audit_entry(log, number), entry).await
    }
}
