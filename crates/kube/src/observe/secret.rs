//! The values of a Secret.

use super::Metadata;
use base64::{Engine, engine::general_purpose::STANDARD};
use nokube_domain::deployments::SecretValue;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A Secret. It has no `Debug`, so that its values are never logged.
#[derive(Deserialize)]
pub struct ObservedSecret {
    #[serde(default)]
    pub metadata: Metadata,
    /// `null` without values.
    #[serde(default)]
    data: Option<BTreeMap<String, String>>,
}

impl ObservedSecret {
    /// The values by name, without those that are not UTF-8 (the platform writes none).
    pub fn into_values(self) -> BTreeMap<String, SecretValue> {
        let decode = |value: &str| String::from_utf8(STANDARD.decode(value).ok()?).ok();
        let values = self
            .data
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name, decode(&value)?)));
        values.map(|(name, value)| (name, SecretValue::new(value))).collect()
    }
}
