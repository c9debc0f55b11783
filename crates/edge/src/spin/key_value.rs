//! Spin's key-value store: a SQLite file; on installations from before `state_redis_url`, also Redis.

use super::counter_value;
use crate::host::{HostFuture, KeyValue};
use spin_sdk::key_value::Store;
use std::{cell::RefCell, rc::Rc};

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

thread_local! {
    /// The open store of this instance.
    static STORE: RefCell<Option<Rc<SpinStore>>> = const { RefCell::new(None) };
}

struct SpinStore(Store);

pub async fn store() -> Result<Rc<dyn KeyValue>, String> {
    if let Some(store) = STORE.with_borrow(Clone::clone) {
        return Ok(store);
    }
    let store = Store::open(LABEL).await.map_err(|error| error.to_string())?;
    let store = Rc::new(SpinStore(store));
    STORE.set(Some(store.clone()));
    Ok(store)
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

    /// This call is synchronous: it blocks the other requests of the instance and has no time limit. On SQLite so do
    /// all calls of the store; on Redis it can block the whole platform (docs/adr/0024). Incrementing a key that
    /// holds anything but a counter permanently breaks Spin's SQLite store.
    fn increment<'a>(&'a self, counter: &'a str, by: u32) -> HostFuture<'a, i64> {
        use atomics::wasi::keyvalue::{atomics::increment, store};
        Box::pin(async move {
            let result =
                store::open(LABEL).and_then(|bucket| increment(&bucket, counter, by.into()));
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
