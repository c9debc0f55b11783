//! Environment variables and secrets: their names, and values that are never shown.

use crate::fields::Fields;
use std::{collections::BTreeMap, fmt};

/// The most that all variables, or all secrets, of a service have together, in bytes: enough for
/// settings, and little enough that the kept releases of many services do not fill the cluster's store.
const MOST: usize = 32 * 1024;

/// A secret's value. It cannot be serialised, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The value, for the Secret and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What is wanted of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretWanted {
    /// Keep the value that it has (`null` in a request).
    Keep,
    Set(SecretText),
}

/// Takes `env_vars` and `secrets`, whose names may not meet.
pub(super) fn take(f: &mut Fields) -> (BTreeMap<String, String>, BTreeMap<String, SecretWanted>) {
    let variables = f.texts("env_vars");
    let secrets = f.texts_or_null("secrets");
    check(f, "env_vars", variables.iter().map(|(name, value)| (name, Some(value))));
    check(f, "secrets", secrets.iter().map(|(name, value)| (name, value.as_ref())));
    for name in secrets.keys().filter(|name| variables.contains_key(*name)) {
        f.fault(&format!("secrets.{name}"), "is among env_vars too; leave one of the two out");
    }
    let wanted = |value: Option<String>| match value {
        Some(text) => SecretWanted::Set(SecretText::new(text)),
        None => SecretWanted::Keep,
    };
    let secrets = secrets.into_iter().map(|(name, value)| (name, wanted(value))).collect();
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
            f.fault(
                &format!("{field}.{name}"),
                "must be named with letters, digits and '_', beginning with no digit, \
                 and have at most 200 characters",
            );
        }
        if value.is_some_and(|value| value.contains('\0')) {
            f.fault(&format!("{field}.{name}"), "must not hold a NUL character");
        }
    }
    if total > MOST {
        f.fault(field, format!("must have at most {} KiB together", MOST / 1024));
    }
}

/// What every shell and every Kubernetes takes as a variable's name.
fn is_name(name: &str) -> bool {
    name.len() <= 200
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
