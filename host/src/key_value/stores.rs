//! The stores that an application's components name, by the runtime configuration.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::file::File;
use super::redis::Redis;
use crate::runtime_config::StoreKind;

/// The store that Spin offers without a runtime configuration.
const DEFAULT: &str = "default";

/// What keeps the keys.
#[derive(Clone)]
pub enum Kind {
    File(File),
    Redis(Redis),
}

/// Opens what is named, once each; `default_file` is where the store `default`
/// is if nothing else is said.
pub(crate) fn open<'a>(
    labels: impl IntoIterator<Item = &'a String>,
    configured: &BTreeMap<String, StoreKind>,
    default_file: &Path,
) -> Result<BTreeMap<String, Kind>> {
    let mut stores = BTreeMap::new();
    for label in labels {
        if stores.contains_key(label) {
            continue;
        }
        let store = match configured.get(label) {
            Some(kind) => open_one(kind).with_context(|| format!("[key_value_store.{label}]"))?,
            None if label == DEFAULT => Kind::File(File::open(default_file)?),
            None => bail!(
                "key_value_stores: there is no store {label:?}: besides {DEFAULT:?} there are those \
                 with a [key_value_store.{label}] in the runtime configuration"
            ),
        };
        stores.insert(label.clone(), store);
    }
    Ok(stores)
}

fn open_one(kind: &StoreKind) -> Result<Kind> {
    Ok(match kind {
        StoreKind::Spin { path: Some(path) } => Kind::File(File::open(path)?),
        StoreKind::Spin { path: None } => Kind::File(File::in_memory()?),
        StoreKind::Redis { url } => Kind::Redis(Redis::new(url)?),
    })
}
