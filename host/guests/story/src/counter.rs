//! `wasi:keyvalue` as the SDK binds it: the interface as it is published.

use spin_sdk::experimental::wasi::keyvalue::{atomics, store};

use crate::debug;

pub fn increment(key: &str) -> Result<i64, String> {
    let bucket = store::open("default").map_err(debug)?;
    atomics::increment(&bucket, key, 1).map_err(debug)
}

/// Looks, lets another writer in between, and swaps: this must fail once.
pub fn swap(key: &str) -> Result<String, String> {
    let bucket = store::open("default").map_err(debug)?;
    let seen = atomics::Cas::new(&bucket, key).map_err(debug)?;
    bucket.set(key, b"theirs").map_err(debug)?;
    match atomics::swap(seen, b"mine") {
        Ok(()) => Ok("overwritten".to_string()),
        Err(atomics::CasError::CasFailed(again)) => {
            let now = again.current().map_err(debug)?.unwrap_or_default();
            atomics::swap(again, b"mine").map_err(debug)?;
            let after = bucket.get(key).map_err(debug)?.unwrap_or_default();
            Ok(format!("{} {}", String::from_utf8_lossy(&now), String::from_utf8_lossy(&after)))
        }
        Err(error) => Err(debug(error)),
    }
}
