//! Reads the fields of a JSON object or form and collects all errors, so that one response lists them all.

use crate::problem::{FieldError, Problem, ProblemKind};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// The fields of a request that have not been read yet, and the errors found so far.
pub struct Fields {
    remaining: Map<String, Value>,
    errors: Vec<FieldError>,
}

#[cfg(feature = "schema")]
thread_local! {
    static FIELDS_READ: std::cell::RefCell<std::collections::BTreeSet<String>> = Default::default();
}

/// Runs `read` and returns the names of all fields that it looked up. A test compares them with the
/// documented fields.
#[cfg(feature = "schema")]
pub fn fields_read_by(read: impl FnOnce()) -> std::collections::BTreeSet<String> {
    FIELDS_READ.take();
    read();
    FIELDS_READ.take()
}

impl Fields {
    /// Parses `body`, which must be a JSON object.
    ///
    /// # Errors
    /// [`ProblemKind::Malformed`], with the position of the syntax error.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let malformed = |detail: String| Problem::new(ProblemKind::Malformed, detail);
        match serde_json::from_slice(body) {
            Ok(Value::Object(rest)) => Ok(Self { remaining: rest, errors: Vec::new() }),
            Ok(_) => Err(malformed("The body must be a JSON object.".into())),
            Err(error) => Err(malformed(format!("The body is not JSON: {error}."))),
        }
    }

    /// Adds an error for `field`. The name is truncated, because a client may send one of any length.
    pub fn add_error(&mut self, field: &str, detail: impl Into<String>) {
        self.errors
            .push(FieldError { field: field.chars().take(100).collect(), detail: detail.into() });
    }

    /// Removes and returns `field`. `null` counts as absent.
    fn take(&mut self, field: &str) -> Option<Value> {
        #[cfg(feature = "schema")]
        FIELDS_READ.with_borrow_mut(|names| names.insert(field.to_owned()));
        self.remaining.remove(field).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &mut self,
        field: &str,
        expected: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(field)?;
        let read = read(value);
        if read.is_none() {
            self.add_error(field, format!("must be {expected}"));
        }
        read
    }

    /// An optional string.
    pub fn string(&mut self, field: &str) -> Option<String> {
        self.typed(field, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    pub fn boolean(&mut self, field: &str) -> Option<bool> {
        self.typed(field, "true or false", |value| value.as_bool())
    }

    /// An optional integer from 1 to 4,294,967,295.
    pub fn positive_integer(&mut self, field: &str) -> Option<u32> {
        self.typed(field, "a whole number above 0", |value| {
            value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
        })
    }

    /// An integer in a range, or the default if absent.
    pub fn integer(&mut self, field: &str, range: RangeInclusive<u32>, default: u32) -> u32 {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.typed(field, &expected, |value| {
            value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| range.contains(n))
        });
        number.unwrap_or(default)
    }

    /// A map of strings; empty if absent. Each other value is an error of its own.
    pub fn string_map(&mut self, field: &str) -> BTreeMap<String, String> {
        self.map(field, "must be a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A map of strings and nulls; empty if absent.
    pub fn nullable_string_map(&mut self, field: &str) -> BTreeMap<String, Option<String>> {
        self.map(field, "must be a string or null", |value| match value {
            Value::String(text) => Some(Some(text)),
            Value::Null => Some(None),
            _ => None,
        })
    }

    /// The entries of a map for which `read` succeeds; each other one is an error of its own.
    fn map<T>(
        &mut self,
        field: &str,
        expected: &str,
        read: impl Fn(Value) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let map = self.typed(field, "a map of strings", |value| match value {
            Value::Object(map) => Some(map),
            _ => None,
        });
        let mut entries = BTreeMap::new();
        for (key, value) in map.unwrap_or_default() {
            match read(value) {
                Some(value) => {
                    entries.insert(key, value);
                }
                None => self.add_error(&format!("{field}.{key}"), expected),
            }
        }
        entries
    }

    /// Adds the error that `field` is required, unless there is a value or an error for it already.
    pub fn require<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.has_error(field) {
            self.add_error(field, "is required");
        }
        value
    }

    /// Parses `text` with `parse`, whose error becomes the field's error.
    pub fn parse<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(&text?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.add_error(field, error.to_string());
                None
            }
        }
    }

    /// Whether the request contains `field` with another value than `null`. Call it before the field is read.
    pub fn has_value(&self, field: &str) -> bool {
        self.remaining.get(field).is_some_and(|value| !value.is_null())
    }

    /// Whether the request contains `field`, even as `null`. Call it before the field is read.
    pub fn contains(&self, field: &str) -> bool {
        self.remaining.contains_key(field)
    }

    /// An optional list of strings.
    pub fn string_list(&mut self, field: &str) -> Option<Vec<String>> {
        self.typed(field, "a list of strings", |value| match value {
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::String(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => None,
        })
    }

    /// The fields of a form: all are strings. If a name is repeated, the last value counts.
    pub fn from_form(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let rest = pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
        Self { remaining: rest, errors: Vec::new() }
    }

    /// Whether there is an error for `field` already.
    pub fn has_error(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    /// Finishes reading. Fields that have not been read are unknown and also errors.
    ///
    /// # Errors
    /// All errors at once.
    pub fn finish(mut self) -> Result<(), Problem> {
        for field in std::mem::take(&mut self.remaining).keys() {
            self.add_error(field, "is not a field of this request");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}
