//! The schemas that operations name, and the small ones that need no name.

use serde_json::json;
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{
        KnownFormat, Object, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
        schema::{AdditionalProperties, SchemaType},
    },
};

/// Schemas by their names.
#[derive(Default)]
pub struct Schemas(pub BTreeMap<String, RefOr<Schema>>);

impl Schemas {
    /// Adds a type with all that it is made of, and refers to it.
    pub fn add<T: ToSchema>(&mut self) -> Ref {
        let mut all = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut all);
        self.0.extend(all);
        Ref::from_schema_name(T::name())
    }

    /// What is added is read by nobody here: every field of an answer is listed, and is there unless it
    /// is marked as one that may be left out. Parts that are flattened in become part of the whole.
    pub fn tidy(&mut self, is_request: impl Fn(&str) -> bool) {
        let before = self.0.clone();
        for (name, schema) in &mut self.0 {
            let RefOr::T(schema) = schema else { continue };
            if let Schema::AllOf(parts) = schema {
                let mut whole = ObjectBuilder::new()
                    .schema_type(Type::Object)
                    .description(parts.description.clone())
                    .build();
                for part in &parts.items {
                    merge(&mut whole, part, &before);
                }
                *schema = Schema::Object(whole);
            }
            if let Schema::Object(object) = schema {
                close(object, is_request(name));
            }
        }
    }
}

fn merge(whole: &mut Object, part: &RefOr<Schema>, all: &BTreeMap<String, RefOr<Schema>>) {
    match part {
        RefOr::Ref(to) => {
            let name = to.ref_location.rsplit('/').next().unwrap_or_default();
            if let Some(part) = all.get(name) {
                merge(whole, part, all);
            }
        }
        RefOr::T(Schema::Object(part)) => {
            whole.properties.extend(part.properties.clone());
            whole.required.extend(part.required.clone());
        }
        RefOr::T(Schema::AllOf(parts)) => {
            for part in &parts.items {
                merge(whole, part, all);
            }
        }
        RefOr::T(_) => {}
    }
}

fn close(object: &mut Object, is_request: bool) {
    if object.properties.is_empty() {
        return;
    }
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    for property in object.properties.values_mut() {
        // Formats of integers say less than their bounds do, and there are none for unsigned ones.
        if let RefOr::T(Schema::Object(property)) = property
            && matches!(
                property.format,
                Some(SchemaFormat::KnownFormat(KnownFormat::Int32 | KnownFormat::Int64))
            )
        {
            property.format = None;
        }
    }
    if !is_request {
        // `serde` writes an `Option` as `null` unless told otherwise, and `nullable = false` says that
        // it was told so.
        let there = |(name, schema): (&String, &RefOr<Schema>)| {
            (object.required.contains(name) || is_nullable(schema)).then(|| name.clone())
        };
        object.required = object.properties.iter().filter_map(there).collect();
    }
}

fn is_nullable(schema: &RefOr<Schema>) -> bool {
    let null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match schema {
        RefOr::T(Schema::Object(object)) => null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(is_nullable),
        _ => false,
    }
}

/// A text without more rules.
pub fn text() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// A text with at most so many characters.
pub fn short(longest: usize) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(longest)).into()
}

/// A text that matches.
pub fn like(pattern: &str) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into()
}

pub fn whole(least: u32, most: u32, default: Option<u32>) -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least))
        .maximum(Some(most))
        .default(default.map(|default| json!(default)))
        .into()
}

pub fn flag() -> Schema {
    ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false))).into()
}

/// Any JSON.
pub fn anything() -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
}
