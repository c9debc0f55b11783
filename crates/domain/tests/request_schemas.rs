//! What the schema of a request rejects, its reader rejects too; and the described defaults are the real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    Person, Problem, ProjectId, Timestamp,
    access::Caller,
    authorization::{AuthorizationRequest, NewAuthorization},
    builds::{BuildSpec, NewBuild},
    deployments::{
        DeploymentRequest, NewConfiguration, NewDeployment, NewSecrets, PlatformLimits, Rollback,
        read_configuration,
    },
    fields::Fields,
    grant::{AuthorizationCodeGrant, DeviceGrant, RefreshGrant, TokenExchangeGrant, TokenRequest},
    projects::{MemberRole, NewProject, Project, ProjectChange},
    schema::{STRING_TYPES, reference},
    services::NewService,
    token::{ApiTokenRequest, MAX_LIFETIME_DAYS, NewToken},
};
use serde_json::{Map, Value, json};
use std::fmt::Debug;
use utoipa::ToSchema;

/// A kind of request body.
struct Request {
    name: String,
    /// Its schema, and those that it refers to, by name.
    schemas: Map<String, Value>,
    /// A valid body with the required fields only.
    minimal: Value,
    /// Reads a body; returns the debug output of the result.
    read: fn(Fields) -> Result<String, Problem>,
}

impl Request {
    fn new<T: ToSchema>(minimal: Value, read: fn(Fields) -> Result<String, Problem>) -> Self {
        let mut schemas = Vec::new();
        reference::<T>(&mut schemas);
        let to_json = |(name, schema)| (name, serde_json::to_value(schema).unwrap());
        let schemas = schemas.into_iter().map(to_json).collect();
        Self { name: T::name().into(), schemas, minimal, read }
    }

    /// Calls `check` with the name and the schema of each property, with references resolved.
    fn for_each_property(&self, mut check: impl FnMut(&str, &Map<String, Value>)) {
        for (name, property) in self.schemas[&self.name]["properties"].as_object().unwrap() {
            let mut schema = property.as_object().unwrap().clone();
            for part in [property, &property["oneOf"][0]] {
                let target = part["$ref"].as_str().and_then(|path| path.rsplit('/').next());
                let target = target.map(|name| self.schemas[name].as_object().unwrap().clone());
                schema.extend(target.into_iter().flatten());
            }
            check(name, &schema);
        }
    }

    /// Reads the minimal body with another value of one field.
    fn read_with(&self, field: &str, value: Value) -> Result<String, Problem> {
        let mut body = self.minimal.clone();
        body[field] = value;
        (self.read)(Fields::from_json(body.to_string().as_bytes()).unwrap())
    }

    /// Whether this value of the field is an error of the field, or of an entry in it.
    fn rejects(&self, field: &str, value: &Value) -> bool {
        let entry = format!("{field}.");
        let problem = self.read_with(field, value.clone()).err();
        problem.is_some_and(|problem| {
            problem
                .errors
                .iter()
                .any(|error| error.field == field || error.field.starts_with(&entry))
        })
    }
}

fn now() -> Timestamp {
    "2025-08-18T10:00:00Z".parse().unwrap()
}

fn project() -> Project {
    Project {
        id: ProjectId(1),
        name: "myapp".parse().unwrap(),
        owner: "testuser".parse().unwrap(),
        description: None,
        repository_url: None,
        framework: None,
        created_at: now(),
        updated_at: now(),
        unknown_fields: Default::default(),
    }
}

fn debug<T: Debug>(read: Result<T, Problem>) -> Result<String, Problem> {
    read.map(|value| format!("{value:?}"))
}

fn read_deployment(mut fields: Fields) -> Result<String, Problem> {
    let person = Person { issuer: "nokube".into(), subject: "testuser".into() };
    let caller = Caller { person, login: "testuser".parse().unwrap() };
    let request = NewDeployment::read(&mut fields);
    debug(DeploymentRequest::new(request, fields, &caller, Some(&project()), &limits(), None))
}

fn read_saved(fields: Fields) -> Result<String, Problem> {
    let service = "frontend".parse().ok();
    debug(read_configuration(fields, &project(), service, &limits(), None, &Vec::new()))
}

fn read_secrets(mut fields: Fields) -> Result<String, Problem> {
    let request = NewSecrets::read(&mut fields);
    debug(request.check(fields, "frontend".parse().ok(), &Vec::new()))
}

fn limits() -> PlatformLimits {
    PlatformLimits {
        max_replicas: 20,
        apps_domain: Some("apps.example.org".parse().unwrap()),
        has_path_routing: true,
        has_https: true,
        custom_domains: vec!["*.example.com".parse().unwrap()],
        ..PlatformLimits::default()
    }
}

fn read_build(mut fields: Fields) -> Result<String, Problem> {
    let request = NewBuild::read(&mut fields);
    let github = "https://github.com".parse().unwrap();
    debug(BuildSpec::new(request, fields, Some(&project().name), &github))
}

fn read_source(mut fields: Fields) -> Result<String, Problem> {
    let NewService { source, automation } = NewService::read(&mut fields);
    let (service, github) = ("frontend".parse().ok(), "https://github.com".parse().unwrap());
    let switches = (automation.build_on_push, automation.deploy_on_build, automation.previews);
    debug(BuildSpec::saved(source, service, fields, &github).map(|spec| (spec, switches)))
}

fn read_grant(fields: Fields) -> Result<String, Problem> {
    TokenRequest::parse(fields).map(|_| String::new())
}

/// The requests of `auth` for its own credentials.
fn sign_in_requests() -> Vec<Request> {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    let redirect_uri = "http://127.0.0.1:49152/callback";
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    vec![
        Request::new::<DeviceGrant>(
            json!({ "grant_type": device, "device_code": "a" }),
            read_grant,
        ),
        Request::new::<AuthorizationCodeGrant>(
            json!({
                "grant_type": "authorization_code", "code": "a", "redirect_uri": redirect_uri,
                "client_id": "nokube-cli", "code_verifier": "a",
            }),
            read_grant,
        ),
        Request::new::<NewAuthorization>(
            json!({
                "client_id": "nokube-cli", "redirect_uri": redirect_uri,
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256", "state": "a",
            }),
            |fields| AuthorizationRequest::parse(fields).map(|_| String::new()),
        ),
        Request::new::<RefreshGrant>(
            json!({ "grant_type": "refresh_token", "refresh_token": "a" }),
            read_grant,
        ),
        Request::new::<TokenExchangeGrant>(
            json!({ "grant_type": exchange, "subject_token": "a", "subject_token_type": jwt }),
            read_grant,
        ),
    ]
}

fn requests() -> Vec<Request> {
    let build = json!({
        "project_id": 1, "repository_url": "https://github.com/acme/shop", "image_name": "myapp",
        "service_name": "frontend",
    });
    let deployment = json!({
        "project_id": 1, "project_name": "myapp", "username": "testuser",
        "service_name": "frontend", "image_name": "nginx:1.29", "enable_autoscaling": true,
    });
    let mut requests = vec![
        Request::new::<NewDeployment>(deployment, read_deployment),
        Request::new::<NewConfiguration>(json!({ "enable_autoscaling": true }), read_saved),
        Request::new::<NewSecrets>(json!({ "secrets": {} }), read_secrets),
        Request::new::<NewProject>(json!({ "name": "myapp" }), |mut fields| {
            let name = NewProject::read(&mut fields).name;
            debug(fields.finish(name))
        }),
        Request::new::<ProjectChange>(json!({}), |mut fields| {
            debug(ProjectChange::read(&mut fields).apply(fields, project(), now()))
        }),
        Request::new::<MemberRole>(json!({ "role": "viewer" }), |mut fields| {
            let role = MemberRole::read(&mut fields).role.map(|_| ());
            debug(fields.finish(role))
        }),
        Request::new::<NewToken>(json!({ "name": "ci", "scopes": ["read"] }), |fields| {
            debug(ApiTokenRequest::parse(fields, MAX_LIFETIME_DAYS, now()))
        }),
        Request::new::<NewBuild>(build, read_build),
        Request::new::<NewService>(
            json!({ "repository_url": "https://github.com/acme/shop", "build_on_push": true }),
            read_source,
        ),
        Request::new::<Rollback>(json!({}), |mut fields| {
            let request = Rollback::read(&mut fields);
            debug(fields.finish(Some(request.revision)))
        }),
    ];
    requests.extend(sign_in_requests());
    requests
}

#[test]
fn omitted_fields_have_their_described_defaults() {
    let mut defaults = 0;
    for request in requests() {
        let without = request.read_with("unused", Value::Null);
        assert!(without.is_err(), "unknown fields are rejected, even null");
        request.for_each_property(|name, schema| {
            let Some(default) = schema.get("default") else { return };
            let without = request.read_with(name, Value::Null).unwrap();
            assert_eq!(request.read_with(name, default.clone()).unwrap(), without, "{name}");
            defaults += 1;
        });
    }
    assert!(defaults >= 28, "{defaults}");
}

#[test]
fn the_reader_rejects_what_the_schema_rejects() {
    let mut checked = 0;
    for request in requests() {
        request.for_each_property(|name, schema| {
            let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
            let types = schema["type"].to_string();
            let is_text = types.contains("string");
            let mut invalid = vec![if is_text { json!(17) } else { json!("text") }];
            if types.contains("object") {
                invalid.push(json!({ "A": 17 }));
            }
            if types.contains("array") {
                invalid.push(json!([17]));
                let items = &schema["items"];
                let is_text = items["type"] == "string" && items.get("enum").is_none();
                invalid.extend((!is_text).then(|| json!(["other"])));
                let longest = items["maxLength"].as_u64();
                invalid.extend(longest.map(|max| json!(["x".repeat(max as usize + 1)])));
            }
            for (bound, beyond) in [(bound("minimum"), -1), (bound("maximum"), 1)] {
                if let Some(bound) = bound {
                    assert!(!request.rejects(name, &json!(bound)), "{name} {bound}");
                    invalid.push(json!(bound + beyond));
                }
            }
            if let Some(max) = bound("maxLength").filter(|_| name != "device_code") {
                invalid.push(json!("x".repeat(max as usize + 1)));
            }
            invalid.extend(bound("minLength").map(|_| json!("")));
            invalid.extend(bound("minItems").map(|_| json!([])));
            for choice in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
                assert!(!request.rejects(name, choice), "{name} {choice}");
                invalid.push(json!(format!("{}s", choice.as_str().unwrap())));
            }
            if schema.contains_key("pattern") {
                invalid.push(json!("a\\b"));
            }
            for value in invalid {
                assert!(request.rejects(name, &value), "{}: {name} may be {value}", request.name);
                checked += 1;
            }
        });
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn string_schemas_accept_what_their_types_accept() {
    for (schema, example, is_accepted) in STRING_TYPES {
        let schema = serde_json::to_value(schema()).unwrap();
        let is_valid = |text: &str| jsonschema::is_valid(&schema, &json!(text));
        assert!(is_accepted(example) && is_valid(example), "{example}");
        for other in ["", " ", "a b", "ü", "a\\b", "x\n"] {
            assert!(!is_accepted(other) && !is_valid(other), "{example}: {other:?}");
        }
    }
}
