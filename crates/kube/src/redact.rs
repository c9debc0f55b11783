//! Manifests for users: YAML by kind, without the values of secrets.

use crate::{kind::Kind, manifest::Manifest};
use serde_json::Value;
use std::collections::BTreeMap;

/// Stands in place of a secret value.
pub const REDACTED: &str = "(hidden)";

/// The manifest's body without the values of secrets.
pub fn redacted(manifest: &Manifest) -> Value {
    let mut body = manifest.body.clone();
    if manifest.kind == Kind::Secret {
        for field in ["data", "stringData"] {
            for value in body.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
                *value.1 = REDACTED.into();
            }
        }
    }
    body
}

/// The manifests by kind; several of one kind become a multi-document YAML.
pub fn to_yaml<'a>(
    manifests: impl Iterator<Item = &'a Manifest>,
) -> BTreeMap<&'static str, String> {
    let mut documents: BTreeMap<&'static str, String> = BTreeMap::new();
    for manifest in manifests {
        let yaml = documents.entry(manifest.kind.name()).or_default();
        if !yaml.is_empty() {
            yaml.push_str("---\n");
        }
        // JSON objects have string keys only, so this cannot fail.
        yaml.push_str(&serde_yaml_ng::to_string(&redacted(manifest)).unwrap_or_default());
    }
    documents
}
