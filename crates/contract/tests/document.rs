//! The document: as it is committed, valid, and true to its own schemas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(&nokube_contract::text()).unwrap()
}

#[test]
fn the_committed_document_is_the_codes() {
    let committed = include_str!("../../../docs/api/openapi.json");
    assert!(committed == nokube_contract::text(), "the contract has changed: run 'make contract'");
}

/// <https://spec.openapis.org/oas/3.1/schema/>, from npm (`tests/conformance`).
const SCHEMA: &str = "../../tests/conformance/node_modules/@seriousme/openapi-schema-validator/schemas/\
                      v3.1/schema.json";

#[test]
fn it_is_openapi_3_1() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    let schema = std::fs::read(file).expect("OpenAPI's own schema; `scripts/setup tests` gets it");
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let faults = |document: &Value| -> Vec<String> {
        let faults = schema.iter_errors(document);
        faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    };
    let mut document = document();
    assert_eq!(faults(&document), Vec::<String>::new());
    document["paths"]["/health"]["get"]["responses"]["200"]["color"] = json!("red");
    assert_ne!(faults(&document), Vec::<String>::new());

    // What it says of schemas it leaves to JSON Schema.
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        jsonschema::meta::validate(schema).unwrap_or_else(|bad| panic!("{name}: {bad}"));
    }
}

#[test]
fn names_are_said_once_and_everything_that_is_referred_to_is_there() {
    let document = document();
    let (mut operations, mut references) = (Vec::new(), Vec::new());
    walk("", &document, &mut |_, value| {
        operations.extend(value.get("operationId").map(Value::to_string));
        references.extend(value.get("$ref").and_then(Value::as_str).map(str::to_owned));
    });
    let count = operations.len();
    operations.sort();
    operations.dedup();
    assert_eq!(operations.len(), count);
    for to in &references {
        assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
    }
    for kind in ["schemas", "responses", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let to = format!("#/components/{kind}/{name}");
            assert!(references.contains(&to), "nobody uses {to}");
        }
    }
}

#[test]
fn every_operation_says_what_it_is_and_what_can_go_wrong() {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    for (path, operation) in paths.flat_map(|(path, item)| {
        item.as_object().unwrap().values().map(move |operation| (path, operation))
    }) {
        for word in ["operationId", "summary", "tags", "security", "x-demand"] {
            assert!(operation.get(word).is_some(), "{path} has no {word}");
        }
        let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
        assert!(statuses.iter().any(|status| status.as_str() < "400"), "{path}: {statuses:?}");
        assert!(statuses.iter().any(|status| status.as_str() == "500"), "{path}: {statuses:?}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{path}: {parameter}");
        }
    }
}

/// Every value in the document, with where it stands.
fn walk(place: &str, value: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(place, value);
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                walk(
                    &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")),
                    value,
                    look,
                );
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(&format!("{place}/{index}"), value, look);
            }
        }
        _ => {}
    }
}

#[test]
fn every_example_is_of_its_schema() {
    let document = document();
    let mut looked_at = 0;
    walk("", &document, &mut |place, value| {
        let Some(schema) = value.get("schema").filter(|_| place.contains("/content/")) else {
            return;
        };
        let schema = json!({ "allOf": [schema], "components": document["components"] });
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let several = value["examples"].as_object().into_iter().flatten();
        let several = several.map(|(_, example)| &example["value"]);
        let examples: Vec<_> = value.get("example").into_iter().chain(several).collect();
        assert!(!examples.is_empty(), "{place} has no example");
        for example in examples {
            let faults: Vec<_> =
                schema.iter_errors(example).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{place}: {faults:#?}");
            looked_at += 1;
        }
    });
    assert!(looked_at > 100, "{looked_at}");
}

#[test]
fn every_reason_has_an_example() {
    let document = document();
    let mut examples = Vec::new();
    walk("", &document, &mut |_, value| {
        examples.extend(value.get("value").and_then(|example| example.get("reason")).cloned());
    });
    let reasons = document["components"]["schemas"]["ProblemReason"]["enum"].as_array().unwrap();
    assert!(!reasons.is_empty());
    for reason in reasons {
        assert!(examples.contains(reason), "{reason}");
    }
}
