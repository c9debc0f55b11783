//! Reads of other systems that serve many readers. See [`nokube_domain::cache`].

use super::{
    Store,
    keys::{self, Counter, WindowName},
};
use crate::{
    error::{Error, Result},
    host::{now, sleep},
    telemetry::warn,
};
use futures::future::try_join_all;
use nokube_domain::{
    Timestamp,
    cache::{CacheEntry, Freshness},
    window::Window,
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// How long a reader waits for another one who reads; then one of those who wait reads too.
const TURN: Duration = Duration::from_secs(2);
/// How long a reader waits at most.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How often a reader who waits looks for the result: each wait is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(25);
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// How a value was found.
#[derive(Debug)]
pub enum CacheRead<T> {
    /// This reader has read it from the other system.
    New(T),
    Cached(T),
    /// Others are reading it, and it takes long.
    Pending,
}

impl Store {
    /// What is cached under `name`, or what `read` returns. If several requests find at once that the cached value is too
    /// old, one of them reads. The others get the stale value, or wait for the new one. `entry` is what was stored when
    /// the request began; `freshness` says for whom a value is good enough. `read` gets the value that it replaces.
    ///
    /// Without a fresh value it costs one read of the store; the request that reads needs two writes and one read more.
    /// Some of the requests that come at the same time write once.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn read_cached<T: Serialize + DeserializeOwned>(
        &self,
        name: &WindowName,
        mut entry: Option<CacheEntry>,
        freshness: impl Fn(&T) -> Freshness,
        read: impl AsyncFn(Option<T>) -> T,
    ) -> Result<CacheRead<T>> {
        let begun_at = now();
        let mut counted: Option<(Window, Timestamp)> = None;
        let mut wait = FIRST_WAIT;
        loop {
            let value =
                CacheEntry::value::<T>(entry.as_ref()).map(|value| (freshness(&value), value));
            if let Some((Freshness::Fresh, value)) = value {
                return Ok(CacheRead::Cached(value));
            }
            let turn = CacheEntry::turn(entry.as_ref());
            let counted_at = match counted {
                Some((counted_turn, at)) if counted_turn == turn => at,
                _ if self.is_first_in_turn(name, turn).await? => {
                    let value = read(value.map(|(_, value)| value));
                    return Ok(CacheRead::New(self.read_in_turn(name, turn, value).await?));
                }
                _ => now(),
            };
            counted = Some((turn, counted_at));
            if let Some((Freshness::Stale, value)) = value {
                return Ok(CacheRead::Cached(value));
            }
            if has_passed(MAX_WAIT, begun_at) {
                return Ok(CacheRead::Pending);
            }
            if has_passed(TURN, counted_at) {
                // Nobody has stored a value in this turn. All who begin the next one at once store the same.
                let next = CacheEntry::in_turn(entry, self.next_turn(name, turn).await?);
                if !self.store_entry(name, &next).await {
                    return Ok(CacheRead::New(read(None).await));
                }
                entry = Some(next);
            } else {
                sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
                entry = self.get(keys::cache(name)).await?;
            }
        }
    }

    /// Deletes the values that are cached under these names, because nobody will read them soon. The turns go on. If that
    /// fails, it is logged.
    pub async fn empty_cache(&self, names: &[WindowName]) {
        let emptied = names.iter().map(async |name| match self.get(keys::cache(name)).await? {
            Some(entry) if !entry.is_empty() => {
                let turn = CacheEntry::turn(Some(&entry));
                self.set(keys::cache(name), &CacheEntry::in_turn(None, turn)).await
            }
            _ => Ok(()),
        });
        if let Err(error) = try_join_all(emptied).await {
            warn(format_args!("what is cached was not deleted: {error}"));
        }
    }

    /// Counts this reader in the turn, unless another one is counted already: a read costs a store less than a write. If
    /// the store cannot be written, every reader reads for itself.
    async fn is_first_in_turn(&self, name: &WindowName, turn: Window) -> Result<bool> {
        let counter = Counter::window(name, turn.slot());
        if turn.position(self.total(&counter).await?) > 0 {
            return Ok(false);
        }
        Ok(match self.add_to_total(&counter, 1).await {
            Ok(count) => turn.position(count) == 1,
            Err(error) => {
                warn(format_args!("a read is not shared: {error}"));
                true
            }
        })
    }

    /// The turn after this one: one read.
    async fn next_turn(&self, name: &WindowName, turn: Window) -> Result<Window> {
        let slot = Window::slot_to_read(Some(turn));
        Ok(turn.successor(self.total(&Counter::window(name, slot)).await?))
    }

    /// Reads the value, stores it, and begins the next turn.
    async fn read_in_turn<T: Serialize>(
        &self,
        name: &WindowName,
        turn: Window,
        read: impl Future<Output = T>,
    ) -> Result<T> {
        let begun_at = now();
        let value = read.await;
        let mut current = turn;
        if has_passed(TURN, begun_at) {
            // Somebody may have begun another turn.
            let entry: Option<CacheEntry> = self.get(keys::cache(name)).await?;
            current = CacheEntry::turn(entry.as_ref());
        }
        let next = if current == turn { self.next_turn(name, turn).await? } else { current };
        let entry = CacheEntry::new(next, &value);
        let entry = entry.map_err(|error| Error::internal("a value for the cache", error))?;
        self.store_entry(name, &entry).await;
        Ok(value)
    }

    /// Whether the entry was stored. A read succeeds without it.
    async fn store_entry(&self, name: &WindowName, entry: &CacheEntry) -> bool {
        let stored = self.set(keys::cache(name), entry).await;
        if let Err(error) = &stored {
            warn(format_args!("what was read is not shared: {error}"));
        }
        stored.is_ok()
    }
}

fn has_passed(duration: Duration, since: Timestamp) -> bool {
    now().duration_since(since).unsigned_abs() >= duration
}
