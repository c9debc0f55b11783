//! The records of builds.

use super::{keys, kv::Store};
use crate::error::Result;
use nokube_domain::{
    BuildId, ProjectId, Timestamp,
    builds::{BuildRecord, CancelRequest, JobsRecord, RunRecord},
};

impl Store {
    pub async fn build(&self, project: ProjectId, number: u32) -> Result<Option<BuildRecord>> {
        self.get(keys::build(project, number)).await
    }

    pub async fn set_build(&self, build: &BuildRecord) -> Result<()> {
        self.set(keys::build(build.id.project, build.id.number), build).await
    }

    /// Deletes a build whose id has not been sent to anybody yet.
    pub async fn delete_build(&self, id: BuildId) -> Result<()> {
        self.delete(keys::build(id.project, id.number)).await
    }

    /// The run record stored for a build's number. It may be of an earlier build with that number: check
    /// [`RunRecord::build_id`], or use [`RunRecord::stored_or_new`].
    pub async fn run(&self, project: ProjectId, number: u32) -> Result<Option<RunRecord>> {
        self.get(keys::run(project, number)).await
    }

    pub async fn set_run(&self, run: &RunRecord) -> Result<()> {
        self.set(keys::run(run.build_id.project, run.build_id.number), run).await
    }

    /// Merges an update into the stored run record and returns the result. Writes only if something
    /// changed. A stored record of another build is replaced, so the caller must have checked the
    /// build's own record.
    pub async fn merge_run(&self, update: RunRecord) -> Result<RunRecord> {
        let id = update.build_id;
        let mut run = RunRecord::stored_or_new(id, self.run(id.project, id.number).await?);
        if run.merge(update) {
            self.set_run(&run).await?;
        }
        Ok(run)
    }

    /// As [`Self::run`], for jobs.
    pub async fn jobs(&self, id: BuildId) -> Result<Option<JobsRecord>> {
        self.get(keys::jobs(id)).await
    }

    pub async fn set_jobs(&self, jobs: &JobsRecord) -> Result<()> {
        self.set(keys::jobs(jobs.build_id), jobs).await
    }

    /// As [`Self::merge_run`], for jobs.
    pub async fn merge_jobs(&self, update: JobsRecord) -> Result<JobsRecord> {
        let mut jobs =
            JobsRecord::stored_or_new(update.build_id, self.jobs(update.build_id).await?);
        if jobs.merge(update) {
            self.set_jobs(&jobs).await?;
        }
        Ok(jobs)
    }

    pub async fn cancel_request(&self, id: BuildId) -> Result<Option<CancelRequest>> {
        self.get(keys::cancel_request(id)).await
    }

    pub async fn set_cancel_request(&self, id: BuildId, request: &CancelRequest) -> Result<()> {
        self.set(keys::cancel_request(id), request).await
    }

    /// When GitHub was last polled about a build. All instances share it, so many readers cause no more
    /// requests to GitHub than one.
    pub async fn last_polled_at(&self, id: BuildId) -> Result<Option<Timestamp>> {
        self.get(keys::last_polled_at(id)).await
    }

    pub async fn set_last_polled_at(&self, id: BuildId, at: Timestamp) -> Result<()> {
        self.set(keys::last_polled_at(id), &at).await
    }
}
