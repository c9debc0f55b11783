//! The types of request fields. Those of one request only are beside it.

#[cfg(feature = "schema")]
use crate::schema::{FieldSchema, Schemas, boolean, integer, reference, string, string_map, text};
use crate::{
    BuildId, DeploymentId, ProjectId, Timestamp,
    deployments::{ImageRef, UrlPath},
    fields::{FieldValue, Fields},
    image::ImageTag,
    name::{ProjectName, ServiceName},
    text::InvalidText,
};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Display, num::NonZeroU32, ops::RangeInclusive};

/// An integer from `MIN` to `MAX`.
#[derive(Clone, Copy)]
pub struct Int<const MIN: u32, const MAX: u32>(pub u32);

/// A TCP port.
#[derive(Clone, Copy)]
pub struct Port(pub u16);

/// Text of at most `MAX` characters.
pub struct Text<const MAX: usize>(pub String);

/// Text of at most `MAX` characters, without control characters other than the line feed.
pub struct PlainText<const MAX: usize>(pub String);

/// Implements [`FieldValue`] for types that are strings in JSON: how they are parsed, and their schema.
macro_rules! text_fields {
    ($($name:ty, $parse:expr, $schema:expr $(, const $max:ident)?;)*) => {$(
        impl $(<const $max: usize>)? $crate::fields::FieldValue for $name {
            fn read(
                value: serde_json::Value,
                field: &str,
                fields: &mut $crate::fields::Fields,
            ) -> Option<Self> {
                $crate::field_types::read_text(value, field, fields, $parse)
            }

            #[cfg(feature = "schema")]
            fn schema(schemas: &mut $crate::schema::Schemas) -> $crate::schema::FieldSchema {
                $schema(schemas)
            }
        }
    )*};
}

pub(crate) use text_fields;

text_fields! {
    String, |text| Ok::<_, InvalidText>(text.to_owned()), string;
    Timestamp, parse_time, |_: &mut Schemas| crate::schema::string_of_format("date-time");
    BuildId, str::parse, reference::<Self>;
    DeploymentId, str::parse, reference::<Self>;
    ImageRef, Self::parse_field, reference::<Self>;
    ImageTag, Self::parse_field, reference::<Self>;
    ProjectName, str::parse, reference::<Self>;
    ServiceName, str::parse, reference::<Self>;
    UrlPath, Self::parse_field, reference::<Self>;
    Text<MAX>, parse_up_to, text(0..=MAX), const MAX;
    PlainText<MAX>, parse_plain, text(0..=MAX), const MAX;
}

fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "must be a time such as 2027-01-31T00:00:00Z")
}

fn parse_up_to<const MAX: usize>(text: &str) -> Result<Text<MAX>, String> {
    match text.chars().count() <= MAX {
        true => Ok(Text(text.to_owned())),
        false => Err(format!("must have at most {MAX} characters")),
    }
}

fn parse_plain<const MAX: usize>(text: &str) -> Result<PlainText<MAX>, String> {
    let is_control = |c: char| c.is_control() && c != '\n';
    match text.chars().count() <= MAX && !text.contains(is_control) {
        true => Ok(PlainText(text.to_owned())),
        false => Err(format!("must have at most {MAX} characters and no control characters")),
    }
}

/// Parses the name that serde gives a variant of an enum. `expected` lists the names.
pub(crate) fn parse_variant<'a, T: Deserialize<'a>>(
    text: &'a str,
    expected: &'static str,
) -> Result<T, InvalidText> {
    let text = IntoDeserializer::<value::Error>::into_deserializer(text);
    T::deserialize(text).map_err(|_| InvalidText(expected))
}

pub(crate) fn read_text<T, E: Display>(
    value: Value,
    field: &str,
    fields: &mut Fields,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    match value {
        Value::String(text) => fields.parse(field, &text, parse),
        _ => {
            fields.add_error(field, "must be a string");
            None
        }
    }
}

pub(crate) fn read_integer(
    value: &Value,
    range: RangeInclusive<u32>,
    field: &str,
    fields: &mut Fields,
) -> Option<u32> {
    let number = integer_in(value, &range);
    if number.is_none() {
        let (min, max) = range.into_inner();
        fields.add_error(field, format!("must be a whole number from {min} to {max}"));
    }
    number
}

fn integer_in(value: &Value, range: &RangeInclusive<u32>) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|n| range.contains(n))
}

impl<const MIN: u32, const MAX: u32> FieldValue for Int<MIN, MAX> {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        read_integer(&value, MIN..=MAX, field, fields).map(Self)
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        integer(MIN, Some(MAX))
    }
}

impl FieldValue for Port {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        let number = read_integer(&value, 1..=u16::MAX.into(), field, fields)?;
        u16::try_from(number).ok().map(Self)
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        integer(1, Some(u16::MAX.into()))
    }
}

impl FieldValue for NonZeroU32 {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        let number = integer_in(&value, &(1..=u32::MAX)).and_then(Self::new);
        if number.is_none() {
            fields.add_error(field, "must be a whole number above 0");
        }
        number
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        integer(1, None)
    }
}

impl FieldValue for ProjectId {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        NonZeroU32::read(value, field, fields).map(|number| Self(number.get()))
    }

    #[cfg(feature = "schema")]
    fn schema(schemas: &mut Schemas) -> FieldSchema {
        reference::<Self>(schemas)
    }
}

impl FieldValue for bool {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        let value = value.as_bool();
        if value.is_none() {
            fields.add_error(field, "must be true or false");
        }
        value
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        boolean()
    }
}

/// `null` is a value: it clears what is stored.
impl<T: FieldValue> FieldValue for Option<T> {
    const READS_NULL: bool = true;

    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value, field, fields).map(Some),
        }
    }

    #[cfg(feature = "schema")]
    fn schema(schemas: &mut Schemas) -> FieldSchema {
        T::schema(schemas)
    }
}

/// Each invalid entry is an error of its own, and left out.
impl<T: FieldValue> FieldValue for BTreeMap<String, T> {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        let Value::Object(entries) = value else {
            fields.add_error(field, "must be a map of strings");
            return None;
        };
        let mut read = |(name, value)| {
            let value = T::read(value, &format!("{field}.{name}"), fields)?;
            Some((name, value))
        };
        Some(entries.into_iter().filter_map(&mut read).collect())
    }

    #[cfg(feature = "schema")]
    fn schema(schemas: &mut Schemas) -> FieldSchema {
        string_map(T::schema(schemas))
    }
}

/// A list of strings. Each invalid one is an error.
impl<T: FieldValue> FieldValue for Vec<T> {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        match value {
            Value::Array(items) if items.iter().all(Value::is_string) => {
                Some(items.into_iter().filter_map(|item| T::read(item, field, fields)).collect())
            }
            _ => {
                fields.add_error(field, "must be a list of strings");
                None
            }
        }
    }

    #[cfg(feature = "schema")]
    fn schema(schemas: &mut Schemas) -> FieldSchema {
        utoipa::openapi::ArrayBuilder::new().items(T::schema(schemas)).into()
    }
}
