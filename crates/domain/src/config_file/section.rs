//! A table of the file as the fields of a request, with their positions.

use super::{
    Entry, Faults,
    names::{Place, unknown},
};
use serde_json::{Map, Number, Value};
use std::collections::{BTreeMap, BTreeSet};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A table of the file as the fields of a request.
pub(super) struct Section<'a> {
    pub place: Place<'a>,
    pub fields: Map<String, Value>,
    /// Where the value of each field begins, and each entry in it by `FIELD.NAME`.
    positions: BTreeMap<String, usize>,
    /// Fields that have a fault already.
    faulty: BTreeSet<String>,
    /// Where the table begins.
    start: usize,
}

impl<'a> Section<'a> {
    /// Reads a table whose fields `place` knows. `except` is left out.
    pub fn read(
        table: &DeTable<'_>,
        start: usize,
        place: Place<'a>,
        except: Option<&str>,
        faults: &mut Faults<'_>,
    ) -> Self {
        let mut section = Self {
            place,
            fields: Map::new(),
            positions: BTreeMap::new(),
            faulty: BTreeSet::new(),
            start,
        };
        for (key, value) in table.iter().filter(|(key, _)| Some(key.get_ref().as_ref()) != except) {
            let name = key.get_ref().as_ref();
            if place.has(name) {
                section.positions.insert(name.to_owned(), value.span().start);
                let value = section.value(name, value, faults);
                section.fields.insert(name.to_owned(), value);
            } else {
                faults.push(unknown(name, key.span(), place));
            }
        }
        section
    }

    /// The value of `field` in JSON. What JSON does not have is a fault.
    fn value(
        &mut self,
        field: &str,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Faults<'_>,
    ) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.as_ref().to_owned()),
            DeValue::Boolean(is) => Value::Bool(*is),
            DeValue::Integer(number) => integer(number.as_str(), number.radix()),
            DeValue::Float(number) => match number.as_str().parse().ok().and_then(Number::from_f64)
            {
                Some(number) => Value::Number(number),
                None => self.reject(field, value, "must be a finite number", faults),
            },
            DeValue::Datetime(_) => {
                self.reject(field, value, "must not be a date or time; put it in quotes", faults)
            }
            DeValue::Array(items) => {
                Value::from_iter(items.iter().map(|item| self.value(field, item, faults)))
            }
            DeValue::Table(table) => {
                let entries = table.iter().map(|entry| self.entry(field, entry, faults));
                Value::Object(entries.collect())
            }
        }
    }

    fn entry(
        &mut self,
        field: &str,
        (key, value): Entry<'_, '_>,
        faults: &mut Faults<'_>,
    ) -> (String, Value) {
        let path = format!("{field}.{}", key.get_ref());
        self.positions.insert(path.clone(), key.span().start);
        (key.get_ref().as_ref().to_owned(), self.value(&path, value, faults))
    }

    fn reject(
        &mut self,
        field: &str,
        value: &Spanned<DeValue<'_>>,
        detail: &str,
        faults: &mut Faults<'_>,
    ) -> Value {
        faults.add(value.span().start, &self.place.path_of(field), detail);
        self.faulty.insert(field.to_owned());
        Value::Null
    }

    /// Adds an error of a request's reader.
    pub fn add_error(&self, field: &str, detail: &str, faults: &mut Faults<'_>) {
        if !self.faulty.contains(field) {
            faults.add(self.position(field), &self.place.path_of(field), detail);
        }
    }

    /// Where `field` is. The name of an entry may be shortened; one of a field that is missing is where the table is.
    fn position(&self, field: &str) -> usize {
        let whole = field.split('.').next().unwrap_or_default();
        let position = self.positions.get(field).or_else(|| self.positions.get(whole));
        position.copied().unwrap_or(self.start)
    }
}

/// An integer that is too large for every field becomes a floating-point number, which none takes.
fn integer(digits: &str, radix: u32) -> Value {
    match i64::from_str_radix(digits, radix) {
        Ok(number) => Value::from(number),
        Err(_) => Value::from(f64::MAX),
    }
}
