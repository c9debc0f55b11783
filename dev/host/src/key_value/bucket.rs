//! A store that a component has opened. Counts its use.

use std::sync::Arc;

use super::{Result, Store, StoreError, SwapResult};
use crate::counts::{self, Counters};
use crate::host_calls::HostCalls;

/// Like Spin, the host does not pass larger values to a component.
pub(crate) const MAX_RESULT_BYTES: usize = 128 << 20;

#[derive(Clone)]
pub struct Bucket {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) calls: HostCalls,
}

/// A component's `cas` handle: a key, and the value that a swap expects to find.
pub struct Cas {
    pub(crate) bucket: Bucket,
    pub(crate) key: String,
    /// `None` if the key did not exist.
    pub(crate) expected: Option<Vec<u8>>,
}

impl Bucket {
    pub(super) async fn get(&self, key: String) -> Result<Option<Vec<u8>>> {
        self.calls.next().await;
        counts::add(&self.counters.reads, 1);
        let value = self.store.get(key).await?;
        check_result_size(value.iter().map(Vec::len).sum())?;
        Ok(value)
    }

    pub(super) async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        self.calls.next().await;
        counts::add(&self.counters.reads, keys.len());
        let found = self.store.get_many(keys).await?;
        check_result_size(found.iter().filter_map(|(_, value)| Some(value.as_ref()?.len())).sum())?;
        Ok(found)
    }

    pub(super) async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<()> {
        self.calls.next().await;
        counts::add(&self.counters.writes, pairs.len());
        self.store.set_many(pairs).await
    }

    pub(super) async fn delete_many(&self, keys: Vec<String>) -> Result<()> {
        self.calls.next().await;
        counts::add(&self.counters.deletes, keys.len());
        self.store.delete_many(keys).await
    }

    pub(super) async fn exists(&self, key: String) -> Result<bool> {
        self.calls.next().await;
        counts::add(&self.counters.exists, 1);
        self.store.exists(key).await
    }

    pub(super) async fn keys(&self) -> Result<Vec<String>> {
        self.calls.next().await;
        counts::add(&self.counters.listings, 1);
        self.store.keys().await
    }

    pub(super) async fn increment(&self, key: String, delta: i64) -> Result<i64> {
        self.calls.next().await;
        counts::add(&self.counters.increments, 1);
        self.store.increment(key, delta).await
    }
}

impl Cas {
    /// Returns the handle with the current value if another writer changed the key.
    pub(super) async fn swap(self, value: Vec<u8>) -> Result<Option<Cas>> {
        let Cas { bucket, key, expected } = self;
        bucket.calls.next().await;
        counts::add(&bucket.counters.writes, 1);
        Ok(match bucket.store.swap(key.clone(), expected, value).await? {
            SwapResult::Written => None,
            SwapResult::Conflict(current) => Some(Cas { bucket, key, expected: current }),
        })
    }
}

fn check_result_size(bytes: usize) -> Result<()> {
    if bytes > MAX_RESULT_BYTES { Err(StoreError::TooLarge) } else { Ok(()) }
}
