//! Which pull requests of a service were seen: those with records.

use super::places;
use futures::future::try_join_all;
use nokube_domain::{ProjectId, name::ServiceName};
use nokube_edge::{
    Result,
    store::{Counter, Store, keys},
};
use std::collections::BTreeSet;

/// How many are listed, the newest ones.
const MAX_SEEN: u32 = 50;

/// Adds a pull request to those that were seen, before its first record is written. One read if it was added before;
/// otherwise three writes more. Two requests at once, or an interrupted one, may add it twice, which does no harm.
///
/// # Errors
/// The store failed.
pub async fn note(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    pull_request: u32,
) -> Result<()> {
    if was_seen(store, project, name, pull_request).await? {
        return Ok(());
    }
    let number = store.increment(&Counter::pull_requests(project, name)).await?;
    store.set(keys::pull_request(project, name, number), &pull_request).await?;
    store.set(keys::is_pull_request(project, name, pull_request), &true).await
}

/// Whether a pull request may have records. One read.
///
/// # Errors
/// The store failed.
pub async fn was_seen(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    pull_request: u32,
) -> Result<bool> {
    Ok(store.get(keys::is_pull_request(project, name, pull_request)).await? == Some(true))
}

/// The pull requests that were seen last, by their numbers. One read for each, and one.
///
/// # Errors
/// The store failed.
async fn newest(store: &Store, project: ProjectId, name: &ServiceName) -> Result<BTreeSet<u32>> {
    let count = store.count(&Counter::pull_requests(project, name)).await?;
    let numbers = count.saturating_sub(MAX_SEEN).saturating_add(1)..=count;
    let reads = numbers.map(|number| store.get(keys::pull_request(project, name, number)));
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// As [`newest`], with those that were seen earlier and may still have a preview.
///
/// # Errors
/// The store failed.
pub async fn with_previews(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
) -> Result<BTreeSet<u32>> {
    let (newest, holders) =
        futures::join!(newest(store, project, name), places::holders(store, project, name));
    let mut all = newest?;
    all.extend(holders?);
    Ok(all)
}
