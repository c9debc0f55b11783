//! The store: typed records, counters and reservations, over any [`KeyValue`] store.

mod cache;
mod deployments;
pub mod keys;
mod records;
pub mod reservation;
mod settings;
mod time_limit;
mod windows;

pub use cache::CacheRead;
pub use keys::{AuditLog, Counter, Key, Limit, WindowName};
pub use settings::StoreSettings;

use crate::{
    error::{Error, Result},
    host::{KeyValue, open_store},
    telemetry::{RoundTrip, record_round_trip},
};
use serde::{Serialize, de::DeserializeOwned};
use std::rc::Rc;
use time_limit::{ends_in_time, with_time_limit};

/// The open store. Values are JSON; round trips are counted for the log.
#[derive(Clone)]
pub struct Store(Rc<dyn KeyValue>);

/// A record as it is stored.
pub struct Stored<T> {
    key: Key<T>,
    pub json: Vec<u8>,
}

impl<T: DeserializeOwned> Stored<T> {
    /// # Errors
    /// What is stored is not a `T`.
    pub fn parse(self) -> Result<T> {
        let parsed = serde_json::from_slice(&self.json);
        parsed.map_err(|error| Error::internal(&format!("read {}", self.key.name), error))
    }
}

/// What stores the platform's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The server at `state_redis_url`.
    Redis,
    /// The host's key-value store, probably on SQLite: nothing shows that it is on Redis.
    KeyValue,
    /// The host's key-value store on Redis. Deprecated: see docs/adr/0024.
    KeyValueOnRedis,
}

impl Store {
    /// # Errors
    /// The settings of the store are wrong, or the host gives the component no store.
    pub async fn open() -> Result<Self> {
        let settings = StoreSettings::load().await?;
        let store = open_store(settings.redis_url.as_deref());
        with_time_limit("open", "the store", store).await.map(Self)
    }

    /// Whether the store answers a read in time, be it with an error, such as a refused connection. Without an answer,
    /// this process may be stuck, and a restart may help.
    pub async fn answers() -> bool {
        let Ok(settings) = StoreSettings::load().await else { return true };
        ends_in_time(async {
            let store = open_store(settings.redis_url.as_deref()).await?;
            record_round_trip(RoundTrip::Read);
            store.get(&Counter::projects().0).await
        })
        .await
    }

    /// # Errors
    /// The store failed, or what is stored is not a `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: Key<T>) -> Result<Option<T>> {
        self.get_stored(key).await?.map(Stored::parse).transpose()
    }

    /// As [`Self::get`], for a caller that may not need the whole record.
    ///
    /// # Errors
    /// The store failed.
    pub async fn get_stored<T>(&self, key: Key<T>) -> Result<Option<Stored<T>>> {
        record_round_trip(RoundTrip::Read);
        let json = with_time_limit("get", &key.name, self.0.get(&key.name)).await?;
        Ok(json.map(|json| Stored { key, json }))
    }

    /// # Errors
    /// The store failed. The value may still have been written.
    pub async fn set<T: Serialize>(&self, key: Key<T>, value: &T) -> Result<()> {
        let value = serde_json::to_vec(value);
        let value =
            value.map_err(|error| Error::internal(&format!("write {}", key.name), error))?;
        record_round_trip(RoundTrip::Write);
        with_time_limit("set", &key.name, self.0.set(&key.name, value)).await
    }

    /// # Errors
    /// The store failed. The value may still have been deleted.
    pub async fn delete<T>(&self, key: Key<T>) -> Result<()> {
        record_round_trip(RoundTrip::Write);
        with_time_limit("delete", &key.name, self.0.delete(&key.name)).await
    }

    /// Adds one and returns the new value, which no other caller gets. Used only to create something: see
    /// [`KeyValue::increment`].
    ///
    /// # Errors
    /// The store failed. The counter may still have been incremented, so numbers can have gaps.
    pub async fn increment(&self, counter: &Counter) -> Result<u32> {
        self.add(counter, 1).await
    }

    /// As [`Self::increment`], for a number that has to be above `floor`: a second write, if the counter is not.
    ///
    /// # Errors
    /// As [`Self::increment`].
    pub async fn increment_above(&self, counter: &Counter, floor: u32) -> Result<u32> {
        let number = self.increment(counter).await?;
        match floor.saturating_add(1).saturating_sub(number) {
            0 => Ok(number),
            missing => self.add(counter, missing).await,
        }
    }

    async fn add(&self, counter: &Counter, by: u32) -> Result<u32> {
        record_round_trip(RoundTrip::Write);
        let value = self.0.increment(&counter.0, by);
        let value = with_time_limit("increment", &counter.0, value).await?;
        u32::try_from(value).map_err(|error| Error::internal(&counter.0, error))
    }

    /// The value of a counter; 0 before the first increment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count(&self, counter: &Counter) -> Result<u32> {
        record_round_trip(RoundTrip::Read);
        let value = with_time_limit("count", &counter.0, self.0.count(&counter.0)).await?;
        Ok(u32::try_from(value.max(0)).unwrap_or(u32::MAX))
    }

    /// What stores the state: one read, which shows that the store answers. Spin's key-value store does not say what
    /// it is, but its counters are text on Redis, and 8 bytes on SQLite. (Before the first project there is none.)
    ///
    /// # Errors
    /// The store failed.
    pub async fn backend(&self) -> Result<Backend> {
        let counter = Counter::projects().0;
        record_round_trip(RoundTrip::Read);
        let value = with_time_limit("get", &counter, self.0.get(&counter)).await?;
        let is_text = value.is_some_and(|value| value.iter().all(u8::is_ascii_digit));
        Ok(match StoreSettings::load().await?.redis_url {
            Some(_) => Backend::Redis,
            None if is_text => Backend::KeyValueOnRedis,
            None => Backend::KeyValue,
        })
    }
}
