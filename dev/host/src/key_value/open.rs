//! Opens the stores that the manifest's components name, as the runtime configuration describes them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::Store;
use super::redis::RedisStore;
use super::sqlite::SqliteStore;
use crate::runtime_config::StoreConfig;

/// The store that Spin offers without a runtime configuration.
const DEFAULT_STORE: &str = "default";

/// Opens each labelled store once. Returns them by label. `default_file` is the SQLite file of the store
/// `default`, unless the runtime configuration has an entry for it.
pub(crate) fn open_stores<'a>(
    labels: impl IntoIterator<Item = &'a String>,
    configured: &BTreeMap<String, StoreConfig>,
    default_file: &Path,
) -> Result<BTreeMap<String, Arc<dyn Store>>> {
    let mut stores: BTreeMap<String, Arc<dyn Store>> = BTreeMap::new();
    for label in labels {
        if stores.contains_key(label) {
            continue;
        }
        let store: Arc<dyn Store> = match configured.get(label) {
            Some(StoreConfig::Spin { path }) => {
                Arc::new(SqliteStore::open(path.as_deref(), label).with_context(|| at(label))?)
            }
            Some(StoreConfig::Redis { url }) => {
                Arc::new(RedisStore::new(url).with_context(|| at(label))?)
            }
            None if label == DEFAULT_STORE => {
                Arc::new(SqliteStore::open(Some(default_file), label)?)
            }
            None => bail!(
                "key_value_stores: there is no store {label:?}. Add [key_value_store.{label}] to the \
                 runtime configuration, or use the store {DEFAULT_STORE:?}"
            ),
        };
        stores.insert(label.clone(), store);
    }
    Ok(stores)
}

fn at(label: &str) -> String {
    format!("[key_value_store.{label}]")
}
