//! The repositories of which pushes build services: `reconcile` looks at some of them in each run, because GitHub does
//! not repeat an event that was lost.

use futures::future::{Either, join_all, select, try_join_all};
use nokube_domain::work::LinkedRepository;
use nokube_edge::{
    Error, Result, now, sleep,
    store::{Counter, Store, keys},
    warn,
    work::Walked,
};
use std::{pin::pin, time::Duration};

/// How many repositories a run looks at. Each costs a few requests to GitHub.
const MAX_LOOKS: usize = 5;
/// How many numbers a run reads to find them.
const MAX_NUMBERS: usize = 50;

/// Adds a repository to those that `reconcile` looks at. One read if it was added before; otherwise three writes more.
/// Two requests at once, or an interrupted one, may add it twice, which does no harm.
///
/// # Errors
/// The store failed.
pub async fn note_linked_repository(store: &Store, repository_id: u64) -> Result<()> {
    if store.get(keys::is_linked_repository(repository_id)).await? == Some(true) {
        return Ok(());
    }
    let number = store.increment(&Counter::linked_repositories()).await?;
    store.set(keys::linked_repository(number), &LinkedRepository::new(repository_id)).await?;
    store.set(keys::is_linked_repository(repository_id), &true).await
}

/// Looks at some of the repositories, by their numbers at GitHub, concurrently and within `time`. Each run continues where
/// the one before has ended.
/// At most 52 reads; two writes, and one for each repository, besides what the looks need.
///
/// # Errors
/// The store failed. If a look fails, that is logged: it is repeated when the repository is due again.
pub async fn look_at_some(
    store: &Store,
    time: Duration,
    look: impl AsyncFn(u64) -> Result<()>,
) -> Result<Walked> {
    let count = store.count(&Counter::linked_repositories()).await?;
    if count == 0 {
        return Ok(Walked::default());
    }
    let next = store.get(keys::next_linked_repository()).await?;
    let start = next.filter(|next| (1..=count).contains(next)).unwrap_or(1);
    let numbers: Vec<u32> = (start..=count).chain(1..start).take(MAX_NUMBERS).collect();
    let read = |number: &u32| store.get(keys::linked_repository(*number));
    let found = try_join_all(numbers.iter().map(read)).await?;
    let due = numbers.iter().zip(found).filter_map(|(number, found)| Some((*number, found?)));
    let mut due: Vec<_> = due.filter(|(_, repository)| repository.is_due(now())).collect();
    let later = due.split_off(due.len().min(MAX_LOOKS));
    let next = match later.first() {
        Some((number, _)) => *number,
        // After the last number that was read, or again from the beginning on.
        None => numbers.last().map_or(1, |last| last % count + 1),
    };
    if next != start {
        store.set(keys::next_linked_repository(), &next).await?;
    }
    let looks = due.into_iter().map(|(number, repository)| {
        let look = look_at(store, number, repository, &look);
        async move {
            match select(pin!(look), pin!(sleep(time))).await {
                Either::Left((looked, _)) => looked,
                Either::Right(_) => Err(Error::internal("look at it", "it takes too long")),
            }
        }
    });
    let mut walked = Walked { done: 0, remaining: u32::try_from(later.len()).unwrap_or(u32::MAX) };
    for looked in join_all(looks).await {
        match looked {
            Ok(()) => walked.done = walked.done.saturating_add(1),
            Err(error) => warn(format_args!("a linked repository was not looked at: {error}")),
        }
    }
    Ok(walked)
}

/// The time is stored first, so that an interrupted run does not make another one look at once.
async fn look_at(
    store: &Store,
    number: u32,
    mut repository: LinkedRepository,
    look: &impl AsyncFn(u64) -> Result<()>,
) -> Result<()> {
    repository.looked_at = Some(now());
    store.set(keys::linked_repository(number), &repository).await?;
    look(repository.repository_id).await
}
