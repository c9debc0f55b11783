//! The named schemas of the document, and constructors for small inline schemas.

use serde_json::json;
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{
        KnownFormat, Object, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
        schema::{AdditionalProperties, SchemaType},
    },
};

/// Schemas by name.
#[derive(Default)]
pub struct Schemas(pub BTreeMap<String, RefOr<Schema>>);

impl Schemas {
    /// Adds the schema of a type and of all types that it contains. Returns a reference to it.
    pub fn add<T: ToSchema>(&mut self) -> Ref {
        let mut all = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut all);
        self.0.extend(all);
        Ref::from_schema_name(T::name())
    }

    /// Makes the schemas strict: no additional properties, and in responses every property is required
    /// unless its type marks it as omittable. Flattened (`allOf`) schemas are merged into one object.
    pub fn make_strict(&mut self, is_request: impl Fn(&str) -> bool) {
        let all = self.0.clone();
        for (name, schema) in &mut self.0 {
            let RefOr::T(schema) = schema else { continue };
            if let Schema::AllOf(parts) = schema {
                let mut merged = ObjectBuilder::new()
                    .schema_type(Type::Object)
                    .description(parts.description.clone())
                    .build();
                for part in &parts.items {
                    merge(&mut merged, part, &all);
                }
                *schema = Schema::Object(merged);
            }
            if let Schema::Object(object) = schema {
                make_object_strict(object, is_request(name));
            }
        }
    }
}

fn merge(target: &mut Object, part: &RefOr<Schema>, all: &BTreeMap<String, RefOr<Schema>>) {
    match part {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
            if let Some(part) = all.get(name) {
                merge(target, part, all);
            }
        }
        RefOr::T(Schema::Object(part)) => {
            target.properties.extend(part.properties.clone());
            target.required.extend(part.required.clone());
        }
        RefOr::T(Schema::AllOf(parts)) => {
            for part in &parts.items {
                merge(target, part, all);
            }
        }
        RefOr::T(_) => {}
    }
}

fn make_object_strict(object: &mut Object, is_request: bool) {
    if object.properties.is_empty() {
        return;
    }
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    for property in object.properties.values_mut() {
        // The bounds of an integer say more than its format, and unsigned integers have no format.
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
        // `serde` writes `None` as `null`, except for fields with `skip_serializing_if`. Those are marked
        // `nullable = false`.
        let always_present = |(name, schema): (&String, &RefOr<Schema>)| {
            (object.required.contains(name) || is_nullable(schema)).then(|| name.clone())
        };
        object.required = object.properties.iter().filter_map(always_present).collect();
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
