//! Manifests as people read them: YAML by kind, with secret values hidden.

use crate::{kind::Kind, manifest::Manifest};
use serde_json::Value;
use std::collections::BTreeMap;

/// Stands for a value that is not shown.
pub const HIDDEN: &str = "(hidden)";

/// The manifest without the values of secrets.
pub fn masked(manifest: &Manifest) -> Value {
    let mut body = manifest.body.clone();
    if manifest.kind == Kind::Secret {
        for field in ["data", "stringData"] {
            for value in body.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
                *value.1 = HIDDEN.into();
            }
        }
    }
    body
}

/// All manifests by kind; several of a kind are documents of one text.
pub fn yaml<'a>(manifests: impl Iterator<Item = &'a Manifest>) -> BTreeMap<&'static str, String> {
    let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
    for manifest in manifests {
        let text = texts.entry(manifest.kind.name()).or_default();
        if !text.is_empty() {
            text.push_str("---\n");
        }
        // Maps with text keys, so this does not fail.
        text.push_str(&serde_yaml_ng::to_string(&masked(manifest)).unwrap_or_default());
    }
    texts
}
