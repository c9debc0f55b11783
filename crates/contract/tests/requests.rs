//! What is described of requests is what their readers take: each property, each bound, each default.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    Person, Problem, ProjectId, Timestamp,
    access::Caller,
    build::NewBuild,
    deploy::{NewDeployment, Offer, parse_rollback},
    fields::{Fields, asked_by},
    project::{ChangeProject, NewProject, Project, parse_role},
    token::{LONGEST, NewToken},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fmt::Debug, sync::LazyLock};

/// A request: its schema's name, the least that it holds, and what reads it.
struct Request {
    schema: &'static str,
    least: Value,
    read: fn(Fields) -> Result<String, Problem>,
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

fn shown<T: Debug>(read: Result<T, Problem>) -> Result<String, Problem> {
    read.map(|value| format!("{value:?}"))
}

fn deployment(mut fields: Fields) -> Result<String, Problem> {
    NewDeployment::project_id(&mut fields);
    let person = Person { issuer: "nokube".into(), subject: "testuser".into() };
    let caller = Caller { person, login: "testuser".parse().unwrap() };
    let offer = Offer {
        most_replicas: 20,
        apps_domain: Some("apps.example.org".parse().unwrap()),
        paths: true,
        https: true,
        custom_domains: vec!["*.example.com".parse().unwrap()],
        ..Offer::default()
    };
    shown(NewDeployment::parse(fields, &caller, Some(&PROJECT), &offer))
}

fn build(mut fields: Fields) -> Result<String, Problem> {
    NewBuild::project_id(&mut fields);
    let web = "https://github.com".parse().unwrap();
    shown(NewBuild::parse(fields, Some(&PROJECT.name), &web))
}

fn requests() -> Vec<Request> {
    let request = |schema, least, read| Request { schema, least, read };
    vec![
        request("NewProject", json!({ "name": "myapp" }), |f| shown(NewProject::parse(f))),
        request("ProjectChange", json!({}), |f| shown(ChangeProject::parse(f, &PROJECT))),
        request("MemberRole", json!({ "role": "viewer" }), |f| shown(parse_role(f))),
        request("NewToken", json!({ "name": "ci", "scopes": ["read"] }), |f| {
            shown(NewToken::parse(f, LONGEST, now()))
        }),
        request(
            "NewBuild",
            json!({
                "project_id": 1, "repository_url": "https://github.com/acme/shop",
                "image_name": "myapp", "service_name": "frontend",
            }),
            build,
        ),
        request(
            "NewDeployment",
            json!({
                "project_id": 1, "project_name": "myapp", "username": "testuser",
                "service_name": "frontend", "image_name": "nginx:1.29",
            }),
            deployment,
        ),
        request("Rollback", json!({}), |f| shown(parse_rollback(f))),
    ]
}

fn document() -> Value {
    serde_json::from_str(&nokube_contract::text()).unwrap()
}

/// What a property holds when it is not `null`.
fn held(document: &Value, property: &Value) -> Map<String, Value> {
    let mut all = property.as_object().unwrap().clone();
    let one = property["oneOf"].as_array().map(|of| of.iter().find(|one| one["type"] != "null"));
    for part in [Some(property), one.flatten()].into_iter().flatten() {
        let there = part["$ref"].as_str().and_then(|to| document.pointer(&to[1..]));
        all.extend(there.into_iter().flat_map(|there| there.as_object().unwrap().clone()));
    }
    all
}

/// Each property of each request, by its name, with what it holds.
fn each_property(mut look: impl FnMut(&Request, &str, &Map<String, Value>)) {
    let document = document();
    for request in requests() {
        let schema = &document["components"]["schemas"][request.schema];
        for (name, property) in schema["properties"].as_object().unwrap() {
            look(&request, name, &held(&document, property));
        }
    }
}

impl Request {
    fn read(&self, body: &Value) -> Result<String, Problem> {
        (self.read)(fields(body))
    }

    /// The least with another value of a field.
    fn with(&self, field: &str, value: Value) -> Result<String, Problem> {
        let mut body = self.least.clone();
        body[field] = value;
        self.read(&body)
    }

    #[track_caller]
    fn refuses(&self, field: &str, value: Value) {
        let told = self.with(field, value.clone());
        let problem = told.expect_err(&format!("{}: {field} may be {value}", self.schema));
        assert!(is_at(&problem, field), "{} {field} {value}: {problem:?}", self.schema);
    }
}

/// Is a fault of the field, or of an entry in it, among them?
fn is_at(problem: &Problem, field: &str) -> bool {
    let entry = format!("{field}.");
    problem.errors.iter().any(|fault| fault.field == field || fault.field.starts_with(&entry))
}

#[test]
fn the_examples_are_accepted() {
    let document = document();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let bodies: Vec<_> = operations
        .map(|operation| &operation["requestBody"]["content"]["application/json"])
        .collect();
    for request in requests() {
        let reference = format!("#/components/schemas/{}", request.schema);
        let body = bodies.iter().find(|body| body["schema"]["$ref"] == reference.as_str()).unwrap();
        request.read(&body["example"]).unwrap();
    }
}

#[test]
fn what_is_required_is_and_nothing_else_is() {
    for request in requests() {
        request.read(&request.least).unwrap();
        let given = request.least.as_object().unwrap();
        let schema = &document()["components"]["schemas"][request.schema];
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            assert!(given.contains_key(name), "{} without {name}", request.schema);
            let mut body = given.clone();
            body.remove(name);
            let problem = request.read(&Value::Object(body)).unwrap_err();
            assert!(is_at(&problem, name), "{name}: {problem:?}");
        }
    }
}

#[test]
fn the_readers_look_for_what_is_described_and_for_nothing_else() {
    for request in requests() {
        let asked = asked_by(|| drop(request.read(&request.least)));
        let schema = &document()["components"]["schemas"][request.schema];
        let described: BTreeSet<_> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(asked, described, "{}", request.schema);
        assert_eq!(schema["additionalProperties"], false);
        request.refuses("colour", json!("red"));
    }
}

#[test]
fn what_is_left_out_is_as_its_default() {
    let mut defaults = 0;
    each_property(|request, name, held| {
        if let Some(default) = held.get("default") {
            let without = request.read(&request.least).unwrap();
            assert_eq!(request.with(name, default.clone()).unwrap(), without, "{name}");
            assert_eq!(request.with(name, Value::Null).unwrap(), without, "{name}");
            defaults += 1;
        }
    });
    assert!(defaults >= 28, "{defaults}");
}

#[test]
fn a_value_of_another_kind_is_refused() {
    each_property(|request, name, held| {
        let kinds = held["type"].to_string();
        let other = if kinds.contains("string") { json!(17) } else { json!("text") };
        request.refuses(name, other);
        if kinds.contains("object") {
            request.refuses(name, json!({ "A": 17 }));
        }
    });
}

#[test]
fn bounds_and_choices_are_those_of_the_readers() {
    let mut looked_at = 0;
    each_property(|request, name, held| {
        let number = |what: &str| held.get(what).and_then(Value::as_i64);
        let mut refuses = |value| {
            looked_at += 1;
            request.refuses(name, value);
        };
        let takes = |value: Value| {
            let faulty = request.with(name, value.clone()).err().is_some_and(|p| is_at(&p, name));
            assert!(!faulty, "{name} may not be {value}");
        };
        if let Some(least) = number("minimum") {
            refuses(json!(least - 1));
            takes(json!(least));
        }
        if let Some(most) = number("maximum") {
            refuses(json!(most + 1));
            takes(json!(most));
        }
        if let Some(longest) = number("maxLength") {
            refuses(json!("x".repeat(longest as usize + 1)));
        }
        if number("minLength").is_some() {
            refuses(json!(""));
        }
        for choice in held.get("enum").and_then(Value::as_array).into_iter().flatten() {
            takes(choice.clone());
            refuses(json!(format!("{}s", choice.as_str().unwrap())));
        }
    });
    assert!(looked_at > 50, "{looked_at}");
}

#[test]
fn a_token_may_have_the_scopes_that_are_listed() {
    let token = requests().into_iter().find(|request| request.schema == "NewToken").unwrap();
    for scope in document()["components"]["schemas"]["TokenScope"]["enum"].as_array().unwrap() {
        token.with("scopes", json!([scope])).unwrap();
    }
    token.refuses("scopes", json!([]));
    token.refuses("scopes", json!(["account"]));
}

#[test]
fn every_text_that_is_described_is_what_its_type_takes() {
    let document = document();
    for (name, example, is_fine) in nokube_domain::schema::TEXTS {
        let Some(schema) = document["components"]["schemas"].get(name) else { continue };
        let valid = |text: &str| jsonschema::is_valid(schema, &json!(text));
        assert!(is_fine(example) && valid(example), "{name}: {example}");
        for other in ["", " ", "a b", "ü", "a\\b", "x\n"] {
            assert!(!is_fine(other) && !valid(other), "{name}: {other:?}");
        }
    }
}
