//! Makes sure that the target of a service's newest push is built, once, and that nothing is built in place of it.
//!
//! May be interrupted anywhere, repeated, and done by several requests at once: a reservation decides who starts the
//! build of a target.

use super::supersede::{became_target_at, supersede, supersede_others};
use crate::{
    config_file::with_file,
    github::GitHub,
    start::{Capacity, NewBuildStart, estimate_duration, start_build},
};
use nokube_domain::{
    BuildId, Problem, Timestamp,
    audit::{Actor, AuditEntry},
    builds::{BuildSpec, BuildView, ErrorCode, PushTrigger, Status},
    pushes::{PushRecord, PushTarget, TargetKey, same_commit},
    repository::Repository,
    services::LinkedBy,
};
use nokube_edge::{
    Error, Result,
    builds::summary,
    now,
    pushes::{self, LinkedService, PushesOf, build_of},
    reservation::{Reservation, hashed_name, replace_result, reserve},
    store::{Store, keys},
};
use url::Url;

/// How often a target may change while its build is started. Then another request, or a later one, goes on.
const MAX_CHANGES: u32 = 3;

/// For how many seconds after a push a build is started again that GitHub has not shown in time.
const STARTED_AGAIN_FOR: i64 = 3 * 60 * 60;

/// The repository of a service as it is now.
pub struct Present<'a> {
    pub name: &'a Repository,
    pub private: bool,
}

/// Starts the build of the newest target, unless it was started. With `is_thorough`, builds that it replaces are looked
/// for, even if it was.
///
/// # Errors
/// The store failed, GitHub does not answer, or another request is starting the build.
pub async fn ensure(
    store: &Store,
    github: &GitHub,
    repository: &Present<'_>,
    service: &LinkedService,
    is_thorough: bool,
) -> Result<()> {
    let Some(mut push) = pushes::newest(store, service).await? else { return Ok(()) };
    for _ in 0..MAX_CHANGES {
        let Some(target) = push.target.clone() else { return Ok(()) };
        let key = target.key();
        let mut started = Started::find(store, service.pushes(), &key).await?;
        if let Started::NotShown(build) = started
            && seconds_since(became_target_at(store, service, &push).await?) > STARTED_AGAIN_FOR
        {
            started = Started::Build(build);
        }
        let is_complete = matches!(started, Started::Build(_)) && !is_thorough;
        if !push.outcome.is_about_head() || is_complete {
            return Ok(());
        }
        let recent = pushes::up_to(store, service, &push).await?;
        let build = match started {
            Started::Build(build) => build,
            Started::Superseded(_) | Started::NotShown(_) | Started::Nothing => {
                let new = NewPushBuild { service, push: &push, target: &target, recent: &recent };
                new.start(store, github, repository, started).await?
            }
        };
        supersede_others(store, github, service, &push, &recent, build).await?;
        // A push that came meanwhile found no build that it could supersede.
        let newest = pushes::newest(store, service).await?;
        if let Some(ended) = newest.as_ref().filter(|newest| newest.outcome.ends_preview()) {
            return supersede(store, github, service, ended, build).await;
        }
        let later = newest
            .filter(|newest| newest.target.as_ref().is_some_and(|newest| newest.key() != key));
        match later {
            None => return Ok(()),
            Some(later) => {
                let is_other = |later: &PushTarget| later.commit.sha != target.commit.sha;
                if later.target.as_ref().is_some_and(is_other) {
                    supersede(store, github, service, &later, build).await?;
                }
                push = later;
            }
        }
    }
    Err(Problem::in_progress("The branch changes too fast.").into())
}

fn seconds_since(at: Timestamp) -> i64 {
    now().as_second().saturating_sub(at.as_second())
}

/// What was started for a target.
#[derive(Clone, Copy)]
enum Started {
    Nothing,
    Build(BuildId),
    /// A build that was ended for another target, which was the newest one for a moment. Of several pushes at once, one
    /// with a larger number can be written later, and want the earlier target again.
    Superseded(BuildId),
    /// A build that GitHub has not shown in time: probably the request was interrupted before GitHub got it.
    NotShown(BuildId),
}

impl Started {
    async fn find(store: &Store, pushes: PushesOf<'_>, target: &TargetKey) -> Result<Self> {
        let Some(build) = build_of(store, pushes, target).await? else {
            return Ok(Self::Nothing);
        };
        let (view, cancel_request) =
            futures::join!(summary(store, build), store.get(keys::cancel_request(build)));
        let (view, cancel_request) = (view?, cancel_request?);
        let is_lost = |view: &BuildView| {
            let cancelled = cancel_request.as_ref();
            let is_cancelled = cancelled
                .is_some_and(|request| request.superseded && request.attempt == view.attempt);
            (view.superseded || is_cancelled) && view.status != Status::Success
        };
        let never_started = ErrorCode::NeverStarted.to_string();
        let never_started = |view: &BuildView| view.error_code.as_ref() == Some(&never_started);
        Ok(match &view {
            Some(view) if is_lost(view) => Self::Superseded(build),
            // Only once GitHub was asked whether it has the run.
            Some(view) if never_started(view) && store.run(build).await?.final_view().is_some() => {
                Self::NotShown(build)
            }
            _ => Self::Build(build),
        })
    }
}

/// The build of a target that is to be started.
struct NewPushBuild<'a> {
    service: &'a LinkedService,
    push: &'a PushRecord,
    target: &'a PushTarget,
    /// The newest records, the newest first.
    recent: &'a [PushRecord],
}

impl NewPushBuild<'_> {
    /// Starts the build, if this request is the one that reserves it. `earlier` is what was started for the target.
    async fn start(
        self,
        store: &Store,
        github: &GitHub,
        repository: &Present<'_>,
        earlier: Started,
    ) -> Result<BuildId> {
        let result = self.service.pushes().build_reservation(&self.target.key());
        let again = match earlier {
            Started::Superseded(build) | Started::NotShown(build) => {
                Some(hashed_name(&format!("push-build after {build}")))
            }
            Started::Nothing | Started::Build(_) => None,
        };
        let lease = match reserve(store, again.as_ref().unwrap_or(&result)).await? {
            Reservation::Acquired(lease) => lease,
            Reservation::Existing(build) => {
                if again.is_some() {
                    replace_result(store, &result, &build).await?;
                }
                return Ok(build);
            }
            Reservation::Pending => {
                let detail = "Another request is starting the build of this commit.";
                return Err(Problem::in_progress(detail).into());
            }
        };
        let complete = async |build: BuildId| {
            lease.complete(store, &build).await?;
            if again.is_some() {
                replace_result(store, &result, &build).await?;
            }
            match lease.is_valid() {
                true => Ok(()),
                false => Err(Error::too_slow("start a build")),
            }
        };
        if again.is_none()
            && let Some(build) = self.same_commit(store).await?
        {
            complete(build).await?;
            return Ok(build);
        }
        self.create(store, github, repository, complete).await
    }

    /// The build of the same commit for another push, if one is enough.
    async fn same_commit(&self, store: &Store) -> Result<Option<BuildId>> {
        let Some(other) = same_commit(self.target, self.recent) else { return Ok(None) };
        Ok(match Started::find(store, self.service.pushes(), &other.key()).await? {
            Started::Build(build) => Some(build),
            Started::Superseded(_) | Started::NotShown(_) | Started::Nothing => None,
        })
    }

    async fn create(
        &self,
        store: &Store,
        github: &GitHub,
        repository: &Present<'_>,
        complete: impl AsyncFnOnce(BuildId) -> Result<()>,
    ) -> Result<BuildId> {
        let LinkedService { project: id, name, source, linked, pull_request } = self.service;
        let (project, members, estimate) = futures::join!(
            store.get(keys::project(*id)),
            store.get(keys::members(*id)),
            estimate_duration(store, *id, name, github.settings.estimate)
        );
        let not_found = || Problem::not_found("project");
        let (project, members) = (project?.ok_or_else(not_found)?, members?.ok_or_else(not_found)?);
        let Self { push, target, recent, .. } = self;
        let new = NewBuildStart {
            project: &project,
            owner: &members.owner,
            spec: BuildSpec {
                repository: repository.name.clone(),
                git_ref: push.branch.clone(),
                ..self.spec(&github.settings.web)
            },
            repository_id: Some(source.repository_id),
            commit: target.commit.clone(),
            private: repository.private,
            estimate: estimate?,
            requested_by: linked.person.clone(),
            trigger: Some(PushTrigger {
                base: target.base,
                number: target.number,
                sender: sender(recent, target),
                pull_request: *pull_request,
                is_fork: push.pull_request.as_ref().is_some_and(|it| it.is_fork),
            }),
            audit_entry: audit_entry(linked),
        };
        let started = start_build(store, github, new, Capacity::Wait, complete).await?;
        Ok(started.record.id)
    }

    /// How the target is built. The file of its commit is that of the newest record: with another one there would be
    /// another target.
    fn spec(&self, web: &Url) -> BuildSpec {
        let source = &self.service.source;
        match self.service.recorded_file(Some(self.push)).and_then(|file| file.service) {
            Some(file) => with_file(source, &file, web).spec,
            // Of a pull request, the source is what is in effect.
            None => source.spec.clone(),
        }
    }
}

/// Who pushed the target, if an event said it, or who opened the pull request.
fn sender(recent: &[PushRecord], target: &PushTarget) -> Option<String> {
    let record = recent.iter().find(|record| record.number == target.number)?;
    match &record.pull_request {
        Some(pull_request) => pull_request.author.clone(),
        None => record.event.as_ref()?.sender.clone(),
    }
}

/// The build is started on behalf of the person who is responsible.
fn audit_entry(linked: &LinkedBy) -> AuditEntry {
    AuditEntry {
        at: now(),
        action: "build.create".into(),
        object: String::new(),
        role: None,
        by: Actor {
            person: linked.person.clone(),
            login: Some(linked.login.clone()),
            via: "push".into(),
            token: None,
        },
        from: None,
        request_id: None,
    }
}
