//! Builds that wait until the project's owner may have one more unfinished build.
//!
//! Such a build is dispatched by a read of it, by the end of another build, and by `reconcile`. Each of them takes a place
//! for it and then reserves the attempt, so exactly one dispatches it; the place of another one is free at once. The
//! attempt is marked in the run record before it is sent to GitHub: it is never sent twice.

use crate::{
    github::{self, GitHub, PresentSource, dispatch},
    places::{self, Attempt, Room},
    pushes::{refusal, stored_refusal, target_state},
    resume::{in_time, present_source},
    settings::Limits,
    status,
};
use nokube_domain::{
    BuildId, Person, Timestamp,
    builds::{
        AttemptRequest, BuildState, CancelMode, CancelRequest, RunRecord, WaitingAction,
        evaluate_status,
    },
    repository::Repository,
};
use nokube_edge::{
    Error, Result, now, random,
    reservation::{Reservation, reserve},
    store::{Store, keys},
    warn,
    work::{Progress, WalkLimits, Walked, WorkItem, WorkQueue},
};
use std::{cell::RefCell, collections::HashSet, time::Duration};

/// What one walk may do.
const WALK: WalkLimits = WalkLimits { max_items: 50, time: Duration::from_secs(3) };

/// Whether a build of a push is for the newest commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetState {
    Newest,
    /// Since this time another commit is the target, or the target has another build.
    Superseded(Timestamp),
    /// The build is just being created.
    Unknown,
}

/// What became of an attempt that waited for capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It no longer waits.
    Settled,
    /// Another request may be about to dispatch it, or GitHub does not answer.
    Later,
    /// The owner has as many unfinished builds as allowed.
    NoCapacity,
}

/// Goes on with an attempt that waits, and merges the result into the state and the store.
pub async fn advance(
    store: &Store,
    state: &mut BuildState,
    action: WaitingAction,
) -> Result<Outcome> {
    let withdrawal = |superseded| Decision::Withdraw { superseded };
    let decision = match action {
        WaitingAction::Withdraw => withdrawal(state.is_superseded()),
        WaitingAction::Dispatch => match target_state(store, &state.record).await? {
            TargetState::Newest => match decide(store, state).await? {
                Some(decision) => decision,
                None => return Ok(Outcome::Later),
            },
            TargetState::Superseded(_) => withdrawal(true),
            TargetState::Unknown => return Ok(Outcome::Later),
        },
    };
    claim(store, state, decision).await
}

/// What is done with an attempt once it is claimed.
enum Decision {
    Withdraw {
        superseded: bool,
    },
    Reject(String),
    Dispatch {
        /// Of the project.
        owner: Person,
        /// The present name of the source.
        repository: Repository,
    },
}

/// What is to be done with an attempt that is to be dispatched. `None` if GitHub does not answer.
async fn decide(store: &Store, state: &BuildState) -> Result<Option<Decision>> {
    let project = state.record.id.project;
    let Some(members) = store.get(keys::members(project)).await? else {
        let reason = "The project was deleted before the build was dispatched.";
        return Ok(Some(Decision::Reject(reason.into())));
    };
    let github = GitHub::new().await?;
    match in_time(refusal(store, &github, &state.record)).await? {
        None => return Ok(None),
        Some(Some(reason)) => return Ok(Some(Decision::Reject(reason.into()))),
        Some(None) => {}
    }
    let source = present_source(&github, &state.record).await?;
    Ok(source.map(|source| match source {
        PresentSource::Lost(reason) => Decision::Reject(reason),
        PresentSource::Readable(repository) => {
            Decision::Dispatch { owner: members.owner, repository }
        }
    }))
}

/// Carries out a decision, unless another request has claimed the attempt. Four writes to dispatch it, and two more with
/// a limit; three otherwise.
async fn claim(store: &Store, state: &mut BuildState, decision: Decision) -> Result<Outcome> {
    let (id, attempt) = (state.record.id, state.run.attempt());
    let claimed_by = random()?;
    // Before the attempt is claimed, because without a place it stays in the queue.
    let room = match &decision {
        Decision::Dispatch { owner, .. } => {
            let (attempt, is_preview) =
                (Attempt::waiting(id, attempt, claimed_by), state.record.pull_request().is_some());
            places::find_room(store, owner, &attempt, is_preview).await?
        }
        Decision::Withdraw { .. } | Decision::Reject(_) => Room::Unlimited,
    };
    if matches!(room, Room::Full(_)) {
        return Ok(Outcome::NoCapacity);
    }
    let lease = match reserve::<AttemptRequest>(store, &format!("waiting/{id}/{attempt}")).await? {
        Reservation::Acquired(lease) => lease,
        Reservation::Existing(request) => {
            // The run record may have lost the claim, in a race.
            room.release(store).await?;
            let claimed = RunRecord::with_attempt_request(id, attempt, request);
            state.run = store.merge_run(claimed.with_updated_at(now())).await?;
            return Ok(Outcome::Settled);
        }
        Reservation::Pending => {
            room.release(store).await?;
            return Ok(Outcome::Later);
        }
    };
    // It may have been claimed since it was read.
    state.run = store.run(id).await?;
    if state.run.attempt() != attempt || !state.run.waits_for_capacity() {
        room.release(store).await?;
        return Ok(Outcome::Settled);
    }
    let request = decision.request(claimed_by);
    let mut update = RunRecord::with_attempt_request(id, attempt, request.clone());
    state.run = store.merge_run(update.clone().with_updated_at(now())).await?;
    lease.complete(store, &request).await?;
    let Decision::Dispatch { repository, .. } = decision else { return Ok(Outcome::Settled) };
    if !(lease.is_valid() && room.is_valid()) {
        // Another request may have claimed it too.
        return Err(Error::too_slow("dispatch a build that waited"));
    }
    update.merge_contents(send(store, state, repository, attempt).await?);
    state.run = store.merge_run(update.with_updated_at(now())).await?;
    Ok(Outcome::Settled)
}

impl Decision {
    /// What is stored about the attempt.
    fn request(&self, claimed_by: u64) -> AttemptRequest {
        let at = now();
        let request = AttemptRequest::new(at, None);
        match self {
            Self::Withdraw { superseded } => {
                AttemptRequest { withdrawn_at: Some(at), superseded: *superseded, ..request }
            }
            Self::Reject(reason) => AttemptRequest { rejection: Some(reason.clone()), ..request },
            Self::Dispatch { .. } => AttemptRequest {
                dispatched_at: Some(at),
                dispatched_by: Some(claimed_by),
                ..request
            },
        }
    }
}

/// Sends an attempt that was claimed, unless it was cancelled or may no longer be dispatched. Returns what is known of it
/// then.
async fn send(
    store: &Store,
    state: &mut BuildState,
    repository: Repository,
    attempt: u32,
) -> Result<RunRecord> {
    let id = state.record.id;
    let (project, cancel_request, refusal) = futures::join!(
        store.get(keys::project(id.project)),
        store.get(keys::cancel_request(id)),
        stored_refusal(store, &state.record)
    );
    state.cancel_request = cancel_request?;
    let decision = if project?.is_none() {
        let reason = "The project was deleted before the build was dispatched.";
        Decision::Reject(reason.to_owned())
    } else if let Some(reason) = refusal? {
        Decision::Reject(reason.to_owned())
    } else if state.current_cancel_request().is_some() {
        Decision::Withdraw { superseded: state.is_superseded() }
    } else {
        let build = state.record.with_repository(repository);
        return dispatch(&GitHub::new().await?, &build, attempt).await;
    };
    Ok(RunRecord::with_attempt_request(id, attempt, decision.request(0)))
}

/// Dispatches the builds that wait, in their order, as far as there is capacity.
///
/// # Errors
/// The store failed.
pub async fn dispatch_waiting(store: &Store) -> Result<Walked> {
    let without_capacity = RefCell::new(HashSet::new());
    let dispatch = async |_, item: WorkItem<BuildId>| {
        let id = item.task;
        let Some(mut state) = status::load_if_present(store, id).await? else {
            return Ok(Progress::Done);
        };
        let grace = Limits::load().await?.timeouts.grace;
        let Some(action) = state.waiting_action(grace, now()) else { return Ok(Progress::Done) };
        let (owner, is_preview) =
            (state.record.owner.clone(), state.record.pull_request().is_some());
        // Where there is no room for a preview, there may be some for a service.
        let is_full = [false, is_preview]
            .map(|of_preview| without_capacity.borrow().contains(&(owner.clone(), of_preview)))
            .contains(&true);
        if action == WaitingAction::Dispatch && is_full {
            return Ok(Progress::Later);
        }
        Ok(match advance(store, &mut state, action).await? {
            Outcome::Settled => Progress::Done,
            Outcome::Later => Progress::Later,
            Outcome::NoCapacity => {
                without_capacity.borrow_mut().insert((owner, is_preview));
                Progress::Later
            }
        })
    };
    WorkQueue::waiting().walk(store, WALK, dispatch).await
}

/// Ends a build of a push because another commit has been the target since `since`. A build that was never dispatched is
/// withdrawn, and one that runs is cancelled at GitHub. One that has ended stays as it is, and so does an attempt that
/// somebody requested later. May be repeated.
///
/// # Errors
/// The store failed. A request that GitHub does not get is sent again when the build is followed.
pub async fn supersede(
    store: &Store,
    github: &GitHub,
    id: BuildId,
    since: Timestamp,
) -> Result<()> {
    let Some(mut state) = status::load_if_present(store, id).await? else { return Ok(()) };
    let grace = Limits::load().await?.timeouts.grace;
    let has_ended = evaluate_status(&state, grace, now()).status.is_final();
    if has_ended || is_requested_after(&state, since) || state.current_cancel_request().is_some() {
        return Ok(());
    }
    let attempt = state.run.attempt();
    let request = CancelRequest { superseded: true, ..CancelRequest::new(attempt, now()) };
    store.set(keys::cancel_request(id), &request).await?;
    state.cancel_request = Some(request);
    withdraw(store, &mut state).await?;
    if let Some(run) = state.current_run() {
        match github::cancel(github, run, CancelMode::Normal).await {
            Err(Error::Problem(problem)) => {
                warn(format_args!("{id} is not cancelled yet: {}", problem.detail));
            }
            result => result?,
        }
    }
    Ok(())
}

/// Whether somebody has requested the current attempt, of a build that a push requested, after `since`.
fn is_requested_after(state: &BuildState, since: Timestamp) -> bool {
    let attempt = state.run.attempt();
    let request = state.run.attempt_requests.get(&attempt);
    let requested_at = request.map_or(state.attempt_requested_at(), |request| request.requested_at);
    attempt > 1 && requested_at > since
}

/// Withdraws the current attempt if it waits for capacity. A request to cancel it is stored.
///
/// # Errors
/// The store failed.
pub async fn withdraw(store: &Store, state: &mut BuildState) -> Result<()> {
    if state.run.waits_for_capacity() {
        advance(store, state, WaitingAction::Withdraw).await?;
    }
    Ok(())
}
