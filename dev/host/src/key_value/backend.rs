//! Opens the stores that the manifest's components name, as the runtime configuration describes them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::redis::RedisStore;
use super::sqlite::SqliteStore;
use crate::runtime_config::StoreConfig;

/// The store that Spin offers without a runtime configuration.
const DEFAULT_STORE: &str = "default";

/// What stores the keys and values.
#[derive(Clone)]
pub enum Backend {
    Sqlite(SqliteStore),
    Redis(RedisStore),
}

/// Opens each labelled store once. Returns them by label. `default_file` is the SQLite file of the store
/// `default`, unless the runtime configuration has an entry for it.
pub(crate) fn open_stores<'a>(
    labels: impl IntoIterator<Item = &'a String>,
    configured: &BTreeMap<String, StoreConfig>,
    default_file: &Path,
) -> Result<BTreeMap<String, Backend>> {
    let mut stores = BTreeMap::new();
    for label in labels {
        if stores.contains_key(label) {
            continue;
        }
        let store = match configured.get(label) {
            Some(config) => {
                open_store(config).with_context(|| format!("[key_value_store.{label}]"))?
            }
            None if label == DEFAULT_STORE => Backend::Sqlite(SqliteStore::open(default_file)?),
            None => bail!(
                "key_value_stores: there is no store {label:?}. Add [key_value_store.{label}] to the \
                 runtime configuration, or use the store {DEFAULT_STORE:?}"
            ),
        };
        stores.insert(label.clone(), store);
    }
    Ok(stores)
}

fn open_store(config: &StoreConfig) -> Result<Backend> {
    Ok(match config {
        StoreConfig::Spin { path: Some(path) } => Backend::Sqlite(SqliteStore::open(path)?),
        StoreConfig::Spin { path: None } => Backend::Sqlite(SqliteStore::in_memory()?),
        StoreConfig::Redis { url } => Backend::Redis(RedisStore::new(url)?),
    })
}
