//! The named schemas of the document, and constructors for small inline schemas.

use serde_json::json;
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, Ref, RefOr, Schema, Type, schema::SchemaType},
};

#[derive(Default)]
pub struct Schemas {
    pub by_name: BTreeMap<String, RefOr<Schema>>,
}

impl Schemas {
    /// Adds the schema of a type and of all types that it contains. Returns a reference to it.
    pub fn add<T: ToSchema>(&mut self) -> Ref {
        let mut all = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut all);
        self.by_name.extend(all);
        Ref::from_schema_name(T::name())
    }

    pub fn extend(&mut self, others: Self) {
        self.by_name.extend(others.by_name);
    }
}

pub fn string() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// A string of at most `max_length` characters.
pub fn string_up_to(max_length: usize) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(max_length)).into()
}

/// A string that matches a regular expression.
pub fn string_matching(pattern: &str) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into()
}

/// An integer between `min` and `max`, both included.
pub fn integer(min: u32, max: u32, default: Option<u32>) -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(min))
        .maximum(Some(max))
        .default(default.map(|default| json!(default)))
        .into()
}

/// A boolean that defaults to `false`.
pub fn boolean() -> Schema {
    ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false))).into()
}

/// Any JSON value.
pub fn any_json() -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
}
