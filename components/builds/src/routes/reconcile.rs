//! `POST /internal/reconcile`: carries out what is left of builds and pushes. `platform` calls it, but it is harmless from
//! anybody.

use crate::{
    github::GitHub, linked_repositories::look_at_some, pushes::look_at_repository,
    waiting::dispatch_waiting, work::process,
};
use futures::future::{Either, select};
use http::StatusCode;
use nokube_domain::Timestamp;
use nokube_edge::{
    Call, Error, Reply, Result, now, sleep,
    store::Store,
    work::{WalkLimits, Walked, WorkQueue, reconciled},
};
use std::{pin::pin, time::Duration};

/// What a run may do in the queue of builds.
const BUILDS: WalkLimits = WalkLimits { max_items: 50, time: Duration::from_secs(5) };
/// When the other parts of the run end. `platform` waits a little longer.
const WAITING_END: Duration = Duration::from_secs(7);
const REPOSITORIES_END: Duration = Duration::from_millis(8_500);

pub async fn reconcile(_: Call) -> Result<Reply> {
    let begun_at = now();
    let (store, github) = (Store::open().await?, GitHub::new().await?);
    // In this order: what is processed first may leave builds that wait for capacity.
    let builds = reconciled("builds", process_builds(&store, &github).await);
    let waiting = dispatch_within(&store, time_left(begun_at, WAITING_END)).await;
    let waiting = reconciled("waiting_builds", waiting);
    let look = async |repository| look_at_repository(&store, &github, repository).await;
    let looks = look_at_some(&store, time_left(begun_at, REPOSITORIES_END), look).await;
    let repositories = reconciled("repositories", looks);
    Ok(Reply::json(StatusCode::OK, &[builds, waiting, repositories]))
}

fn time_left(begun_at: Timestamp, end: Duration) -> Duration {
    let passed = Duration::try_from(now().duration_since(begun_at)).unwrap_or_default();
    end.saturating_sub(passed)
}

async fn dispatch_within(store: &Store, time: Duration) -> Result<Walked> {
    match select(pin!(dispatch_waiting(store)), pin!(sleep(time))).await {
        Either::Left((walked, _)) => walked,
        Either::Right(_) => Err(Error::internal("dispatch waiting builds", "it takes too long")),
    }
}

/// Events that were not processed when they came, and builds that have not ended.
async fn process_builds(store: &Store, github: &GitHub) -> Result<Walked> {
    let process = async |number, item| process(store, github, number, &item).await;
    WorkQueue::builds().walk(store, BUILDS, process).await
}
