//! The store itself: JSON records by key, and counters.

use super::keys::Counter;
use crate::{
    error::{Error, Result},
    telemetry::{RoundTrip, record_round_trip},
};
use serde::{Serialize, de::DeserializeOwned};

mod atomics {
    #![allow(unsafe_code, missing_docs)] // Generated.
    wit_bindgen::generate!({
        world: "nokube:edge/edge",
        path: "../../wit",
        generate_all,
    });
}

/// The label of the only store: Redis ignores labels, and a plain `spin.toml` has no other.
const LABEL: &str = "default";

/// The open store. Its other files add the typed records.
pub struct Store(spin_sdk::key_value::Store);

impl Store {
    /// # Errors
    /// The host gives the component no store.
    pub async fn open() -> Result<Self> {
        let store = spin_sdk::key_value::Store::open(LABEL).await;
        store.map(Self).map_err(|error| Error::internal("open the store", error))
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, key: String) -> Result<Option<T>> {
        record_round_trip(RoundTrip::Read);
        let value = self.0.get(&key).await;
        let value = value.map_err(|error| Error::internal(&format!("get {key}"), error))?;
        let parsed = value.map(|value| serde_json::from_slice(&value)).transpose();
        parsed.map_err(|error| Error::internal(&format!("read {key}"), error))
    }

    pub(super) async fn set<T: Serialize>(&self, key: String, value: &T) -> Result<()> {
        let value = serde_json::to_vec(value);
        let value = value.map_err(|error| Error::internal(&format!("write {key}"), error))?;
        record_round_trip(RoundTrip::Write);
        let result = self.0.set(&key, value).await;
        result.map_err(|error| Error::internal(&format!("set {key}"), error))
    }

    pub(super) async fn delete(&self, key: String) -> Result<()> {
        record_round_trip(RoundTrip::Write);
        let result = self.0.delete(&key).await;
        result.map_err(|error| Error::internal(&format!("delete {key}"), error))
    }

    /// Adds one and returns the new value, which no other caller gets.
    ///
    /// This call blocks the other requests of the instance, so it is used only to create something.
    ///
    /// # Errors
    /// The store failed. The counter may still have been incremented, so numbers can have gaps.
    pub fn increment(&self, counter: &Counter) -> Result<u32> {
        use atomics::wasi::keyvalue::{atomics::increment, store};
        let fail = |error: store::Error| {
            Error::internal(&format!("increment {}", counter.0), format!("{error:?}"))
        };
        let bucket = store::open(LABEL).map_err(fail)?;
        record_round_trip(RoundTrip::Write);
        let value = increment(&bucket, &counter.0, 1).map_err(fail)?;
        u32::try_from(value).map_err(|error| Error::internal(&counter.0, error))
    }

    /// The value of a counter; 0 before the first increment. (An increment by 0 would be a write.)
    ///
    /// # Errors
    /// The store failed.
    pub async fn count(&self, counter: &Counter) -> Result<u32> {
        record_round_trip(RoundTrip::Read);
        let value = self.0.get(&counter.0).await;
        let value = value.map_err(|error| Error::internal(&counter.0, error))?;
        Ok(value.as_deref().map_or(0, counter_value))
    }
}

/// Reads the bytes of a counter: 8 bytes little-endian on SQLite, decimal text on Redis. Eight ASCII
/// digits are read as text: as a number they would be above 10^18, which no counter reaches.
fn counter_value(bytes: &[u8]) -> u32 {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    let value = text.or_else(|| bytes.try_into().ok().map(i64::from_le_bytes)).unwrap_or(0);
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}
