//! What GitHub says about the runs of the builder's workflow is merged into the records of the builds.
//! One read and at most one write; for a job of a renamed builder a second read.

use crate::receive::{Outcome, STORED};
use nokube_domain::{
    BuildId,
    builds::{EventSource, ImagePushed, JobState, JobsRecord, RunKey, RunRecord, RunState},
};
use nokube_edge::{
    Result, now,
    store::{Store, keys},
};

const UNCHANGED: Outcome = ("ignored", Some("nothing new"));

const OF_ANOTHER: Outcome = ("ignored", Some("of another repository than the builder"));

pub async fn merge_run(
    build: BuildId,
    source: EventSource,
    key: RunKey,
    facts: RunState,
) -> Result<Outcome> {
    let update = RunRecord::with_run(build, key, facts);
    let update = update.with_builder_repository(source.repository);
    merge(build, update, |run| run.is_of_builder(source, key.run_id), OF_ANOTHER).await
}

pub async fn merge_image(build: BuildId, pushed: ImagePushed) -> Result<Outcome> {
    let update = RunRecord { image_pushed: Some(pushed), ..RunRecord::new(build) };
    // It only counts together with a known run: anybody may push an image with that tag.
    let unknown = ("ignored", Some("an image of an unknown build"));
    merge(build, update, |run| !run.runs.is_empty(), unknown).await
}

pub async fn merge_job(
    build: BuildId,
    source: EventSource,
    id: u64,
    facts: JobState,
) -> Result<Outcome> {
    let update = JobsRecord::with_jobs(build, [(id, facts)].into());
    let store = Store::open().await?;
    // A job counts only together with its run, so only the event of a renamed builder needs the run's record.
    if !source.has_builder_name {
        let run = store.get(keys::run(build.project, build.number)).await?;
        let run = RunRecord::stored_or_new(build, run);
        let is_of_builder = |job: &JobState| run.is_of_builder(source, job.run.run_id);
        if !update.jobs.values().all(is_of_builder) {
            return Ok(OF_ANOTHER);
        }
    }
    let stored = store.get(keys::jobs(build)).await?;
    let mut jobs = stored.unwrap_or_else(|| JobsRecord::new(build));
    if !jobs.merge(update.with_updated_at(now())) {
        return Ok(UNCHANGED);
    }
    store.set(keys::jobs(jobs.build_id), &jobs).await?;
    Ok(STORED)
}

/// Merges what an event says about a build's run, if it counts by what is known of the run.
async fn merge(
    build: BuildId,
    update: RunRecord,
    counts: impl FnOnce(&RunRecord) -> bool,
    otherwise: Outcome,
) -> Result<Outcome> {
    let store = Store::open().await?;
    let stored = store.get(keys::run(build.project, build.number)).await?;
    let mut run = stored.unwrap_or_else(|| RunRecord::new(build));
    if !counts(&run) {
        return Ok(otherwise);
    }
    if !run.merge(update.with_updated_at(now())) {
        return Ok(UNCHANGED);
    }
    store.set_run(&run).await?;
    Ok(STORED)
}
