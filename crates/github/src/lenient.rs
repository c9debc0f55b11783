//! Reads optional fields of GitHub's JSON: a value of another shape than documented counts as absent.
//!
//! Only what the platform cannot do without makes an event or a response invalid, such as the id of a run.

use nokube_domain::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// 2008-01-01, the year in which GitHub started. GitHub writes `0001-01-01T00:00:00Z` for "not set".
const EARLIEST_SECOND: i64 = 1_199_145_600;
/// 2200-01-01
const LATEST_SECOND: i64 = 7_258_118_400;

/// For `#[serde(default, deserialize_with = "lenient::optional")]`.
pub fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

/// A time, if it can be one of GitHub's.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let time: Option<Timestamp> = optional(deserializer)?;
    Ok(time.filter(|time| (EARLIEST_SECOND..LATEST_SECOND).contains(&time.as_second())))
}

/// A number from 1, at most the type's greatest.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number: Option<u64> = optional(deserializer)?;
    let number = number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Ok(number.filter(|number| *number > 0))
}

/// A text, empty if it is none.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(optional(deserializer)?.unwrap_or_default())
}

/// Whether it is `true`.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(optional(deserializer)?.unwrap_or_default())
}

/// The items of a list that are a `T`; none if it is not a list.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let items: Vec<Value> = optional(deserializer)?.unwrap_or_default();
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// The entries of an object whose values are strings.
pub fn texts<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let entries: BTreeMap<String, Value> = optional(deserializer)?.unwrap_or_default();
    let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
    Ok(entries.into_iter().filter_map(text).collect())
}
