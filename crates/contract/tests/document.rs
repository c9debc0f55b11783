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
