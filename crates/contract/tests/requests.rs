//! The schemas of requests agree with the parsers: every property, bound and default.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    Person, Problem, ProjectId, Timestamp,
    access::Caller,
    builds::BuildSpec,
    deployments::{DeploymentRequest, PlatformLimits, parse_rollback},
    fields::{Fields, fields_read_by},
    projects::{Project, ProjectRequest, ProjectUpdate, parse_role},
    token::{ApiTokenRequest, MAX_LIFETIME_DAYS},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fmt::Debug, sync::LazyLock};

/// A kind of request body.
struct Request {
    /// The name of its schema.
    schema: &'static str,
    /// A valid body with the required fields only.
    minimal: Value,
    /// Parses a body; returns the debug output of the result.
    parse: fn(Fields) -> Result<String, Problem>,
}

fn now() -> Timestamp {
    "2025-08-18T10:00:00Z".parse().unwrap()
}

static PROJECT: LazyLock<Project> = LazyLock::new(|| Project {
    id: ProjectId(1),
    name: "myapp".parse().unwrap(),
    owner: "testuser".parse().unwrap(),
    description: None,
    repository_url: None,
    framework: None,
    created_at: now(),
    updated_at: now(),
});

fn fields(body: &Value) -> Fields {
    Fields::from_json(&serde_json::to_vec(body).unwrap()).unwrap()
}

fn debug<T: Debug>(parsed: Result<T, Problem>) -> Result<String, Problem> {
    parsed.map(|value| format!("{value:?}"))
}

fn parse_deployment(mut fields: Fields) -> Result<String, Problem> {
    DeploymentRequest::project_id(&mut fields);
    let person = Person { issuer: "nokube".into(), subject: "testuser".into() };
    let caller = Caller { person, login: "testuser".parse().unwrap() };
    let limits = PlatformLimits {
        max_replicas: 20,
        apps_domain: Some("apps.example.org".parse().unwrap()),
        has_path_routing: true,
        has_https: true,
        custom_domains: vec!["*.example.com".parse().unwrap()],
        ..PlatformLimits::default()
    };
    debug(DeploymentRequest::parse(fields, &caller, Some(&PROJECT), &limits))
}

fn parse_build(mut fields: Fields) -> Result<String, Problem> {
    BuildSpec::project_id(&mut fields);
    let github_url = "https://github.com".parse().unwrap();
    debug(BuildSpec::parse(fields, Some(&PROJECT.name), &github_url))
}

fn requests() -> Vec<Request> {
    let request = |schema, minimal, parse| Request { schema, minimal, parse };
    vec![
        request("NewProject", json!({ "name": "myapp" }), |f| debug(ProjectRequest::parse(f))),
        request("ProjectChange", json!({}), |f| debug(ProjectUpdate::parse(f, &PROJECT))),
        request("MemberRole", json!({ "role": "viewer" }), |f| debug(parse_role(f))),
        request("NewToken", json!({ "name": "ci", "scopes": ["read"] }), |f| {
            debug(ApiTokenRequest::parse(f, MAX_LIFETIME_DAYS, now()))
        }),
        request(
            "NewBuild",
            json!({
                "project_id": 1, "repository_url": "https://github.com/acme/shop",
                "image_name": "myapp", "service_name": "frontend",
            }),
            parse_build,
        ),
        request(
            "NewDeployment",
            json!({
                "project_id": 1, "project_name": "myapp", "username": "testuser",
                "service_name": "frontend", "image_name": "nginx:1.29",
            }),
            parse_deployment,
        ),
        request("Rollback", json!({}), |f| debug(parse_rollback(f))),
    ]
}

fn document() -> Value {
    serde_json::from_str(&nokube_contract::openapi_json()).unwrap()
}

/// The schema of a property's values other than `null`, with references resolved.
fn value_schema(document: &Value, property: &Value) -> Map<String, Value> {
    let mut schema = property.as_object().unwrap().clone();
    let variants = property["oneOf"].as_array();
    let not_null = variants.and_then(|all| all.iter().find(|variant| variant["type"] != "null"));
    for part in [Some(property), not_null].into_iter().flatten() {
        let target = part["$ref"].as_str().and_then(|reference| document.pointer(&reference[1..]));
        schema.extend(target.into_iter().flat_map(|target| target.as_object().unwrap().clone()));
    }
    schema
}

/// Calls `check` with the name and the value schema of each property of each request.
fn for_each_property(mut check: impl FnMut(&Request, &str, &Map<String, Value>)) {
    let document = document();
    for request in requests() {
        let schema = &document["components"]["schemas"][request.schema];
        for (name, property) in schema["properties"].as_object().unwrap() {
            check(&request, name, &value_schema(&document, property));
        }
    }
}

impl Request {
    fn parse(&self, body: &Value) -> Result<String, Problem> {
        (self.parse)(fields(body))
    }

    /// Parses the minimal body with another value of one field.
    fn parse_with(&self, field: &str, value: Value) -> Result<String, Problem> {
        let mut body = self.minimal.clone();
        body[field] = value;
        self.parse(&body)
    }

    #[track_caller]
    fn assert_rejects(&self, field: &str, value: Value) {
        let result = self.parse_with(field, value.clone());
        let problem = result.expect_err(&format!("{}: {field} may be {value}", self.schema));
        assert!(is_about(&problem, field), "{} {field} {value}: {problem:?}", self.schema);
    }
}

/// Whether the problem has an error of the field, or of an entry in it.
fn is_about(problem: &Problem, field: &str) -> bool {
    let entry = format!("{field}.");
    problem.errors.iter().any(|error| error.field == field || error.field.starts_with(&entry))
}

#[test]
fn the_examples_in_the_document_are_accepted() {
    let document = document();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let bodies: Vec<_> = operations
        .map(|operation| &operation["requestBody"]["content"]["application/json"])
        .collect();
    for request in requests() {
        let reference = format!("#/components/schemas/{}", request.schema);
        let body = bodies.iter().find(|body| body["schema"]["$ref"] == reference.as_str()).unwrap();
        request.parse(&body["example"]).unwrap();
    }
}

#[test]
fn exactly_the_required_fields_are_required() {
    for request in requests() {
        request.parse(&request.minimal).unwrap();
        let minimal = request.minimal.as_object().unwrap();
        let schema = &document()["components"]["schemas"][request.schema];
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            assert!(minimal.contains_key(name), "{} without {name}", request.schema);
            let mut body = minimal.clone();
            body.remove(name);
            let problem = request.parse(&Value::Object(body)).unwrap_err();
            assert!(is_about(&problem, name), "{name}: {problem:?}");
        }
    }
}

#[test]
fn the_parsers_read_exactly_the_described_fields() {
    for request in requests() {
        let read = fields_read_by(|| drop(request.parse(&request.minimal)));
        let schema = &document()["components"]["schemas"][request.schema];
        let described: BTreeSet<_> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(read, described, "{}", request.schema);
        assert_eq!(schema["additionalProperties"], false);
        request.assert_rejects("colour", json!("red"));
    }
}

#[test]
fn omitted_fields_have_their_described_defaults() {
    let mut defaults = 0;
    for_each_property(|request, name, schema| {
        if let Some(default) = schema.get("default") {
            let without = request.parse(&request.minimal).unwrap();
            assert_eq!(request.parse_with(name, default.clone()).unwrap(), without, "{name}");
            assert_eq!(request.parse_with(name, Value::Null).unwrap(), without, "{name}");
            defaults += 1;
        }
    });
    assert!(defaults >= 28, "{defaults}");
}

#[test]
fn a_value_of_another_type_is_rejected() {
    for_each_property(|request, name, schema| {
        let types = schema["type"].to_string();
        let other = if types.contains("string") { json!(17) } else { json!("text") };
        request.assert_rejects(name, other);
        if types.contains("object") {
            request.assert_rejects(name, json!({ "A": 17 }));
        }
    });
}

#[test]
fn bounds_and_enums_are_those_of_the_parsers() {
    let mut checked = 0;
    for_each_property(|request, name, schema| {
        let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
        let mut rejects = |value| {
            checked += 1;
            request.assert_rejects(name, value);
        };
        let accepts = |value: Value| {
            let result = request.parse_with(name, value.clone());
            let is_rejected = result.err().is_some_and(|problem| is_about(&problem, name));
            assert!(!is_rejected, "{name} may not be {value}");
        };
        if let Some(min) = bound("minimum") {
            rejects(json!(min - 1));
            accepts(json!(min));
        }
        if let Some(max) = bound("maximum") {
            rejects(json!(max + 1));
            accepts(json!(max));
        }
        if let Some(max_length) = bound("maxLength") {
            rejects(json!("x".repeat(max_length as usize + 1)));
        }
        if bound("minLength").is_some() {
            rejects(json!(""));
        }
        for choice in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
            accepts(choice.clone());
            rejects(json!(format!("{}s", choice.as_str().unwrap())));
        }
    });
    assert!(checked > 50, "{checked}");
}

#[test]
fn a_token_can_have_exactly_the_listed_scopes() {
    let token = requests().into_iter().find(|request| request.schema == "NewToken").unwrap();
    for scope in document()["components"]["schemas"]["TokenScope"]["enum"].as_array().unwrap() {
        token.parse_with("scopes", json!([scope])).unwrap();
    }
    token.assert_rejects("scopes", json!([]));
    token.assert_rejects("scopes", json!(["account"]));
}

#[test]
fn string_schemas_accept_what_their_types_accept() {
    let document = document();
    for (name, example, is_accepted) in nokube_domain::schema::STRING_TYPES {
        let Some(schema) = document["components"]["schemas"].get(name) else { continue };
        let is_valid = |text: &str| jsonschema::is_valid(schema, &json!(text));
        assert!(is_accepted(example) && is_valid(example), "{name}: {example}");
        for other in ["", " ", "a b", "ü", "a\\b", "x\n"] {
            assert!(!is_accepted(other) && !is_valid(other), "{name}: {other:?}");
        }
    }
}
