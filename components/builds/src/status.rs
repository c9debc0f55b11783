//! The current state of one build: read from the store, refreshed from GitHub where that is due.

use crate::{
    follow::finish_after_read,
    github::{GitHub, PollResult, poll},
    resume::resume,
    settings::Limits,
    start::note_newest_build,
    waiting,
};
use futures::future::{Either, select};
use http::StatusCode;
use nokube_domain::{
    BuildId, Problem, UnknownFields,
    builds::{
        BuildRecord, BuildState, BuildTimeouts, BuildView, FinalView, Plan, PollFindings,
        RunRecord, evaluate_status, final_view_json, plan, view,
    },
    image::Digest,
};
use nokube_edge::{
    Call, Reply, Result, now, sleep,
    store::{Store, Stored, WindowName, keys},
};
use std::{pin::pin, time::Duration};

/// How long a read waits for GitHub; then it responds from the store.
const POLL_TIMEOUT: Duration = Duration::from_secs(4);

/// The view of a build, and what else was read of it.
struct Current {
    view: BuildView,
    state: Loaded,
    /// It has ended, or its final view was stored, while it was refreshed.
    is_news: bool,
}

impl Current {
    fn of_state(view: BuildView, state: BuildState) -> Self {
        Self { view, state: Loaded::All(Box::new(state)), is_news: false }
    }

    /// Whether the final view is stored.
    fn is_complete(&self) -> bool {
        match &self.state {
            Loaded::Run(run) => run.final_view().is_some(),
            Loaded::All(state) => state.run.final_view().is_some(),
        }
    }
}

enum Loaded {
    /// Only the run, because it holds the final view.
    Run(RunRecord),
    All(Box<BuildState>),
}

/// A build as it is now.
pub struct Refreshed {
    pub view: BuildView,
    /// The view is the final one: nothing more can be learned of the build.
    pub is_complete: bool,
}

/// A build, refreshed as for a read; `None` if there is none.
///
/// # Errors
/// The store failed.
pub async fn refreshed(store: &Store, id: BuildId) -> Result<Option<Refreshed>> {
    let run = store.run(id).await?;
    if let Some(FinalView { view, .. }) = run.final_view() {
        return Ok(Some(Refreshed { view: view.clone(), is_complete: true }));
    }
    let Some(state) = load_with(store, id, run).await? else { return Ok(None) };
    let current = refresh(store, state).await?;
    let is_complete = current.is_complete();
    Ok(Some(Refreshed { view: current.view, is_complete }))
}

/// All records of a build; `None` if there is none.
///
/// # Errors
/// The store failed.
pub async fn load_if_present(store: &Store, id: BuildId) -> Result<Option<BuildState>> {
    let run = store.run(id).await?;
    load_with(store, id, run).await
}

/// The reply with the build that the path names, for a caller who may see it.
///
/// Costs two concurrent reads for a build that has ended, otherwise six. Then polls GitHub if a poll is due and no other
/// reader does it, and stores the result.
///
/// # Errors
/// 404 for a build that does not exist or is in somebody else's project.
pub async fn current_view(call: &Call, store: &Store) -> Result<Reply> {
    let (id, stored) = stored_run(call, store).await?;
    match stored.as_ref().and_then(|run| final_view_json(id, &run.json)) {
        Some(view) => Ok(Reply::json_text(StatusCode::OK, view.as_bytes().to_vec())),
        None => Ok(Reply::json(StatusCode::OK, &current(store, id, stored).await?.view)),
    }
}

/// The build as [`current_view`] shows it, with its stored state.
pub async fn current_state(call: &Call, store: &Store) -> Result<(BuildView, BuildState)> {
    let (id, stored) = stored_run(call, store).await?;
    let Current { view, state, .. } = current(store, id, stored).await?;
    match state {
        Loaded::All(state) => Ok((view, *state)),
        Loaded::Run(run) => {
            let state = load(store, view.build_id, run).await?;
            Ok((view, state))
        }
    }
}

/// The run record of the build that the path names, for a caller who may see it.
async fn stored_run(call: &Call, store: &Store) -> Result<(BuildId, Option<Stored<RunRecord>>)> {
    let id: BuildId = call.path_parameter("build", "build")?;
    let (run, members) = futures::join!(
        store.get_stored(keys::run(id.project, id.number)),
        store.get(keys::members(id.project))
    );
    call.require_role(members?.as_ref(), "build")?;
    Ok((id, run?))
}

async fn current(store: &Store, id: BuildId, stored: Option<Stored<RunRecord>>) -> Result<Current> {
    let run = RunRecord::stored_or_new(id, stored.map(Stored::parse).transpose()?);
    if let Some(FinalView { view, .. }) = run.final_view() {
        let view = view.clone();
        return Ok(Current { view, state: Loaded::Run(run), is_news: false });
    }
    let state = load(store, id, run).await?;
    let current = refresh(store, state).await?;
    if current.is_news {
        finish_after_read(store, &current.view, current.is_complete());
    }
    Ok(current)
}

async fn load(store: &Store, id: BuildId, run: RunRecord) -> Result<BuildState> {
    let state = load_with(store, id, run).await?;
    Ok(state.ok_or_else(|| Problem::not_found("build"))?)
}

async fn load_with(store: &Store, id: BuildId, run: RunRecord) -> Result<Option<BuildState>> {
    let (record, jobs, cancel_request, last_polled_at) = futures::join!(
        store.build_by_id(id),
        store.jobs(id),
        store.get(keys::cancel_request(id)),
        store.get(keys::last_polled_at(id))
    );
    let (jobs, cancel_request, last_polled_at) = (jobs?, cancel_request?, last_polled_at?);
    let state = |record| BuildState { record, run, jobs, cancel_request, last_polled_at };
    Ok(record?.map(state))
}

/// Polls GitHub where that is due, stores what is new, and the final view once everything is known.
async fn refresh(store: &Store, mut state: BuildState) -> Result<Current> {
    let timeouts = Limits::load().await?.timeouts;
    let was_final = evaluate_status(&state, timeouts.grace, now()).status.is_final();
    let mut found = PollFindings::default();
    let mut digest = None;
    let mut first = plan(&state, timeouts, now());
    if !first.is_empty() && !is_first_reader(store, &state, timeouts).await? {
        let view = view(&state, state.pushed_digest(), timeouts.grace, now());
        return Ok(Current::of_state(view, state));
    }
    if let Some(action) = first.waiting {
        note_poll(store, &mut state).await?;
        waiting::advance(store, &mut state, action).await?;
        first = plan(&state, timeouts, now());
        // Only other requests may go on with it now.
        first.waiting = None;
    }
    if let Some(resumption) = first.resume {
        note_poll(store, &mut state).await?;
        resume(store, &mut state, resumption).await?;
        first = plan(&state, timeouts, now());
    }
    if !first.is_empty() {
        let github = GitHub::new().await?;
        let had_ended = state.has_ended();
        let result = poll_and_merge(store, &github, &mut state, &first).await?;
        // Jobs that were listed together with the run may be older than the run's end.
        found.jobs_listed = had_ended && result.jobs.is_some();
        found.run_searched = result.run.is_some();
        digest = result.digest;
        if !had_ended && state.has_ended() {
            // Once the run has ended, its jobs and its image's digest are due without waiting.
            let second = plan(&state, timeouts, now());
            if !second.is_empty() {
                let result = poll_and_merge(store, &github, &mut state, &second).await?;
                found.jobs_listed = result.jobs.is_some();
                digest = result.digest;
            }
        }
    }
    found.digest_found = digest.is_some();
    if state.may_store_final_view(found, timeouts, now()) {
        return store_final_view(store, state, digest, timeouts).await;
    }
    let digest = digest.or_else(|| state.pushed_digest());
    let view = view(&state, digest, timeouts.grace, now());
    let is_news = view.status.is_final() && !was_final;
    Ok(Current { is_news, ..Current::of_state(view, state) })
}

/// Whether this reader polls. Of many who find at once that a poll is due, one does.
async fn is_first_reader(
    store: &Store,
    state: &BuildState,
    timeouts: BuildTimeouts,
) -> Result<bool> {
    if timeouts.poll_interval == 0 {
        return Ok(true); // Every reader polls.
    }
    let BuildRecord { id, created_at, .. } = state.record;
    let last = state.last_polled_at.unwrap_or(created_at);
    store.is_first(&WindowName::poll(id), Some(last)).await
}

/// Carries out a plan and merges the result into the state and the store. The time of the poll is stored first,
/// so that later readers do not poll too.
async fn poll_and_merge(
    store: &Store,
    github: &GitHub,
    state: &mut BuildState,
    plan: &Plan,
) -> Result<PollResult> {
    note_poll(store, state).await?;
    let result = match select(pin!(poll(github, state, plan)), pin!(sleep(POLL_TIMEOUT))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => PollResult::default(),
    };
    merge(store, state, &result).await?;
    Ok(result)
}

async fn note_poll(store: &Store, state: &mut BuildState) -> Result<()> {
    let at = now();
    store.set(keys::last_polled_at(state.record.id), &at).await?;
    state.last_polled_at = Some(at);
    Ok(())
}

/// Merges GitHub's responses. A webhook may have been stored during the poll, so the result is merged into the
/// records as stored now. Nothing is written if nothing is new.
async fn merge(store: &Store, state: &mut BuildState, result: &PollResult) -> Result<()> {
    if let Some(run) = &result.run
        && state.run.clone().merge(run.clone())
    {
        state.run = store.merge_run(run.clone()).await?;
    }
    if let Some(jobs) = &result.jobs
        && state.jobs.clone().merge(jobs.clone())
    {
        state.jobs = store.merge_jobs(jobs.clone()).await?;
    }
    Ok(())
}

/// Stores the final view, made from the records as stored now: a webhook may have changed them since they were
/// read. If there is a new attempt, the view is not stored.
async fn store_final_view(
    store: &Store,
    mut state: BuildState,
    digest: Option<Digest>,
    timeouts: BuildTimeouts,
) -> Result<Current> {
    let id = state.record.id;
    let (run, jobs, cancel_request) =
        futures::join!(store.run(id), store.jobs(id), store.get(keys::cancel_request(id)));
    let attempt_and_run =
        |run: &RunRecord| (run.attempt(), run.latest_run().map(|(key, facts)| (key, facts.phase)));
    let before = attempt_and_run(&state.run);
    state.run.merge_contents(run?);
    state.jobs.merge(jobs?);
    state.cancel_request = cancel_request?.or(state.cancel_request);
    let (attempt, latest) = attempt_and_run(&state.run);
    let digest = digest.or_else(|| state.pushed_digest());
    let view = view(&state, digest, timeouts.grace, now());
    if (attempt, latest) == before {
        let run_url = state.run.latest_run().and_then(|(_, facts)| facts.url.clone());
        let final_view = FinalView {
            attempt,
            latest,
            run_url,
            view: view.clone(),
            unknown_fields: UnknownFields::default(),
        };
        state.run.final_view = Some(Box::new(final_view));
        // Before the view, whose build is not looked at again. The request that created it may have failed to.
        note_newest_build(store, &state.record).await?;
        store.set_run(&state.run).await?;
        return Ok(Current { is_news: true, ..Current::of_state(view, state) });
    }
    Ok(Current::of_state(view, state))
}
