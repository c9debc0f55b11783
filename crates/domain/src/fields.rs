//! Reads the fields of a JSON object and collects every fault, so that one answer names them all.

use crate::problem::{Fault, Problem, ProblemKind};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// The fields of a request that have not been taken yet, and the faults found so far.
pub struct Fields {
    rest: Map<String, Value>,
    faults: Vec<Fault>,
}

#[cfg(feature = "schema")]
thread_local! {
    static ASKED: std::cell::RefCell<std::collections::BTreeSet<String>> = Default::default();
}

/// The names of the fields that `read` looks for: a test holds them against what is described.
#[cfg(feature = "schema")]
pub fn asked_by(read: impl FnOnce()) -> std::collections::BTreeSet<String> {
    ASKED.take();
    read();
    ASKED.take()
}

impl Fields {
    /// Reads `body`, which must be one JSON object.
    ///
    /// # Errors
    /// A [`ProblemKind::Malformed`] that says where the JSON ends to be JSON.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let malformed = |detail: String| Problem::new(ProblemKind::Malformed, detail);
        match serde_json::from_slice(body) {
            Ok(Value::Object(rest)) => Ok(Self { rest, faults: Vec::new() }),
            Ok(_) => Err(malformed("The body must be a JSON object.".into())),
            Err(error) => Err(malformed(format!("The body is not JSON: {error}."))),
        }
    }

    /// Notes a fault of `field`, whose name may be as long as the caller made it.
    pub fn fault(&mut self, field: &str, detail: impl Into<String>) {
        self.faults.push(Fault { field: field.chars().take(100).collect(), detail: detail.into() });
    }

    /// Takes `field`; absent and `null` are the same.
    fn take(&mut self, field: &str) -> Option<Value> {
        #[cfg(feature = "schema")]
        ASKED.with_borrow_mut(|asked| asked.insert(field.to_owned()));
        self.rest.remove(field).filter(|value| !value.is_null())
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
            self.fault(field, format!("must be {expected}"));
        }
        read
    }

    /// A text, if given.
    pub fn text(&mut self, field: &str) -> Option<String> {
        self.typed(field, "a text", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    pub fn boolean(&mut self, field: &str) -> Option<bool> {
        self.typed(field, "true or false", |value| value.as_bool())
    }

    /// A whole number from 1 to 4,294,967,295.
    pub fn positive(&mut self, field: &str) -> Option<u32> {
        self.typed(field, "a whole number above 0", |value| {
            value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
        })
    }

    /// A whole number in a range, or the default when absent.
    pub fn whole(&mut self, field: &str, range: RangeInclusive<u32>, default: u32) -> u32 {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.typed(field, &expected, |value| {
            value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| range.contains(n))
        });
        number.unwrap_or(default)
    }

    /// A map of texts; empty when absent. Each value that is no text is named.
    pub fn texts(&mut self, field: &str) -> BTreeMap<String, String> {
        self.map(field, "must be a text", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// A map of texts and nulls; empty when absent.
    pub fn texts_or_null(&mut self, field: &str) -> BTreeMap<String, Option<String>> {
        self.map(field, "must be a text or null", |value| match value {
            Value::String(text) => Some(Some(text)),
            Value::Null => Some(None),
            _ => None,
        })
    }

    /// The entries of a map that `read` can read; the others are named.
    fn map<T>(
        &mut self,
        field: &str,
        expected: &str,
        read: impl Fn(Value) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let map = self.typed(field, "a map of texts", |value| match value {
            Value::Object(map) => Some(map),
            _ => None,
        });
        let mut entries = BTreeMap::new();
        for (key, value) in map.unwrap_or_default() {
            match read(value) {
                Some(value) => {
                    entries.insert(key, value);
                }
                None => self.fault(&format!("{field}.{key}"), expected),
            }
        }
        entries
    }

    /// Notes that `field` is required, unless `value` is there or already faulty.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.is_faulty(field) {
            self.fault(field, "is required");
        }
        value
    }

    /// `text` parsed by `parse`, whose error becomes the field's fault.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(&text?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(field, error.to_string());
                None
            }
        }
    }

    /// Does the request hold `field`, and not as `null`? Before it is taken.
    pub fn is_given(&self, field: &str) -> bool {
        self.rest.get(field).is_some_and(|value| !value.is_null())
    }

    /// Does the request hold `field`, be it as `null`? Before it is taken.
    pub fn has(&self, field: &str) -> bool {
        self.rest.contains_key(field)
    }

    /// A list of texts, if given.
    pub fn list(&mut self, field: &str) -> Option<Vec<String>> {
        self.typed(field, "a list of texts", |value| match value {
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

    /// The fields of a form: each is a text, the last one of a name counts.
    pub fn from_form(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let rest = pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
        Self { rest, faults: Vec::new() }
    }

    /// Has a fault of `field` been noted already?
    pub fn is_faulty(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.field == field)
    }

    /// Ends the reading: fields that nobody took are faults too.
    ///
    /// # Errors
    /// All faults at once.
    pub fn finish(mut self) -> Result<(), Problem> {
        for field in std::mem::take(&mut self.rest).keys() {
            self.fault(field, "is not a field of this request");
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid(self.faults)) }
    }
}
