//! The store: typed records, counters and reservations, over any [`KeyValue`] store.

mod deployments;
pub mod keys;
mod records;
pub mod reservation;

pub use keys::{AuditLog, Counter, Key};

use crate::{
    error::{Error, Result},
    host::{KeyValue, open_store},
    telemetry::{RoundTrip, record_round_trip},
};
use serde::{Serialize, de::DeserializeOwned};
use std::rc::Rc;

/// The open store. Values are JSON; round trips are counted for the log.
#[derive(Clone)]
pub struct Store(Rc<dyn KeyValue>);

impl Store {
    /// # Errors
    /// The host gives the component no store.
    pub async fn open() -> Result<Self> {
        let store = open_store().await;
        store.map(Self).map_err(|error| Error::internal("open the store", error))
    }

    /// # Errors
    /// The store failed, or what is stored is not a `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: Key<T>) -> Result<Option<T>> {
        record_round_trip(RoundTrip::Read);
        let value = self.0.get(&key.name).await;
        let value = value.map_err(|error| Error::internal(&format!("get {}", key.name), error))?;
        let parsed = value.map(|value| serde_json::from_slice(&value)).transpose();
        parsed.map_err(|error| Error::internal(&format!("read {}", key.name), error))
    }

    /// # Errors
    /// The store failed. The value may still have been written.
    pub async fn set<T: Serialize>(&self, key: Key<T>, value: &T) -> Result<()> {
        let value = serde_json::to_vec(value);
        let value =
            value.map_err(|error| Error::internal(&format!("write {}", key.name), error))?;
        record_round_trip(RoundTrip::Write);
        let result = self.0.set(&key.name, value).await;
        result.map_err(|error| Error::internal(&format!("set {}", key.name), error))
    }

    /// # Errors
    /// The store failed. The value may still have been deleted.
    pub async fn delete<T>(&self, key: Key<T>) -> Result<()> {
        record_round_trip(RoundTrip::Write);
        let result = self.0.delete(&key.name).await;
        result.map_err(|error| Error::internal(&format!("delete {}", key.name), error))
    }

    /// Adds one and returns the new value, which no other caller gets. Used only to create something: see
    /// [`KeyValue::increment`].
    ///
    /// # Errors
    /// The store failed. The counter may still have been incremented, so numbers can have gaps.
    pub async fn increment(&self, counter: &Counter) -> Result<u32> {
        record_round_trip(RoundTrip::Write);
        let value = self.0.increment(&counter.0).await;
        let value =
            value.map_err(|error| Error::internal(&format!("increment {}", counter.0), error))?;
        u32::try_from(value).map_err(|error| Error::internal(&counter.0, error))
    }

    /// The value of a counter; 0 before the first increment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count(&self, counter: &Counter) -> Result<u32> {
        record_round_trip(RoundTrip::Read);
        let value = self.0.count(&counter.0).await;
        let value = value.map_err(|error| Error::internal(&counter.0, error))?;
        Ok(u32::try_from(value.max(0)).unwrap_or(u32::MAX))
    }
}
