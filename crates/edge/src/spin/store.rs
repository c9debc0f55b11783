//! Spin's key-value store: SQLite or Redis, as the operator configures.

use crate::host::{HostFuture, KeyValue};
use spin_sdk::key_value::Store;
use std::rc::Rc;

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

struct SpinStore(Store);

pub async fn open() -> Result<Rc<dyn KeyValue>, String> {
    match Store::open(LABEL).await {
        Ok(store) => Ok(Rc::new(SpinStore(store))),
        Err(error) => Err(error.to_string()),
    }
}

impl KeyValue for SpinStore {
    fn get<'a>(&'a self, key: &'a str) -> HostFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.0.get(key).await.map_err(|error| error.to_string()) })
    }

    fn set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> HostFuture<'a, ()> {
        Box::pin(async move { self.0.set(key, value).await.map_err(|error| error.to_string()) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> HostFuture<'a, ()> {
        Box::pin(async move { self.0.delete(key).await.map_err(|error| error.to_string()) })
    }

    /// This call blocks the other requests of the instance. Incrementing a key that holds anything but a counter
    /// permanently breaks Spin's SQLite store.
    fn increment<'a>(&'a self, counter: &'a str) -> HostFuture<'a, i64> {
        use atomics::wasi::keyvalue::{atomics::increment, store};
        Box::pin(async move {
            let result = store::open(LABEL).and_then(|bucket| increment(&bucket, counter, 1));
            result.map_err(|error| format!("{error:?}"))
        })
    }

    /// (An increment by 0 would be a write.)
    fn count<'a>(&'a self, counter: &'a str) -> HostFuture<'a, i64> {
        Box::pin(async move {
            let value = self.0.get(counter).await.map_err(|error| error.to_string())?;
            Ok(value.as_deref().map_or(0, counter_value))
        })
    }
}

/// Reads the bytes of a counter: 8 bytes little-endian on SQLite, decimal text on Redis. Eight ASCII
/// digits are read as text: as a number they would be above 10^18, which no counter reaches.
fn counter_value(bytes: &[u8]) -> i64 {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    text.or_else(|| bytes.try_into().ok().map(i64::from_le_bytes)).unwrap_or(0)
}
