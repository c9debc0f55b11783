//! Converts schemas of OpenAPI 3.0 to JSON Schema 2020-12.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Fields of objects that the schema does not describe.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum UndescribedFields {
    /// Rejected, so that the platform does not depend on fields that only the simulation has.
    Rejected,
    Allowed,
}

/// Compiles a schema. `components` are those of its document.
pub fn compile(schema: &Value, components: &Value, undescribed: UndescribedFields) -> Validator {
    let mut definitions = BTreeMap::new();
    let mut root = convert_closed(schema);
    collect_definitions(&root, components, &mut definitions);
    root["$defs"] = json!(definitions);
    if undescribed == UndescribedFields::Allowed {
        allow_undescribed_fields(&mut root);
    }
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&root)
        .unwrap_or_else(|error| panic!("invalid schema: {error}"))
}

/// Collects the definitions that a schema refers to, directly or indirectly.
fn collect_definitions(
    schema: &Value,
    components: &Value,
    definitions: &mut BTreeMap<String, Value>,
) {
    match schema {
        Value::Object(fields) => {
            if let Some(name) =
                schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"))
                && !definitions.contains_key(name)
            {
                let definition = convert(&components["schemas"][name]);
                definitions.insert(name.to_owned(), definition.clone());
                collect_definitions(&definition, components, definitions);
            }
            fields.values().for_each(|value| collect_definitions(value, components, definitions));
        }
        Value::Array(items) => {
            items.iter().for_each(|value| collect_definitions(value, components, definitions));
        }
        _ => {}
    }
}

fn allow_undescribed_fields(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("unevaluatedProperties");
            fields.values_mut().for_each(allow_undescribed_fields);
        }
        Value::Array(all) => all.iter_mut().for_each(allow_undescribed_fields),
        _ => {}
    }
}

/// Converts the schema of a complete value: objects have no fields except those of the schema.
fn convert_closed(schema: &Value) -> Value {
    let mut converted = convert(schema);
    converted["unevaluatedProperties"] = json!(false);
    converted
}

/// Converts a schema that may be combined with others (`allOf`), so that each allows further fields.
fn convert(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else { return json!({}) };
    if let Some(name) = schema["$ref"].as_str() {
        return json!({ "$ref": name.replace("#/components/schemas/", "#/$defs/") });
    }
    let combinators = ["allOf", "anyOf", "oneOf", "not"];
    let mut converted = Map::new();
    for (keyword, value) in fields {
        let value = match keyword.as_str() {
            "properties" => {
                let all = value.as_object().into_iter().flatten();
                all.map(|(name, schema)| (name.clone(), convert_closed(schema))).collect()
            }
            "items" => convert_closed(value),
            "additionalProperties" if value.is_object() => convert_closed(value),
            "not" => convert(value),
            _ if combinators.contains(&keyword.as_str()) => {
                value.as_array().into_iter().flatten().map(convert).collect()
            }
            // GitHub also uses the format `uri` for URI templates.
            "format" if value != "date-time" => continue,
            // Annotations, and keywords that are converted elsewhere.
            "nullable" | "example" | "examples" | "default" | "description" | "title"
            | "discriminator" | "deprecated" | "readOnly" | "xml" | "externalDocs" => continue,
            _ if keyword.starts_with("x-") => continue,
            _ => value.clone(),
        };
        converted.insert(keyword.clone(), value);
    }
    let has_any_fields = !fields.contains_key("properties")
        && !combinators.iter().any(|keyword| fields.contains_key(*keyword));
    if has_any_fields {
        converted.entry("additionalProperties").or_insert(json!(true));
    }
    match fields.get("nullable") {
        Some(Value::Bool(true)) => json!({ "anyOf": [converted, { "type": "null" }] }),
        _ => Value::Object(converted),
    }
}

#[cfg(test)]
mod tests {
    use super::{UndescribedFields, compile};
    use serde_json::json;

    #[test]
    fn nullable_values_may_be_null_and_undescribed_fields_are_rejected_unless_allowed() {
        let components = json!({ "schemas": {
            "base": { "type": "object", "properties": { "id": { "type": "integer" } }, "required": ["id"] },
            "open": { "type": "object", "nullable": true },
        } });
        let schema = json!({
            "allOf": [
                { "$ref": "#/components/schemas/base" },
                { "type": "object", "properties": {
                    "at": { "type": "string", "format": "date-time", "nullable": true },
                    "kind": { "type": "string", "enum": ["a", "b"], "nullable": true },
                    "any": { "$ref": "#/components/schemas/open" },
                    "parts": { "type": "array", "items": { "$ref": "#/components/schemas/base" } },
                } },
            ],
        });
        let compiled = compile(&schema, &components, UndescribedFields::Rejected);
        for valid in [
            json!({ "id": 1 }),
            json!({ "id": 1, "at": null, "kind": null, "any": null }),
            json!({ "id": 1, "at": "2026-11-23T10:00:00Z", "kind": "a", "any": { "x": 1 } }),
            json!({ "id": 1, "parts": [{ "id": 2 }] }),
        ] {
            assert!(compiled.is_valid(&valid), "{valid}");
        }
        for invalid in [
            json!({}),
            json!({ "id": null }),
            json!({ "id": 1, "at": "yesterday" }),
            json!({ "id": 1, "kind": "c" }),
            json!({ "id": 1, "undescribed": 1 }),
            json!({ "id": 1, "parts": [{}] }),
            json!({ "id": 1, "parts": [{ "id": 2, "undescribed": 1 }] }),
        ] {
            assert!(!compiled.is_valid(&invalid), "{invalid}");
        }
        let lenient = compile(&schema, &components, UndescribedFields::Allowed);
        assert!(lenient.is_valid(&json!({ "id": 1, "undescribed": 1 })));
        assert!(!lenient.is_valid(&json!({ "undescribed": 1 })));
    }
}
