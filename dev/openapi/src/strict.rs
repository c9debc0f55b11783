//! Makes the schemas strict, as the platform is: it sends and accepts no other fields than those listed.

use nokube_contract::schemas::Schemas;
use std::collections::BTreeMap;
use utoipa::openapi::{
    KnownFormat, Object, ObjectBuilder, RefOr, Schema, SchemaFormat, Type,
    schema::{AdditionalProperties, SchemaType},
};

/// Makes the schemas strict: no additional properties, and in responses every property is required
/// unless its type marks it as omittable. Flattened (`allOf`) schemas are merged into one object. Schemas of
/// requests are strict already.
pub fn make_strict(schemas: &mut Schemas) {
    let all = schemas.by_name.clone();
    for schema in schemas.by_name.values_mut() {
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
        if let Schema::Object(object) = schema
            && object.additional_properties.is_none()
        {
            forbid_other_properties(object);
            require_properties(object);
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

fn forbid_other_properties(object: &mut Object) {
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
}

/// Requires the properties that responses always have: `serde` writes `None` as `null`, except for fields with
/// `skip_serializing_if`, which are marked `nullable = false`.
fn require_properties(object: &mut Object) {
    let always_present = |(name, schema): (&String, &RefOr<Schema>)| {
        (object.required.contains(name) || is_nullable(schema)).then(|| name.clone())
    };
    object.required = object.properties.iter().filter_map(always_present).collect();
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
