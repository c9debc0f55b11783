//! One object, as it is applied.

use crate::kind::Kind;
use serde::Serialize;
use serde_json::Value;

/// An object as it is sent to the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub kind: Kind,
    pub name: String,
    pub body: Value,
}

impl Manifest {
    pub(super) fn new(kind: Kind, object: &impl Serialize) -> Self {
        // Kubernetes' types have only strings, numbers and maps with string keys, so this cannot fail.
        let body = serde_json::to_value(object).unwrap_or_default();
        let name = body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        Self { kind, name: name.to_owned(), body }
    }

    /// `Deployment frontend`
    pub fn kind_and_name(&self) -> String {
        format!("{} {}", self.kind.name(), self.name)
    }
}
