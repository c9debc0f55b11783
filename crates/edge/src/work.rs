//! Queues of work that is left after a response. See [`nokube_domain::work`] for how they are walked.

use crate::{
    error::{Error, Result},
    host::{now, sleep},
    store::{
        Counter, Store,
        keys::{self, Key},
    },
    telemetry::warn,
};
use futures::{
    StreamExt,
    future::{Either, select, try_join_all},
    stream,
};
use nokube_domain::{
    BuildId, DeploymentId, Timestamp,
    responses::ReconciledPart,
    work::{BuildTask, Found, QueueWalk, WorkProgress, is_given_up, may_store_item},
};
use serde::{Serialize, de::DeserializeOwned, de::IgnoredAny};
use std::{cell::Cell, marker::PhantomData, pin::pin, time::Duration};

pub use nokube_domain::work::{Progress, Walked, WorkItem};

/// Numbers that are read concurrently.
const CHUNK: usize = 16;

/// A queue of tasks of type `T`. An item may be processed by several requests at once, and again after it was done: a
/// request that is interrupted leaves it.
pub struct WorkQueue<T> {
    name: &'static str,
    /// How many items a walk processes concurrently.
    at_once: usize,
    task: PhantomData<fn() -> T>,
}

/// What a walk may do.
#[derive(Clone, Copy, Debug)]
pub struct WalkLimits {
    /// Items that are processed.
    pub max_items: usize,
    /// When the walk ends. No item is begun in the second half of this time; what is still being processed at its end
    /// is abandoned, and stays in the queue.
    pub time: Duration,
}

impl WorkQueue<BuildTask> {
    /// What was said about repositories, and builds that have not ended.
    pub fn builds() -> Self {
        Self::new("builds", 4)
    }
}

impl WorkQueue<BuildId> {
    /// Builds that wait for capacity, in the order in which they get it.
    pub fn waiting() -> Self {
        Self::new("waiting", 1)
    }
}

impl WorkQueue<DeploymentId> {
    /// Deployments with a revision of which the outcome is not known.
    pub fn deployments() -> Self {
        Self::new("deployments", 4)
    }
}

impl<T: Serialize + DeserializeOwned> WorkQueue<T> {
    fn new(name: &'static str, at_once: usize) -> Self {
        Self { name, at_once, task: PhantomData }
    }

    /// Adds an item and returns its number: two writes.
    ///
    /// # Errors
    /// The store failed, or was so slow that the item would be overlooked.
    pub async fn add(&self, store: &Store, task: &T) -> Result<u32> {
        let begun_at = now();
        let number = store.increment(&Counter::work_items(self.name)).await?;
        let added_at = now();
        if !may_store_item(begun_at, added_at) {
            let detail = format!("add to the queue {}: the store is too slow", self.name);
            return Err(Error::StoreUnavailable(detail));
        }
        let item = WorkItem { added_at, task };
        store.set(keys::work_item(self.name, number), &item).await?;
        Ok(number)
    }

    /// An item; `None` if it is done. One read.
    ///
    /// # Errors
    /// The store failed, or the item is of another release.
    pub async fn get(&self, store: &Store, number: u32) -> Result<Option<WorkItem<T>>> {
        store.get(self.key(number)).await
    }

    /// Removes an item that is done. One write.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, store: &Store, number: u32) -> Result<()> {
        store.delete(self.key(number)).await
    }

    /// Processes the items in the order of their numbers, and removes those that are done. An item that fails stays,
    /// for a week. Two reads, one for each number since the oldest item; one write if the queue has changed, and one
    /// for each item that is done.
    ///
    /// # Errors
    /// The store failed.
    pub async fn walk(
        &self,
        store: &Store,
        limits: WalkLimits,
        process: impl AsyncFn(u32, WorkItem<T>) -> Result<Progress>,
    ) -> Result<Walked> {
        let begun_at = now();
        let stored: Option<WorkProgress> = store.get(keys::work_progress(self.name)).await?;
        let count = store.count(&Counter::work_items(self.name)).await?;
        let mut walk = QueueWalk::begin(stored, count, now());
        let budget = Budget { begun_at, limits, begun_items: Cell::new(0) };
        let numbers = walk.numbers();
        let last = *numbers.end();
        for first in numbers.step_by(CHUNK) {
            if !budget.has_time_to_begin() {
                break;
            }
            let chunk: Vec<u32> = (first..=last).take(CHUNK).collect();
            let found = self.process_chunk(store, &chunk, &budget, &process).await?;
            // After the first item that was not begun, nothing counts as looked at.
            let is_complete = found.iter().all(Option::is_some);
            found.into_iter().map_while(|found| found).for_each(|found| walk.record(found));
            if !is_complete {
                break;
            }
        }
        let (progress, walked) = walk.end();
        if let Some(progress) = progress {
            store.set(keys::work_progress(self.name), &progress).await?;
        }
        Ok(walked)
    }

    /// What was found at each of these numbers; `None` for an item that was not begun.
    async fn process_chunk(
        &self,
        store: &Store,
        numbers: &[u32],
        budget: &Budget,
        process: &impl AsyncFn(u32, WorkItem<T>) -> Result<Progress>,
    ) -> Result<Vec<Option<Found>>> {
        let read = |number: u32| store.get_stored(self.key(number));
        let items = try_join_all(numbers.iter().copied().map(read)).await?;
        let found = numbers.iter().zip(items).map(async |(number, item)| match item {
            None => Some(Found::Nothing),
            Some(_) if !budget.begin_item() => None,
            Some(item) => {
                let is_done = self.process_item(*number, &item.json, budget, process).await;
                let is_removed = is_done && self.is_removed(store, *number).await;
                Some(if is_removed { Found::Done } else { Found::Left })
            }
        });
        Ok(stream::iter(found).buffered(self.at_once).collect().await)
    }

    /// Whether the item is done, or is given up.
    async fn process_item(
        &self,
        number: u32,
        json: &[u8],
        budget: &Budget,
        process: &impl AsyncFn(u32, WorkItem<T>) -> Result<Progress>,
    ) -> bool {
        let error = match serde_json::from_slice::<WorkItem<T>>(json) {
            Ok(item) => {
                let end = sleep(budget.time_left());
                match select(pin!(process(number, item)), pin!(end)).await {
                    Either::Left((Ok(progress), _)) => return progress == Progress::Done,
                    Either::Left((Err(error), _)) => error,
                    Either::Right(_) => Error::internal("process it", "it takes too long"),
                }
            }
            Err(error) => Error::internal("read it", error),
        };
        let item: Option<WorkItem<IgnoredAny>> = serde_json::from_slice(json).ok();
        let is_given_up = item.is_none_or(|item| is_given_up(item.added_at, now()));
        let rest = if is_given_up { "is given up" } else { "stays" };
        warn(format_args!("item {number} of the queue {} {rest}: {error}", self.name));
        is_given_up
    }

    async fn is_removed(&self, store: &Store, number: u32) -> bool {
        let removed = self.remove(store, number).await;
        if let Err(error) = &removed {
            warn(format_args!("item {number} of the queue {} is not removed: {error}", self.name));
        }
        removed.is_ok()
    }

    fn key(&self, number: u32) -> Key<WorkItem<T>> {
        keys::work_item(self.name, number)
    }
}

/// A part of a run of `/api/v1/reconcile`. An error is logged.
pub fn reconciled(name: &str, walked: Result<Walked>) -> ReconciledPart {
    if let Err(error) = &walked {
        warn(format_args!("reconcile: {name}: {error}"));
    }
    let ok = walked.is_ok();
    let Walked { done, remaining } = walked.unwrap_or_default();
    ReconciledPart { name: name.into(), ok, done, remaining }
}

/// What is left of the limits of a walk.
struct Budget {
    begun_at: Timestamp,
    limits: WalkLimits,
    begun_items: Cell<usize>,
}

impl Budget {
    fn time_left(&self) -> Duration {
        self.limits.time.saturating_sub(self.time_passed())
    }

    fn time_passed(&self) -> Duration {
        now().duration_since(self.begun_at).try_into().unwrap_or_default()
    }

    fn has_time_to_begin(&self) -> bool {
        self.time_passed() < self.limits.time / 2
    }

    /// Counts one more item, if that may be begun.
    fn begin_item(&self) -> bool {
        let begun = self.begun_items.get();
        let may_begin = begun < self.limits.max_items && self.has_time_to_begin();
        if may_begin {
            self.begun_items.set(begun.saturating_add(1));
        }
        may_begin
    }
}
