//! Sends an attempt again that GitHub did not accept because of its rate limits.

use crate::{
    github::{GitHub, PresentSource, dispatch, find_present_source, rerun},
    pushes::stored_refusal,
};
use futures::future::{Either, select};
use nokube_domain::builds::{
    AttemptRequest, BuildRecord, BuildState, Resume, ResumeAction, RunRecord,
};
use nokube_edge::{
    Error, Result, now, sleep,
    store::{Counter, Store, keys},
};
use std::{pin::pin, time::Duration};

/// How long a read waits for GitHub's response about the source; then it responds from the store.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(4);

/// Seconds after the end of a limit from which an attempt counts as taken by a reader that has crashed.
const ABANDONED_AFTER: i64 = 60;

/// Sends the request again, unless another reader does, and merges the result into the state and the store.
///
/// The reader that increments the counter of this limit first sends it, and no other reader does. If that reader's
/// request is interrupted, it is unknown whether GitHub received the dispatch. So the run is searched for by its title
/// until the grace period is over, as after any other dispatch.
pub async fn resume(store: &Store, state: &mut BuildState, resume: Resume) -> Result<()> {
    let Resume { attempt, limited_until, action } = resume;
    let id = state.record.id;
    let github = GitHub::new().await?;
    // Before the attempt is claimed, so that a later reader can try if GitHub does not answer.
    let source = match action {
        ResumeAction::Withdraw => None,
        ResumeAction::Dispatch | ResumeAction::Rerun(_) => {
            let found = present_source(&github, &state.record).await?;
            if found.is_none() {
                return Ok(());
            }
            found
        }
    };
    let counter = Counter::resumptions(id, attempt, limited_until);
    let is_claimed = store.increment(&counter).await? == 1;
    let at = now();
    let resumed_at = Some(at.max(limited_until));
    let resumed = AttemptRequest { resumed_at, ..AttemptRequest::new(at, None) };
    let mut update = RunRecord::with_attempt_request(id, attempt, resumed);
    if is_claimed {
        state.run = store.merge_run(update.clone().with_updated_at(at)).await?;
        update.merge_contents(send(store, &github, state, resume, source).await?);
    } else {
        state.run = store.run(id).await?;
        // A later limit must not count as taken. So a reader that did not claim this one writes only what a crash has
        // left out.
        let waits_until = state.run.pending_request().and_then(AttemptRequest::waits_until);
        let since = at.as_second() - limited_until.as_second();
        if waits_until != Some(limited_until) || since < ABANDONED_AFTER {
            return Ok(());
        }
    }
    state.run = store.merge_run(update.with_updated_at(now())).await?;
    Ok(())
}

/// The source of a build as it is now; `None` if GitHub does not answer soon.
///
/// # Errors
/// Only the platform's own.
pub async fn present_source(github: &GitHub, build: &BuildRecord) -> Result<Option<PresentSource>> {
    in_time(find_present_source(github, build)).await
}

/// What GitHub says; `None` if it does not answer soon.
///
/// # Errors
/// Only the platform's own.
pub async fn in_time<T>(asked: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    match select(pin!(asked), pin!(sleep(SOURCE_TIMEOUT))).await {
        Either::Left((Ok(found), _)) => Ok(Some(found)),
        Either::Left((Err(Error::Problem(_)), _)) | Either::Right(_) => Ok(None),
        Either::Left((Err(error), _)) => Err(error),
    }
}

/// Carries out what was claimed, and returns what is known of the attempt then.
async fn send(
    store: &Store,
    github: &GitHub,
    state: &BuildState,
    Resume { attempt, action, .. }: Resume,
    source: Option<PresentSource>,
) -> Result<RunRecord> {
    let build = &state.record;
    let (id, at, superseded) = (build.id, now(), state.is_superseded());
    let (run, repository) = match (action, source) {
        (ResumeAction::Withdraw, _) | (_, None) => {
            let request = AttemptRequest::new(at, None);
            let withdrawn = AttemptRequest { withdrawn_at: Some(at), superseded, ..request };
            return Ok(RunRecord::with_attempt_request(id, attempt, withdrawn));
        }
        (_, Some(PresentSource::Lost(reason))) => {
            return Ok(RunRecord::with_rejection(id, attempt, at, reason));
        }
        (ResumeAction::Dispatch, Some(PresentSource::Readable(name))) => (None, name),
        (ResumeAction::Rerun(run), Some(PresentSource::Readable(name))) => (Some(run), name),
    };
    // The project may have been deleted since the read began.
    if store.get(keys::project(id.project)).await?.is_none() {
        let reason = "The project was deleted before GitHub took the build.".to_owned();
        return Ok(RunRecord::with_rejection(id, attempt, at, reason));
    }
    // So may what a push may build, and which commit of a fork.
    if let Some(reason) = stored_refusal(store, build).await? {
        return Ok(RunRecord::with_rejection(id, attempt, at, reason.to_owned()));
    }
    match run {
        Some(run) => rerun(github, build, run, attempt).await,
        None => dispatch(github, &build.with_repository(repository), attempt).await,
    }
}
