//! OpenAPI 3.0's schemas as JSON Schema 2020-12, and stricter where that is wanted.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Whether an object may have fields that are not described.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// It may not, so that nobody comes to rely on what only the simulation has.
    Described,
    Any,
}

/// Makes a validator of a schema; `components` are those of its document.
pub fn compile(schema: &Value, components: &Value, fields: Fields) -> Validator {
    let mut named = BTreeMap::new();
    let mut whole = whole(schema);
    name_all(&whole, components, &mut named);
    whole["$defs"] = json!(named);
    if fields == Fields::Any {
        open(&mut whole);
    }
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&whole)
        .unwrap_or_else(|error| panic!("a schema that is none: {error}"))
}

/// Collects what a schema refers to.
fn name_all(schema: &Value, components: &Value, named: &mut BTreeMap<String, Value>) {
    match schema {
        Value::Object(fields) => {
            if let Some(name) = schema["$ref"].as_str().and_then(|at| at.strip_prefix("#/$defs/"))
                && !named.contains_key(name)
            {
                let one = part(&components["schemas"][name]);
                named.insert(name.to_owned(), one.clone());
                name_all(&one, components, named);
            }
            fields.values().for_each(|value| name_all(value, components, named));
        }
        Value::Array(all) => all.iter().for_each(|value| name_all(value, components, named)),
        _ => {}
    }
}

fn open(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("unevaluatedProperties");
            fields.values_mut().for_each(open);
        }
        Value::Array(all) => all.iter_mut().for_each(open),
        _ => {}
    }
}

/// A schema of a whole value: it has no other fields than the parts of the schema say.
fn whole(schema: &Value) -> Value {
    let mut whole = part(schema);
    whole["unevaluatedProperties"] = json!(false);
    whole
}

/// A schema, which may be a part of another.
fn part(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else { return json!({}) };
    if let Some(name) = schema["$ref"].as_str() {
        return json!({ "$ref": name.replace("#/components/schemas/", "#/$defs/") });
    }
    let combined = ["allOf", "anyOf", "oneOf", "not"];
    let mut made = Map::new();
    for (keyword, value) in fields {
        let value = match keyword.as_str() {
            "properties" => {
                let all = value.as_object().into_iter().flatten();
                all.map(|(name, schema)| (name.clone(), whole(schema))).collect()
            }
            "items" => whole(value),
            "additionalProperties" if value.is_object() => whole(value),
            "not" => part(value),
            _ if combined.contains(&keyword.as_str()) => {
                value.as_array().into_iter().flatten().map(part).collect()
            }
            // `uri` there stands for texts with `{…}` in them, too.
            "format" if value != "date-time" => continue,
            // What says nothing about a value here, or is said in another way.
            "nullable" | "example" | "examples" | "default" | "description" | "title"
            | "discriminator" | "deprecated" | "readOnly" | "xml" | "externalDocs" => continue,
            _ if keyword.starts_with("x-") => continue,
            _ => value.clone(),
        };
        made.insert(keyword.clone(), value);
    }
    let open = !fields.contains_key("properties")
        && !combined.iter().any(|keyword| fields.contains_key(*keyword));
    if open {
        made.entry("additionalProperties").or_insert(json!(true));
    }
    match fields.get("nullable") {
        Some(Value::Bool(true)) => json!({ "anyOf": [made, { "type": "null" }] }),
        _ => Value::Object(made),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, compile};
    use serde_json::json;

    #[test]
    fn what_is_nullable_is_null_or_as_described_and_nothing_else_is_said() {
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
        let compiled = compile(&schema, &components, Fields::Described);
        for good in [
            json!({ "id": 1 }),
            json!({ "id": 1, "at": null, "kind": null, "any": null }),
            json!({ "id": 1, "at": "2026-11-23T10:00:00Z", "kind": "a", "any": { "x": 1 } }),
            json!({ "id": 1, "parts": [{ "id": 2 }] }),
        ] {
            assert!(compiled.is_valid(&good), "{good}");
        }
        for bad in [
            json!({}),
            json!({ "id": null }),
            json!({ "id": 1, "at": "yesterday" }),
            json!({ "id": 1, "kind": "c" }),
            json!({ "id": 1, "invented": 1 }),
            json!({ "id": 1, "parts": [{}] }),
            json!({ "id": 1, "parts": [{ "id": 2, "invented": 1 }] }),
        ] {
            assert!(!compiled.is_valid(&bad), "{bad}");
        }
        let open = compile(&schema, &components, Fields::Any);
        assert!(open.is_valid(&json!({ "id": 1, "invented": 1 })));
        assert!(!open.is_valid(&json!({ "invented": 1 })));
    }
}
