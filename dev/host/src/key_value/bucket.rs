//! A store that a component has opened, independent of its backend.

use super::backend::Backend;
use super::result::{MAX_RESULT_BYTES, StoreError, SwapResult};

type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone)]
pub struct Bucket {
    pub(crate) backend: Backend,
    pub(crate) label: String,
}

impl Bucket {
    /// Connects to the backend.
    pub(crate) async fn connect(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Redis(redis) => redis.connect().await,
        }
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>> {
        let value = match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.get(&self.label, key).await,
            Backend::Redis(redis) => redis.get(key).await,
        }?;
        check_result_size(value.iter().map(Vec::len).sum())?;
        Ok(value)
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.set(&self.label, key, value).await,
            Backend::Redis(redis) => redis.set(key, value).await,
        }
    }

    pub(crate) async fn delete(&self, key: String) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.delete(&self.label, key).await,
            Backend::Redis(redis) => redis.delete(key).await,
        }
    }

    pub(crate) async fn exists(&self, key: String) -> Result<bool> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.exists(&self.label, key).await,
            Backend::Redis(redis) => redis.exists(key).await,
        }
    }

    pub(crate) async fn keys(&self) -> Result<Vec<String>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.keys(&self.label).await,
            Backend::Redis(redis) => redis.keys().await,
        }
    }

    /// Returns every key, in the order of `keys`.
    pub(crate) async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        let found = match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.get_many(&self.label, keys).await,
            Backend::Redis(redis) => redis.get_many(keys).await,
        }?;
        check_result_size(found.iter().filter_map(|(_, value)| Some(value.as_ref()?.len())).sum())?;
        Ok(found)
    }

    pub(crate) async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.set_many(&self.label, pairs).await,
            Backend::Redis(redis) => redis.set_many(pairs).await,
        }
    }

    pub(crate) async fn delete_many(&self, keys: Vec<String>) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.delete_many(&self.label, keys).await,
            Backend::Redis(redis) => redis.delete_many(keys).await,
        }
    }

    pub(crate) async fn increment(&self, key: String, delta: i64) -> Result<i64> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.increment(&self.label, key, delta).await,
            Backend::Redis(redis) => redis.increment(key, delta).await,
        }
    }

    /// Writes only if the current value is `expected`.
    pub(crate) async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<SwapResult> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.swap(&self.label, key, expected, value).await,
            Backend::Redis(redis) => redis.swap(key, expected, value).await,
        }
    }
}

fn check_result_size(bytes: usize) -> Result<()> {
    match bytes > MAX_RESULT_BYTES {
        true => Err(StoreError::TooLarge),
        false => Ok(()),
    }
}
