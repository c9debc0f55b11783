//! Starts a build: number, place, record, audit log, the service's newest build, work item, dispatch.
//!
//! Eight writes (counter, record, two of the audit log, the service's newest build, two of the work item, run), two more
//! at a service's first build (its number), and two more with a limit of unfinished builds (reservation and record of a
//! place). A crash after the record was written loses nothing: the next read finds the run by its title. A build is
//! never dispatched twice.

use crate::{
    github::{GitHub, dispatch},
    places::{self, Attempt, Room},
};
use futures::future::{join_all, try_join};
use nokube_domain::{
    BuildId, Person, ProjectId,
    audit::AuditEntry,
    builds::{AttemptRequest, BuildRecord, BuildSpec, BuildState, PushTrigger, RunRecord, Status},
    name::ServiceName,
    projects::Project,
    pushes::CommitSummary,
    work::BuildTask,
};
use nokube_edge::{
    Error, Result, now, projects, random,
    services::note_build,
    store::{AuditLog, Counter, Store, keys},
    work::WorkQueue,
};

/// What a build is started with. Its source was checked.
pub struct NewBuildStart<'a> {
    pub project: &'a Project,
    /// The project's owner, whose limit of unfinished builds counts.
    pub owner: &'a Person,
    /// With the repository and the ref as they are called now.
    pub spec: BuildSpec,
    pub repository_id: Option<u64>,
    pub commit: CommitSummary,
    pub private: bool,
    /// Expected duration in seconds.
    pub estimate: u32,
    pub requested_by: Person,
    /// The push that the build is for; `None` for a request through the API.
    pub trigger: Option<PushTrigger>,
    /// Who starts it. The object is filled in.
    pub audit_entry: AuditEntry,
}

/// What happens when the owner has as many unfinished builds as allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// No build is created.
    Refuse,
    /// The build is created, and is dispatched later.
    Wait,
}

/// Starts a build, or lets it wait for capacity. `before_dispatch` completes the caller's reservation.
///
/// # Errors
/// 429 at the limit, with [`Capacity::Refuse`]; 404 if the project was deleted concurrently; those of
/// `before_dispatch`.
pub async fn start_build(
    store: &Store,
    github: &GitHub,
    new: NewBuildStart<'_>,
    capacity: Capacity,
    before_dispatch: impl AsyncFnOnce(BuildId) -> Result<()>,
) -> Result<BuildState> {
    let pid = new.project.id;
    let id = BuildId::new(pid, store.increment(&Counter::builds(pid)).await?, random()?);
    let attempt = Attempt::first(id);
    let room = match capacity {
        Capacity::Refuse => places::take(store, new.owner, &attempt).await?,
        Capacity::Wait => {
            let is_preview = new.trigger.as_ref().is_some_and(|it| it.pull_request.is_some());
            places::find_room(store, new.owner, &attempt, is_preview).await?
        }
    };
    let (record, audit_entry) = new.into_record(id, github);
    let tasks = WorkQueue::builds();
    let task = BuildTask::Build(id);
    let (item, ()) =
        try_join(tasks.add(store, &task), store_record(store, &record, audit_entry)).await?;
    let run = RunRecord::new(id).with_work_item(item);
    if !room.is_valid() {
        return Err(Error::too_slow("create a build"));
    }
    let run = match room {
        Room::Full(_) => {
            let mut waiting = run;
            let request = AttemptRequest::waiting_for_capacity(now());
            waiting.merge_contents(RunRecord::with_attempt_request(id, 1, request));
            let run = store.merge_run(waiting.with_updated_at(now())).await?;
            before_dispatch(id).await?;
            // After the reservation is complete: before that, nobody knows whether this build is the one.
            WorkQueue::waiting().add(store, &id).await?;
            run
        }
        Room::Unlimited | Room::Place(_) => {
            before_dispatch(id).await?;
            let mut run = run;
            run.merge_contents(dispatch(github, &record, 1).await?);
            // A webhook may have written already, so the run is merged.
            store.merge_run(run.with_updated_at(now())).await?
        }
    };
    Ok(BuildState::new(record, run))
}

impl NewBuildStart<'_> {
    /// The record of the build, and the entry in the audit log.
    fn into_record(self, id: BuildId, github: &GitHub) -> (BuildRecord, AuditEntry) {
        let Project { owner, name, .. } = self.project;
        let record = BuildRecord {
            id,
            image: github.settings.registry.image(owner, name, &self.spec.service),
            owner: owner.clone(),
            project: name.clone(),
            requested_by: self.requested_by,
            spec: self.spec,
            repository_id: self.repository_id,
            commit: self.commit.sha.clone(),
            commit_summary: Some(self.commit),
            trigger: self.trigger,
            private: self.private,
            estimate: self.estimate,
            created_at: now(),
        };
        let object = format!("/api/v1/builds/{id}");
        (record, AuditEntry { object, ..self.audit_entry })
    }
}

/// Stores the record, its entry in the project's audit log, and the service's newest build.
///
/// # Errors
/// 404 if the project was deleted concurrently.
async fn store_record(store: &Store, record: &BuildRecord, entry: AuditEntry) -> Result<()> {
    let BuildId { project, number, .. } = record.id;
    projects::store_record(store, project, || keys::build(project, number), record).await?;
    store.append_audit_entry(&AuditLog::Project(project), &entry).await?;
    note_newest_build(store, record).await
}

/// Notes a build as its service's newest one, unless it is of a pull request: see [`note_build`].
///
/// # Errors
/// The store failed.
pub async fn note_newest_build(store: &Store, record: &BuildRecord) -> Result<()> {
    let BuildId { project, number, .. } = record.id;
    match record.pull_request() {
        Some(_) => Ok(()),
        None => note_build(store, project, number, &record.spec.service).await,
    }
}

/// The expected duration in seconds: that of the service's latest successful build among the project's last
/// five, or `default`.
pub async fn estimate_duration(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
    default: u32,
) -> Result<u32> {
    let count = store.count(&Counter::builds(project)).await?;
    let numbers = (count.saturating_sub(5)..count).rev().map(|below| below + 1);
    let runs = join_all(numbers.map(|number| store.get(keys::run(project, number)))).await;
    for run in runs {
        let build = run?.and_then(|run| run.final_view.map(|last| last.view));
        let successful = build.filter(|build| {
            build.status == Status::Success && build.service_name == service.as_str()
        });
        if let Some(seconds) = successful.and_then(|build| build.duration) {
            return Ok(u32::try_from(seconds.max(1)).unwrap_or(default));
        }
    }
    Ok(default)
}
