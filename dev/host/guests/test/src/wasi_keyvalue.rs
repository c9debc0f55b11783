//! `wasi:keyvalue`: atomics and batch.

use spin_sdk::experimental::wasi::keyvalue::{atomics, batch, store};

use crate::debug;

pub fn increment(key: &str) -> Result<i64, String> {
    let bucket = store::open("default").map_err(debug)?;
    atomics::increment(&bucket, key, 1).map_err(debug)
}

/// Reads a key, writes it, and swaps. The first swap must fail because of the write, the second must succeed.
pub fn contended_swap(key: &str) -> Result<String, String> {
    let bucket = store::open("default").map_err(debug)?;
    let cas = atomics::Cas::new(&bucket, key).map_err(debug)?;
    bucket.set(key, b"theirs").map_err(debug)?;
    match atomics::swap(cas, b"mine") {
        Ok(()) => Ok("overwritten".to_string()),
        Err(atomics::CasError::CasFailed(retry)) => {
            let current = retry.current().map_err(debug)?.unwrap_or_default();
            atomics::swap(retry, b"mine").map_err(debug)?;
            let after = bucket.get(key).map_err(debug)?.unwrap_or_default();
            Ok(format!("{} {}", String::from_utf8_lossy(&current), String::from_utf8_lossy(&after)))
        }
        Err(error) => Err(debug(error)),
    }
}

/// A swap without other writers.
pub fn swap(key: &str) -> Result<String, String> {
    let bucket = store::open("default").map_err(debug)?;
    let cas = atomics::Cas::new(&bucket, key).map_err(debug)?;
    match atomics::swap(cas, b"mine") {
        Ok(()) => Ok("written".to_string()),
        Err(error) => Err(debug(error)),
    }
}

/// Writes two keys, reads them and an absent key, deletes one, and reads them again.
pub fn batch() -> Result<String, String> {
    let bucket = store::open("default").map_err(debug)?;
    let written = [("a".to_string(), b"1".to_vec()), ("b".to_string(), b"2".to_vec())];
    batch::set_many(&bucket, &written).map_err(debug)?;
    let keys = ["b", "absent", "a"].map(String::from);
    let before = batch::get_many(&bucket, &keys).map_err(debug)?;
    batch::delete_many(&bucket, &["a".to_string()]).map_err(debug)?;
    let after = batch::get_many(&bucket, &keys).map_err(debug)?;
    let pairs = before.into_iter().chain(after).map(|(key, value)| {
        let value =
            value.map_or("none".into(), |value| String::from_utf8_lossy(&value).into_owned());
        format!("{key}={value}")
    });
    Ok(pairs.collect::<Vec<_>>().join(" "))
}
