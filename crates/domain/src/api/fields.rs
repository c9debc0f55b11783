//! Reads the fields of a JSON object or form and collects all errors, so that one response lists them all.

use crate::problem::{FieldError, Problem, ProblemKind};
use serde_json::{Map, Value};
use std::fmt::Display;

/// The error of a field that the request does not have.
const UNKNOWN: &str = "is not a field of this request";

/// The fields of a request that have not been read yet, and the errors found so far.
pub struct Fields {
    remaining: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// A type that a field of a request can have. `request!` makes structs of them.
pub trait FieldValue: Sized {
    /// Whether `null` is a value. For most types it counts as absent.
    const READS_NULL: bool = false;

    /// Reads the value of `field`. If it is invalid, adds an error and returns `None`.
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self>;

    /// The schema. If it is a reference, the schema that it refers to is added to `schemas`.
    #[cfg(feature = "schema")]
    fn schema(schemas: &mut crate::schema::Schemas) -> crate::schema::FieldSchema;
}

impl Fields {
    /// Parses `body`, which must be a JSON object.
    ///
    /// # Errors
    /// [`ProblemKind::Malformed`], with the position of the syntax error.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let malformed = |detail: String| Problem::new(ProblemKind::Malformed, detail);
        match serde_json::from_slice(body) {
            Ok(Value::Object(remaining)) => Ok(Self { remaining, errors: Vec::new() }),
            Ok(_) => Err(malformed("The body must be a JSON object.".into())),
            Err(error) => Err(malformed(format!("The body is not JSON: {error}."))),
        }
    }

    /// The fields of something that is no request.
    pub(crate) fn from_map(remaining: Map<String, Value>) -> Self {
        Self { remaining, errors: Vec::new() }
    }

    /// The fields of a form: all are strings. If a name is repeated, the last value counts.
    pub fn from_form(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let remaining = pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
        Self { remaining, errors: Vec::new() }
    }

    /// The text of a field that has not been read yet, if it is a string.
    pub fn text_of(&self, field: &str) -> Option<&str> {
        self.remaining.get(field)?.as_str()
    }

    /// Whether `field` was sent and has not been read yet, be it as `null`.
    pub fn has(&self, field: &str) -> bool {
        self.remaining.contains_key(field)
    }

    /// The value of `field`, which remains to be read. `None` if it is absent, `null` or invalid.
    pub fn peek<T: FieldValue>(&self, field: &str) -> Option<T> {
        let value = self.remaining.get(field).filter(|value| !value.is_null())?.clone();
        T::read(value, field, &mut Self { remaining: Map::new(), errors: Vec::new() })
    }

    /// What was sent as `field`, which remains to be read, be it `null`.
    pub fn sent(&self, field: &str) -> Option<&Value> {
        self.remaining.get(field)
    }

    /// Takes `field`, which is no field of this request: an error if it was sent.
    pub fn refuse(&mut self, field: &str) {
        if self.remaining.remove(field).is_some() {
            self.add_error(field, UNKNOWN);
        }
    }

    /// Adds `field` as if it had been sent, unless it was, be it as `null`.
    pub fn add_absent(&mut self, field: &str, value: Value) {
        self.remaining.entry(field).or_insert(value);
    }

    /// Sets `field` in place of what was sent.
    pub(crate) fn set(&mut self, field: &str, value: Value) {
        self.remaining.insert(field.to_owned(), value);
    }

    /// Takes `field` as it was sent, be it `null`.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.remaining.remove(field)
    }

    /// Drops all fields but those that `keep` says, as if they had not been sent.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.remaining.retain(|field, _| keep(field));
    }

    /// The fields that have not been read.
    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.remaining
    }

    /// Takes `field`. `None` if it is absent or has an error.
    pub fn read<T: FieldValue>(&mut self, field: &str) -> Option<T> {
        let value = self.remaining.remove(field)?;
        if value.is_null() && !T::READS_NULL {
            return None;
        }
        T::read(value, field, self)
    }

    /// Takes `field`, whose absence is an error.
    pub fn read_required<T: FieldValue>(&mut self, field: &str) -> Option<T> {
        let value = self.read(field);
        if value.is_none() && !self.has_error(field) {
            self.add_error(field, "is required");
        }
        value
    }

    /// Takes `field`. An empty string counts as absent.
    pub fn read_nonempty<T: FieldValue>(&mut self, field: &str) -> Option<T> {
        if self.text_of(field) == Some("") {
            self.remaining.remove(field);
        }
        self.read(field)
    }

    /// Takes `field`, or reads the default if it is absent.
    pub fn read_or<T: FieldValue>(&mut self, field: &str, default: Value) -> Option<T> {
        let value = self.read(field);
        if value.is_none() && !self.has_error(field) {
            return T::read(default, field, self);
        }
        value
    }

    /// Parses `text` with `parse`, whose error becomes the field's error.
    pub fn parse<T, E: Display>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(text).map_err(|error| self.add_error(field, error.to_string())).ok()
    }

    /// Adds an error for `field`.
    pub fn add_error(&mut self, field: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(field, detail));
    }

    /// Whether there is an error for `field` already.
    pub fn has_error(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    /// Finishes reading. Fields that have not been read are unknown and also errors. `value` is what was
    /// made of the fields; without one, there is an error.
    ///
    /// # Errors
    /// All errors at once.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Problem> {
        for field in std::mem::take(&mut self.remaining).keys() {
            self.add_error(field, UNKNOWN);
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Problem::invalid(self.errors)),
        }
    }
}
