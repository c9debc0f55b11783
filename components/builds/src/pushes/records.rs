//! The records of a service's pushes in the store.

use super::LinkedService;
use futures::future::try_join_all;
use nokube_domain::{ProjectId, name::ServiceName, pushes::PushRecord};
use nokube_edge::{
    Result,
    services::{KEPT_PUSHES, MAX_PUSH_GAP},
    store::{Counter, Store, keys},
};

/// How many numbers are read at a time while a record is looked for: the newest one usually is it.
const CHUNKS: [u32; 3] = [1, 8, 32];

/// How many numbers are looked through for earlier targets.
const MAX_EARLIER: u32 = 40;

/// The newest record since the service was linked, of the numbers below `below`. One read for each number that is looked
/// at.
pub async fn newest_below(
    store: &Store,
    service: &LinkedService,
    below: u32,
) -> Result<Option<PushRecord>> {
    let LinkedService { project, name, linked, .. } = service;
    let oldest = below.saturating_sub(KEPT_PUSHES).max(linked.since);
    let mut end = below;
    let mut chunks = CHUNKS.into_iter().chain(std::iter::repeat(KEPT_PUSHES));
    while end > oldest {
        let start = end.saturating_sub(chunks.next().unwrap_or(KEPT_PUSHES)).max(oldest);
        let records = in_range(store, *project, name, start..end).await?;
        if let Some(found) = records.into_iter().find(|record| record.since == linked.since) {
            return Ok(Some(found));
        }
        end = start;
    }
    Ok(None)
}

/// The newest record of what a service is built from now: two reads.
pub async fn newest(store: &Store, service: &LinkedService) -> Result<Option<PushRecord>> {
    let count = store.count(&Counter::pushes(service.project, &service.name)).await?;
    newest_below(store, service, count.saturating_add(1)).await
}

/// The newest records, at most `max` numbers of them, the newest first.
pub async fn recent(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    max: u32,
) -> Result<Vec<PushRecord>> {
    let end = store.count(&Counter::pushes(project, name)).await?.saturating_add(1);
    in_range(store, project, name, end.saturating_sub(max).max(1)..end).await
}

/// The records with these numbers, the newest first.
pub async fn in_range(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    numbers: std::ops::Range<u32>,
) -> Result<Vec<PushRecord>> {
    let reads = numbers.rev().map(|number| store.get(keys::push(project, name, number)));
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// Writes a record, and deletes those that are too old. `earlier` is the number of the newest earlier record.
pub async fn write(
    store: &Store,
    service: &LinkedService,
    record: &PushRecord,
    earlier: u32,
) -> Result<()> {
    let LinkedService { project, name, .. } = service;
    let number = record.number;
    store.set(keys::push(*project, name, number), record).await?;
    // A deletion deletes the saved source first, so at least one of the two requests sees the other.
    let stored = store.get(keys::service(*project, name)).await?;
    if stored.is_none_or(|stored| stored.source.is_none()) {
        return store.delete(keys::push(*project, name, number)).await;
    }
    let last = number.saturating_sub(KEPT_PUSHES);
    let first = earlier.saturating_sub(KEPT_PUSHES).max(last.saturating_sub(MAX_PUSH_GAP));
    for old in first.saturating_add(1)..=last {
        store.delete(keys::push(*project, name, old)).await?;
    }
    Ok(())
}

/// A record and those before it, the newest first.
pub async fn up_to(
    store: &Store,
    service: &LinkedService,
    newest: &PushRecord,
) -> Result<Vec<PushRecord>> {
    let LinkedService { project, name, linked, .. } = service;
    let first = newest.number.saturating_sub(MAX_EARLIER).max(linked.since);
    let end = newest.number.saturating_add(1);
    let mut records = in_range(store, *project, name, first..end).await?;
    records.retain(|record| record.since == linked.since);
    Ok(records)
}
