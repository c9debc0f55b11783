//! The published OpenAPI document: the list of routes has its routes, and the check of exchanges finds
//! differences. The exchanges themselves are checked in every test (`nokube_tests::openapi`).

use nokube_domain::responses::RouteView;
use nokube_tests::{
    TestPlatform,
    openapi::{ApiDocument, SentRequest, published_document},
};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The routes in the document, by method and path.
fn published_routes() -> BTreeMap<String, RouteView> {
    let document = published_document();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
    });
    let routes = operations.map(|(path, method, operation)| {
        let mut route = operation["x-demand"].clone();
        (route["method"], route["path"]) = (json!(method.to_uppercase()), json!(path));
        serde_json::from_value(route).unwrap()
    });
    by_method_and_path(routes)
}

fn by_method_and_path(routes: impl Iterator<Item = RouteView>) -> BTreeMap<String, RouteView> {
    let name = |route: &RouteView| format!("{} {}", route.method, route.path);
    routes.map(|route| (name(&route), RouteView { component: None, ..route })).collect()
}

/// The list of routes collects the tables of all components. It also has routes for other components only, all
/// below `/ready` and `/internal`.
#[tokio::test]
async fn the_list_of_routes_has_the_published_routes_with_their_access_policies() {
    let platform = TestPlatform::start().await;
    let listed = platform.user("alice").get("/api/v1/routes").await.expect(200);
    let listed: Vec<RouteView> = serde_json::from_value(listed["routes"].clone()).unwrap();
    let public = listed.into_iter().filter(|route| {
        let is_readiness = route.path.starts_with("/ready");
        let is_internal = route.path.starts_with("/internal/");
        !(is_readiness || is_internal) || route.component.as_deref() == Some("platform")
    });
    assert_eq!(by_method_and_path(public), published_routes());
    platform.finish().await;
}

/// Checks a response to `GET /api/v1/projects/1` against a document.
fn check(document: Value, status: u16, body: &Value) -> Result<(), String> {
    let request = SentRequest::get(&"http://nokube.test/api/v1/projects/1".parse().unwrap());
    let headers = [
        ("content-type", "application/json"),
        ("x-request-id", "12345678"),
        ("etag", "\"12345678\""),
    ];
    let headers: HeaderMap = headers
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .into_iter()
        .collect();
    ApiDocument::new(document).check_exchange(&request, status, &headers, &body.to_string())
}

#[test]
fn differences_from_the_document_are_found() {
    let document = published_document();
    let body = json!({
        "id": 1, "name": "myapp", "owner": "alice", "description": null, "repository_url": null,
        "framework": null, "role": "owner",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    });
    check(document.clone(), 200, &body).unwrap();

    let mut renamed = document.clone();
    let schema = renamed.pointer_mut("/components/schemas/Project").unwrap();
    let owner = schema["properties"].as_object_mut().unwrap().remove("owner").unwrap();
    schema["properties"]["proprietor"] = owner;
    let error = check(renamed, 200, &body).unwrap_err();
    assert!(error.contains("'owner' was unexpected"), "{error}");

    let error_with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        check(document.clone(), 200, &body).unwrap_err()
    };
    assert!(error_with("created_at", json!("yesterday")).contains("date-time"));
    assert!(error_with("owner", json!(null)).contains("null is not of type"));
    assert!(error_with("colour", json!("red")).contains("'colour' was unexpected"));
    assert!(check(document, 418, &body).unwrap_err().contains("the status is not listed"));
}

/// A request with all optional fields, an unknown field, and no required field.
#[tokio::test]
async fn the_grants_accept_exactly_the_described_fields() {
    let platform = TestPlatform::start().await;
    let document = published_document();
    for name in ["DeviceGrant", "RefreshGrant", "TokenExchangeGrant"] {
        let schema = &document["components"]["schemas"][name];
        let grant = schema["properties"]["grant_type"]["pattern"].as_str().unwrap();
        let required = schema["required"].as_array().unwrap().iter();
        let required: BTreeSet<_> = required.map(|field| field.as_str().unwrap()).collect();
        let mut body = json!({ "grant_type": grant.trim_matches(['^', '$']), "colour": "red" });
        for field in schema["properties"].as_object().unwrap().keys() {
            if !required.contains(field.as_str()) {
                body[field] = json!("anything");
            }
        }
        let errors = platform.anonymous().post("/api/v1/auth/token", &body).await.field_errors();
        let errors: BTreeSet<_> = errors.keys().map(String::as_str).collect();
        let mut expected = required;
        expected.remove("grant_type");
        expected.insert("colour");
        assert_eq!(errors, expected, "{name}");
    }
    platform.finish().await;
}

/// Calls routes that no other test calls; every response is checked against the document.
#[tokio::test]
async fn all_routes_of_deployments_match_the_document() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["secrets"] = json!({ "API_KEY": "s3cret" });
    alice.post("/api/v1/deploy?dry_run=true", &body).await.expect(200);
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    body["env_vars"] = json!({ "COLOUR": "red" });
    let dry_run = alice.post("/api/v1/deploy?dry_run=true", &body).await.expect(200);
    assert!(
        dry_run["objects"].as_array().unwrap().iter().any(|object| object["difference"].is_array())
    );
    for part in ["manifests", "events", "revisions"] {
        let response = alice.get(&format!("{path}/{part}")).await.expect(200);
        assert_ne!(response[part], json!([]), "{part}");
    }
    assert_ne!(alice.get(&format!("{path}/logs?tail=5&timestamps=true")).await.text, "");
    alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    alice.post(&format!("{path}/start"), &json!({})).await.expect(202);
    alice.get("/api/v1/auth/audit").await.expect(200);
    platform.finish().await;
}
