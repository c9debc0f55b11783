//! `POST /api/v1/builds/{build}/retry`: another attempt of a build that failed or was cancelled.
//!
//! GitHub reruns the run. Without a run, the build is dispatched again. A reservation for each attempt prevents
//! two callers from starting two attempts.

use crate::{
    github::{GitHub, check_source_again, dispatch, rerun},
    places::{self, Attempt},
    previews,
    settings::Limits,
    status::current_state,
};
use futures::future::try_join;
use http::StatusCode;
use nokube_domain::{
    Person, Problem, Reason,
    builds::{AttemptRequest, BuildRecord, BuildState, BuildView, RunRecord, Status, view},
    repository::Repository,
    reservation::is_lease_valid,
    work::BuildTask,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now,
    pushes::LinkedService,
    reservation::{Reservation, existing, hashed_name, reserve},
    store::{AuditLog, Store, keys},
    work::WorkQueue,
};

pub async fn retry(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let _ = call.read_body(1024, |_| {}).await?; // It has no fields; an empty object is accepted.
    let store = Store::open().await?;
    let (build, state) = current_state(&call, &store).await?;
    let key = call.idempotency_key()?.map(|key| reservation_name(&state, key));
    let accepted = |build: &BuildView| Ok(Reply::json(StatusCode::ACCEPTED, build));

    if let Some(key) = &key
        && existing::<u32>(&store, key).await?.is_some()
    {
        return accepted(&build); // A repetition of the same request.
    }
    match build.status {
        Status::Failed | Status::Cancelled => {}
        Status::Success => {
            let detail = "The build has succeeded. Start a new build.";
            return Err(Problem::conflict(Reason::BuildEnded, detail).into());
        }
        Status::Pending | Status::Building => {
            let detail = "The build is still under way. Cancel it first, or wait.";
            return Err(Problem::conflict(Reason::BuildUnderWay, detail).into());
        }
    }
    check_preview(&store, &state.record).await?;
    let members = store.get(keys::members(build.build_id.project)).await?;
    let owner = members.ok_or_else(|| Problem::not_found("build"))?.owner;
    places::check(&store, &owner).await?;
    let github = GitHub::new().await?;
    let repository = check_source_again(&github, &call, &state.record).await?;
    let lease = match &key {
        None => None,
        Some(key) => match reserve::<u32>(&store, key).await? {
            Reservation::Acquired(lease) => Some(lease),
            Reservation::Existing(_) => return accepted(&build),
            Reservation::Pending => return Err(in_progress()),
        },
    };
    let attempt = build.attempt.checked_add(1).ok_or_else(|| {
        let detail = "The build has been attempted too often. Start a new build.";
        Problem::conflict(Reason::BuildEnded, detail)
    })?;
    let start = Start { store: &store, github: &github, owner: &owner, attempt };
    let state = start.run(state, repository).await?;
    if let Some(lease) = lease {
        lease.complete(&store, &attempt).await?;
    }
    let object = format!("/api/v1/builds/{}", build.build_id);
    let log = AuditLog::Project(build.build_id.project);
    audit::record(&store, &call, &log, "build.retry", object).await?;
    let grace = Limits::load().await?.timeouts.grace;
    accepted(&view(&state, None, grace, now()))
}

/// Checks that a build of a pull request may still be dispatched. At most four reads.
///
/// # Errors
/// 409.
async fn check_preview(store: &Store, build: &BuildRecord) -> Result<()> {
    if build.pull_request().is_none() {
        return Ok(());
    }
    let service = LinkedService::find(store, build.id.project, &build.spec.service).await?;
    let refusal = match service {
        Some(service) => previews::refusal(store, &service, build).await?,
        None => Some(previews::PREVIEWS_OFF),
    };
    match refusal {
        Some(reason) => Err(Problem::conflict(Reason::PullRequestChanged, reason).into()),
        None => Ok(()),
    }
}

/// What an attempt is started with.
struct Start<'a> {
    store: &'a Store,
    github: &'a GitHub,
    /// Of the project.
    owner: &'a Person,
    attempt: u32,
}

impl Start<'_> {
    /// Starts the attempt, at most once. `repository` is the source's present name.
    async fn run(self, mut state: BuildState, repository: Repository) -> Result<BuildState> {
        let Self { store, github, owner, attempt } = self;
        let id = state.record.id;
        let lease = match reserve::<AttemptRequest>(store, &format!("a/{id}/{attempt}")).await? {
            Reservation::Acquired(lease) => lease,
            Reservation::Existing(request) if !is_lease_valid(request.requested_at, now()) => {
                // The attempt was requested earlier, but the run record lost the request (a crash or a race). It is
                // restored, and later reads poll GitHub for the outcome.
                let requested = RunRecord::with_attempt_request(id, attempt, request);
                state.run = store.merge_run(requested.with_updated_at(now())).await?;
                return Ok(state);
            }
            Reservation::Existing(_) | Reservation::Pending => return Err(in_progress()),
        };
        let run = state.run.latest_run().map(|(key, _)| key);
        let request = AttemptRequest::new(now(), run);
        places::take(store, owner, &Attempt::retry(id, attempt, request.requested_at)).await?;
        let tasks = WorkQueue::builds();
        let task = BuildTask::Build(id);
        let (item, ()) = try_join(tasks.add(store, &task), lease.complete(store, &request)).await?;
        let requested = RunRecord::with_attempt_request(id, attempt, request).with_work_item(item);
        state.run = store.merge_run(requested.clone().with_updated_at(now())).await?;
        if !lease.is_valid() {
            return Err(Error::too_slow("retry a build"));
        }
        // As in `create`: the project may have been deleted concurrently.
        if store.get(keys::project(id.project)).await?.is_none() {
            return Err(Problem::not_found("project").into());
        }
        let mut started = match run {
            Some(run) => rerun(github, &state.record, run, attempt).await?,
            None => dispatch(github, &state.record.with_repository(repository), attempt).await?,
        };
        // The request is merged once more: a concurrent reader that stored the last attempt's final view may
        // have overwritten it.
        started.merge_contents(requested);
        state.run = store.merge_run(started.with_updated_at(now())).await?;
        Ok(state)
    }
}

/// The name of the reservation for an idempotency key and one build.
fn reservation_name(state: &BuildState, key: &str) -> String {
    hashed_name(&format!("retry {} {key}", state.record.id))
}

fn in_progress() -> Error {
    Problem::in_progress("Another request is doing this now.").into()
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn retry() -> Operation {
        let retried = json!({
            "status": "pending", "attempt": 2, "image_digest": null, "started_at": null,
            "completed_at": null, "duration": null,
        });
        Operation::new("retryBuild", "Retry a build")
            .description(
                "Starts another attempt of a failed or cancelled build, with the same commit.",
            )
            .idempotency_key()
            .ignores_body()
            .json_response::<BuildView>(
                202,
                "Another attempt was requested.",
                examples::with(examples::build_in_list(), retried),
            )
            .conflict(Reason::BuildEnded, "The build has succeeded. Start a new build.")
            .conflict(
                Reason::BuildUnderWay,
                "The build is still under way. Cancel it first, or wait.",
            )
            .conflict(Reason::PullRequestChanged, crate::previews::PREVIEWS_OFF)
            .problem(ProblemKind::InProgress, "Another request is doing this now.")
            .calls_github()
    }
}
