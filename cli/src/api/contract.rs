//! Holds the types of this program against docs/api/openapi.json.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// Checks that each field of `T` is in the responses of the contract's schema `name`: with that type, and always,
/// unless it is optional here.
pub fn response<T: JsonSchema>(name: &str) {
    check::<T>(name, Direction::Response, SchemaSettings::draft2020_12().for_deserialize());
}

/// Checks that the contract's request schema `name` accepts each field of `T`, and that `T` has all that it requires.
pub fn request<T: JsonSchema>(name: &str) {
    check::<T>(name, Direction::Request, SchemaSettings::draft2020_12().for_serialize());
}

fn check<T: JsonSchema>(name: &str, direction: Direction, settings: SchemaSettings) {
    let contract: Value =
        serde_json::from_str(include_str!("../../../docs/api/openapi.json")).unwrap();
    let schema = SchemaGenerator::from(settings).into_root_schema_for::<T>().to_value();
    let theirs = &contract["components"]["schemas"][name];
    assert!(theirs.is_object(), "the contract has no schema {name}");
    let check = Check { ours: &schema, theirs: &contract, direction };
    let mut faults = Vec::new();
    check.compare(name, &schema, theirs, &mut faults);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

struct Check<'a> {
    /// The documents in which references are looked up.
    ours: &'a Value,
    theirs: &'a Value,
    direction: Direction,
}

impl Check<'_> {
    fn compare(&self, place: &str, ours: &Value, theirs: &Value, faults: &mut Vec<String>) {
        let (ours, we_allow_null) = without_null(ours, self.ours);
        let (theirs, may_be_null) = without_null(theirs, self.theirs);
        if self.direction == Direction::Response && may_be_null && !we_allow_null {
            faults.push(format!("{place} may be null in the contract"));
        }
        // An arbitrary value is passed on as it is.
        if ours.get("type").is_none() {
            return;
        }
        let (our_type, their_type) = (json_type(&ours), json_type(&theirs));
        if our_type != their_type {
            faults.push(format!("{place} is {their_type} in the contract, not {our_type}"));
            return;
        }
        match our_type.as_str() {
            "object" => self.compare_fields(place, &ours, &theirs, faults),
            "array" => {
                let items = [&ours, &theirs].map(|schema| schema.get("items").cloned());
                if let [Some(ours), Some(theirs)] = items {
                    self.compare(&format!("{place}[]"), &ours, &theirs, faults);
                }
            }
            _ => {}
        }
    }

    fn compare_fields(&self, place: &str, ours: &Value, theirs: &Value, faults: &mut Vec<String>) {
        let required = |schema: &Value, name: &str| {
            let names = schema.get("required").and_then(Value::as_array);
            names.is_some_and(|names| names.iter().any(|required| required == name))
        };
        let empty = Map::new();
        let fields = |schema: &Value| schema["properties"].as_object().unwrap_or(&empty).clone();
        let their_fields = fields(theirs);
        for (name, schema) in &fields(ours) {
            let place = format!("{place}.{name}");
            let Some(theirs_schema) = their_fields.get(name) else {
                faults.push(format!("{place} is not in the contract"));
                continue;
            };
            let is_response = self.direction == Direction::Response;
            if is_response && required(ours, name) && !required(theirs, name) {
                faults.push(format!("{place} is optional in the contract"));
            }
            self.compare(&place, schema, theirs_schema, faults);
        }
        if self.direction == Direction::Request {
            let missing = their_fields.keys().filter(|name| required(theirs, name));
            let missing = missing.filter(|name| !required(ours, name));
            faults
                .extend(missing.map(|name| format!("{place}.{name} is required by the contract")));
        }
    }
}

/// The schema behind references and `oneOf` with null, and whether null is allowed.
fn without_null(schema: &Value, document: &Value) -> (Value, bool) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(reference.trim_start_matches('#'));
        return without_null(target.expect("a schema behind the reference"), document);
    }
    let alternatives = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array());
    if let Some(alternatives) = alternatives {
        let is_null = |schema: &&Value| schema["type"] == "null";
        let others: Vec<_> = alternatives.iter().filter(|schema| !is_null(schema)).collect();
        if let [only] = others.as_slice() {
            let (schema, nested) = without_null(only, document);
            return (schema, nested || alternatives.iter().any(|schema| is_null(&schema)));
        }
        return (schema.clone(), alternatives.iter().any(|schema| is_null(&schema)));
    }
    let types = schema.get("type").and_then(Value::as_array);
    (schema.clone(), types.is_some_and(|types| types.iter().any(|name| name == "null")))
}

/// The JSON type without null. Schemas of strings may list their values only.
fn json_type(schema: &Value) -> String {
    let name = match &schema["type"] {
        Value::Array(types) => types.iter().find(|name| *name != "null").cloned(),
        other => Some(other.clone()),
    };
    match name.as_ref().and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None if schema.get("enum").is_some() || schema.get("const").is_some() => "string".into(),
        None => "anything".into(),
    }
}

mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Wrong {
        id: String,
        description: String,
        colour: u32,
    }

    #[test]
    #[should_panic(expected = "Project.colour is not in the contract")]
    fn a_field_that_does_not_exist_is_found() {
        response::<Wrong>("Project");
    }

    #[test]
    #[should_panic(expected = "Project.id is integer in the contract, not string")]
    fn a_wrong_type_is_found() {
        response::<Wrong>("Project");
    }

    #[test]
    #[should_panic(expected = "Project.description may be null in the contract")]
    fn a_missing_null_is_found() {
        response::<Wrong>("Project");
    }

    #[test]
    #[should_panic(expected = "NewProject.name is required by the contract")]
    fn a_missing_field_of_a_request_is_found() {
        request::<Wrong>("NewProject");
    }
}
