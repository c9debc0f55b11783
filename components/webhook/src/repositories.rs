//! What GitHub says about a repository that services are built from is left to the component `builds`.
//!
//! Of an event that is about no service, nothing is stored: it costs one read. Otherwise it becomes an item in a queue,
//! with two writes. A private call sends `builds` the item's number. If that call is lost, a read of the service or
//! `/api/v1/reconcile` does the work.

use crate::receive::{Outcome, STORED};
use nokube_domain::{
    BuildId,
    pushes::{RepositoryChange, RepositoryEvent},
    work::BuildTask,
};
use nokube_edge::{
    Result, chaining, now, spawn_for,
    store::{Counter, Store},
    work::WorkQueue,
};
use std::time::Duration;

/// How long `builds` may take. What is not done then stays in the queue.
const BUILDS_TIMEOUT: Duration = Duration::from_secs(20);

const NO_SERVICE: Outcome = ("ignored", Some("no service is built by pushes to this repository"));

/// Stores the event if services are built by pushes to the repository.
pub async fn add_to_queue(repository_id: u64, change: RepositoryChange) -> Result<Outcome> {
    let store = Store::open().await?;
    if store.count(&Counter::push_services(repository_id)).await? == 0 {
        return Ok(NO_SERVICE);
    }
    let event = RepositoryEvent {
        repository_id,
        received_at: now(),
        change,
        unknown_fields: Default::default(),
    };
    let number = WorkQueue::builds().add(&store, &BuildTask::Repository(Box::new(event))).await?;
    notify_builds(format!("/internal/work/{number}"));
    Ok(STORED)
}

/// Has `builds` look at a build of which GitHub has said something new.
pub fn look_at_build(build: BuildId) {
    notify_builds(format!("/internal/builds/{build}"));
}

/// GitHub waits for the response to its webhook, so this does not. The call has no credentials, and its path says no more
/// than what to look at (ADR 34). If it fails, that is a line in the log.
fn notify_builds(path: String) {
    // The call ends first, so that its failure is logged.
    spawn_for(BUILDS_TIMEOUT + Duration::from_secs(1), async move {
        chaining::post("builds", &path, BUILDS_TIMEOUT).await;
    });
}
