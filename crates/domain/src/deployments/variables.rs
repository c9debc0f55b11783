//! Environment variables and secrets: their names, and values that are never shown.

use super::NewDeployment;
use crate::fields::{FieldValue, Fields};
#[cfg(feature = "schema")]
use crate::schema::{FieldSchema, Schemas, nullable_string};
use serde_json::Value;
use std::fmt;

/// Maximum size of all variables, or of all secrets, of a service in bytes. Every retained release has its
/// own copy, and the cluster's store must hold those of many services.
pub(super) const MAX_TOTAL_BYTES: usize = 32 * 1024;

/// The value of a secret. It cannot be serialised, and its `Debug` output does not contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The value. Only for the Kubernetes Secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A secret in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretInput {
    /// Keeps the current value; `null` in the request.
    Keep,
    Set(SecretValue),
}

impl FieldValue for SecretInput {
    const READS_NULL: bool = true;

    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Keep),
            Value::String(text) => Some(Self::Set(SecretValue::new(text))),
            _ => {
                fields.add_error(field, "must be a string or null");
                None
            }
        }
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        nullable_string()
    }
}

impl SecretInput {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value.reveal()),
        }
    }
}

/// A saved secret in a request to change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretChange {
    /// `null` in the request.
    Remove,
    Set(SecretValue),
}

impl FieldValue for SecretChange {
    const READS_NULL: bool = true;

    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        Some(match SecretInput::read(value, field, fields)? {
            SecretInput::Keep => Self::Remove,
            SecretInput::Set(value) => Self::Set(value),
        })
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        nullable_string()
    }
}

impl SecretChange {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Remove => None,
            Self::Set(value) => Some(value.reveal()),
        }
    }
}

/// Checks `env_vars` and `secrets`. No name may be in both.
pub(super) fn check(f: &mut Fields, request: &NewDeployment) {
    let (variables, secrets) =
        (request.env_vars.iter().flatten(), request.secrets.iter().flatten());
    check_entries(f, "env_vars", variables.map(|(name, value)| (name, Some(value.as_str()))));
    check_entries(f, "secrets", secrets.clone().map(|(name, value)| (name, value.text())));
    let is_variable = |name| request.env_vars.as_ref().is_some_and(|all| all.contains_key(name));
    for (name, _) in secrets.filter(|(name, _)| is_variable(*name)) {
        f.add_error(&format!("secrets.{name}"), "is among env_vars too; leave one of the two out");
    }
}

pub(crate) fn check_entries<'a>(
    f: &mut Fields,
    field: &str,
    entries: impl Iterator<Item = (&'a String, Option<&'a str>)>,
) {
    let mut total = 0;
    for (name, value) in entries {
        total += name.len() + value.map_or(0, str::len);
        if !is_name(name) {
            f.add_error(
                &format!("{field}.{name}"),
                "must have a name of at most 253 letters, digits, '_', '-' and '.', which does not begin \
                 with a digit or '..'",
            );
        }
        if value.is_some_and(|value| value.contains('\0')) {
            f.add_error(&format!("{field}.{name}"), "must not contain a NUL character");
        }
    }
    if total > MAX_TOTAL_BYTES {
        f.add_error(field, format!("must have at most {} KiB together", MAX_TOTAL_BYTES / 1024));
    }
}

/// True for a name that every version of Kubernetes accepts for a variable and for a key of a ConfigMap or Secret.
/// Newer versions accept more for variables.
///
/// <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/>
fn is_name(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name != "."
        && !name.starts_with("..")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}
