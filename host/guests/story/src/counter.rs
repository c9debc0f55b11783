//! `wasi:keyvalue` as the SDK binds it: the interface as it is published.

use spin_sdk::experimental::wasi::keyvalue::{atomics, batch, store};

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

/// A swap that nobody disturbs.
pub fn swap_alone(key: &str) -> Result<String, String> {
    let bucket = store::open("default").map_err(debug)?;
    let seen = atomics::Cas::new(&bucket, key).map_err(debug)?;
    match atomics::swap(seen, b"mine") {
        Ok(()) => Ok("written".to_string()),
        Err(error) => Err(debug(error)),
    }
}

/// Writes two keys, reads them with one that is absent, deletes one.
pub fn many() -> Result<String, String> {
    let bucket = store::open("default").map_err(debug)?;
    let pairs = [("a".to_string(), b"1".to_vec()), ("b".to_string(), b"2".to_vec())];
    batch::set_many(&bucket, &pairs).map_err(debug)?;
    let keys = ["b", "absent", "a"].map(String::from);
    let before = batch::get_many(&bucket, &keys).map_err(debug)?;
    batch::delete_many(&bucket, &["a".to_string()]).map_err(debug)?;
    let after = batch::get_many(&bucket, &keys).map_err(debug)?;
    let shown = before.into_iter().chain(after).map(|(key, value)| {
        let value =
            value.map_or("none".into(), |value| String::from_utf8_lossy(&value).into_owned());
        format!("{key}={value}")
    });
    Ok(shown.collect::<Vec<_>>().join(" "))
}
