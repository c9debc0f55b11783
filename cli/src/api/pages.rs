//! Lists that arrive in pages.

use super::{Client, Received};
use crate::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The largest page.
const LIMIT: usize = 200;

impl Client {
    /// All elements of the list `field` at `path`, page by page, as they were received.
    pub async fn all(&self, path: &str, field: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            let request = self.get(path).query("limit", LIMIT).query("offset", all.len());
            let mut page = request.send().await?.json()?;
            let elements = page.get_mut(field).map(Value::take);
            let Some(Value::Array(elements)) = elements else { return Ok(all) };
            let is_last = elements.len() < LIMIT;
            all.extend(elements);
            if is_last {
                return Ok(all);
            }
        }
    }
}

/// The elements of a list as this program understands them.
pub fn typed<T: DeserializeOwned>(elements: Vec<Value>) -> Result<Vec<T>> {
    elements.into_iter().map(|json| Ok(Received::of(json)?.typed)).collect()
}
