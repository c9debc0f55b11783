//! The OpenAPI document: committed, valid, complete, and with examples that match their schemas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use local_host::{
    manifest::{Manifest, Route},
    routes::{Pattern, Router},
};
use nokube_domain::{
    builds::NewBuild,
    deployments::{NewDeployment, Rollback},
    fields::Fields,
    grant::TokenRequest,
    problem::Problem,
    projects::{MemberRole, NewProject, ProjectChange},
    services::NewService,
    token::NewToken,
};
use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(&nokube_openapi::openapi_json()).unwrap()
}

#[test]
fn the_committed_document_is_up_to_date() {
    let committed = include_str!("../../../docs/api/openapi.json");
    assert!(
        committed == nokube_openapi::openapi_json(),
        "the contract has changed: run 'make contract'"
    );
}

/// A public route that `spin.toml` does not send to its component could not be called. An internal one must not
/// be reachable from outside, because it authenticates nobody.
#[test]
fn spin_toml_sends_exactly_the_public_routes_to_their_components() {
    let manifest = Manifest::parse(include_str!("../../../spin.toml")).unwrap();
    let triggers = manifest.trigger.http.iter().filter_map(|trigger| {
        let Route::Public(route) = &trigger.route else { return None };
        Some((Pattern::parse(route).unwrap(), trigger.component.as_deref()))
    });
    let router = Router::new(triggers.collect());
    for (component, routes) in nokube_openapi::COMPONENTS {
        for route in *routes {
            // Any value of a parameter would do.
            let path = route.pattern.replace(['{', '}'], "");
            let receiver = router.route(&path).and_then(|(_, component)| *component);
            let is_public = receiver == Some(component);
            assert_eq!(is_public, route.describe.is_some(), "{component} {path}: {receiver:?}");
        }
    }
}

/// <https://spec.openapis.org/oas/3.1/schema/>, from npm (`tests/conformance`).
const SCHEMA: &str = "../../tests/conformance/node_modules/@seriousme/openapi-schema-validator/schemas/\
                      v3.1/schema.json";

#[test]
fn the_document_is_valid_openapi_3_1() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    let schema = std::fs::read(file).expect("OpenAPI's own schema; `scripts/setup tests` gets it");
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors = |document: &Value| -> Vec<String> {
        let errors = schema.iter_errors(document);
        errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
    };
    let mut document = document();
    assert_eq!(errors(&document), Vec::<String>::new());
    document["paths"]["/health"]["get"]["responses"]["200"]["color"] = json!("red");
    assert_ne!(errors(&document), Vec::<String>::new());

    // OpenAPI's schema does not validate JSON schemas.
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn operation_ids_are_unique_and_all_references_resolve_and_no_component_is_unused() {
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
    for reference in &references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(&reference), "{reference} is not used");
        }
    }
}

#[test]
fn every_operation_has_a_summary_a_success_and_an_internal_error() {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    for (path, operation) in paths.flat_map(|(path, item)| {
        item.as_object().unwrap().values().map(move |operation| (path, operation))
    }) {
        for keyword in ["operationId", "summary", "tags", "security", "x-demand"] {
            assert!(operation.get(keyword).is_some(), "{path} has no {keyword}");
        }
        let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
        assert!(statuses.iter().any(|status| status.as_str() < "400"), "{path}: {statuses:?}");
        assert!(statuses.iter().any(|status| status.as_str() == "500"), "{path}: {statuses:?}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{path}: {parameter}");
        }
    }
}

/// Calls `visit` with the JSON pointer and the value of everything in the document.
fn walk(pointer: &str, value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    visit(pointer, value);
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                walk(
                    &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                    value,
                    visit,
                );
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(&format!("{pointer}/{index}"), value, visit);
            }
        }
        _ => {}
    }
}

#[test]
fn every_example_matches_its_schema() {
    let document = document();
    let mut checked = 0;
    walk("", &document, &mut |pointer, value| {
        let Some(schema) = value.get("schema").filter(|_| pointer.contains("/content/")) else {
            return;
        };
        let schema = json!({ "allOf": [schema], "components": document["components"] });
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let named = value["examples"].as_object().into_iter().flatten();
        let named = named.map(|(_, example)| &example["value"]);
        let examples: Vec<_> = value.get("example").into_iter().chain(named).collect();
        assert!(!examples.is_empty(), "{pointer} has no example");
        for example in examples {
            let errors: Vec<_> =
                schema.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{pointer}: {errors:#?}");
            checked += 1;
        }
    });
    assert!(checked > 100, "{checked}");
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

/// Reads a request body as its handler does.
type Reader = fn(Fields) -> Result<(), Problem>;

macro_rules! reader {
    ($request:ident) => {
        |mut fields| {
            let request = $request::read(&mut fields);
            fields.finish(Some(request)).map(drop)
        }
    };
}

/// The schemas say less than the readers do.
#[test]
fn the_examples_of_requests_are_accepted() {
    let document = document();
    let requests: [(&str, &str, Reader); 9] = [
        ("post", "/api/v1/projects", reader!(NewProject)),
        ("patch", "/api/v1/projects/{project}", reader!(ProjectChange)),
        ("put", "/api/v1/projects/{project}/members/{username}", reader!(MemberRole)),
        ("post", "/api/v1/builds", reader!(NewBuild)),
        ("put", "/api/v1/projects/{project}/services/{service}", reader!(NewService)),
        ("post", "/api/v1/deploy", reader!(NewDeployment)),
        ("post", "/api/v1/deployments/{deployment}/rollback", reader!(Rollback)),
        ("post", "/api/v1/auth/tokens", reader!(NewToken)),
        ("post", "/api/v1/auth/token", |fields| TokenRequest::parse(fields).map(drop)),
    ];
    for (method, path, read) in requests {
        let content = &document["paths"][path][method]["requestBody"]["content"];
        let example = content["application/json"]["example"].to_string();
        let fields = Fields::from_json(example.as_bytes()).unwrap();
        read(fields).unwrap_or_else(|problem| panic!("{method} {path}: {problem:?}"));
    }
}
