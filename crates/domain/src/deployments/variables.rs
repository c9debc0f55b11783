//! Environment variables and secrets: their names, and values that are never shown.

use crate::fields::Fields;
use std::{collections::BTreeMap, fmt};

/// Maximum size of all variables, or of all secrets, of a service in bytes. Every retained release has its
/// own copy, and the cluster's store must hold those of many services.
const MAX_TOTAL_BYTES: usize = 32 * 1024;

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

/// Parses `env_vars` and `secrets`. No name may be in both.
pub(super) fn parse(f: &mut Fields) -> (BTreeMap<String, String>, BTreeMap<String, SecretInput>) {
    let variables = f.string_map("env_vars");
    let secrets = f.nullable_string_map("secrets");
    check(f, "env_vars", variables.iter().map(|(name, value)| (name, Some(value))));
    check(f, "secrets", secrets.iter().map(|(name, value)| (name, value.as_ref())));
    for name in secrets.keys().filter(|name| variables.contains_key(*name)) {
        f.add_error(&format!("secrets.{name}"), "is among env_vars too; leave one of the two out");
    }
    let input = |value: Option<String>| match value {
        Some(text) => SecretInput::Set(SecretValue::new(text)),
        None => SecretInput::Keep,
    };
    let secrets = secrets.into_iter().map(|(name, value)| (name, input(value))).collect();
    (variables, secrets)
}

fn check<'a>(
    f: &mut Fields,
    field: &str,
    entries: impl Iterator<Item = (&'a String, Option<&'a String>)>,
) {
    let mut total = 0;
    for (name, value) in entries {
        total += name.len() + value.map_or(0, String::len);
        if !is_name(name) {
            f.add_error(
                &format!("{field}.{name}"),
                "must be named with letters, digits and '_', beginning with no digit, \
                 and have at most 200 characters",
            );
        }
        if value.is_some_and(|value| value.contains('\0')) {
            f.add_error(&format!("{field}.{name}"), "must not hold a NUL character");
        }
    }
    if total > MAX_TOTAL_BYTES {
        f.add_error(field, format!("must have at most {} KiB together", MAX_TOTAL_BYTES / 1024));
    }
}

/// True for a name that every shell and every version of Kubernetes accepts for a variable.
fn is_name(name: &str) -> bool {
    name.len() <= 200
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
