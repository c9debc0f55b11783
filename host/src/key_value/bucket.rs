//! A store that a component has opened, whatever keeps it.

use super::Swapped;
use super::error::{RESULT_LIMIT, StoreError};
use super::stores::Kind;

type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone)]
pub struct Bucket {
    pub(crate) kind: Kind,
    pub(crate) label: String,
}

impl Bucket {
    /// Whether it can be used at all.
    pub(crate) async fn ready(&self) -> Result<()> {
        match &self.kind {
            Kind::File(_) => Ok(()),
            Kind::Redis(redis) => redis.ready().await,
        }
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>> {
        let value = match &self.kind {
            Kind::File(file) => file.get(&self.label, key).await,
            Kind::Redis(redis) => redis.get(key).await,
        }?;
        limited(value.iter().map(Vec::len).sum())?;
        Ok(value)
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<()> {
        match &self.kind {
            Kind::File(file) => file.set(&self.label, key, value).await,
            Kind::Redis(redis) => redis.set(key, value).await,
        }
    }

    pub(crate) async fn delete(&self, key: String) -> Result<()> {
        match &self.kind {
            Kind::File(file) => file.delete(&self.label, key).await,
            Kind::Redis(redis) => redis.delete(key).await,
        }
    }

    pub(crate) async fn exists(&self, key: String) -> Result<bool> {
        match &self.kind {
            Kind::File(file) => file.exists(&self.label, key).await,
            Kind::Redis(redis) => redis.exists(key).await,
        }
    }

    pub(crate) async fn keys(&self) -> Result<Vec<String>> {
        match &self.kind {
            Kind::File(file) => file.keys(&self.label).await,
            Kind::Redis(redis) => redis.keys().await,
        }
    }

    /// Every key in the order asked for.
    pub(crate) async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        let found = match &self.kind {
            Kind::File(file) => file.get_many(&self.label, keys).await,
            Kind::Redis(redis) => redis.get_many(keys).await,
        }?;
        limited(found.iter().filter_map(|(_, value)| Some(value.as_ref()?.len())).sum())?;
        Ok(found)
    }

    pub(crate) async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<()> {
        match &self.kind {
            Kind::File(file) => file.set_many(&self.label, pairs).await,
            Kind::Redis(redis) => redis.set_many(pairs).await,
        }
    }

    pub(crate) async fn delete_many(&self, keys: Vec<String>) -> Result<()> {
        match &self.kind {
            Kind::File(file) => file.delete_many(&self.label, keys).await,
            Kind::Redis(redis) => redis.delete_many(keys).await,
        }
    }

    pub(crate) async fn increment(&self, key: String, delta: i64) -> Result<i64> {
        match &self.kind {
            Kind::File(file) => file.increment(&self.label, key, delta).await,
            Kind::Redis(redis) => redis.increment(key, delta).await,
        }
    }

    /// Writes only if the value is still the one that was seen.
    pub(crate) async fn swap(
        &self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<Swapped> {
        match &self.kind {
            Kind::File(file) => file.swap(&self.label, key, seen, value).await,
            Kind::Redis(redis) => redis.swap(key, seen, value).await,
        }
    }
}

fn limited(bytes: usize) -> Result<()> {
    match bytes > RESULT_LIMIT {
        true => Err(StoreError::TooLarge),
        false => Ok(()),
    }
}
