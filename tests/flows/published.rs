//! The published contract is the one that is kept. That every exchange is as it says is looked at in
//! every test (`contract.rs`); here, that nothing is missing, and that the looking finds something.

use nokube_domain::answer::RouteView;
use nokube_tests::{
    World,
    contract::{Asked, Contract},
};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is reached by chaining only is nobody's to know.
const INTERNAL: &[(&str, &str)] = &[
    ("auth", "/ready"),
    ("auth", "/ready/sign-in"),
    ("deploy", "/ready"),
    ("deploy", "/ready/cluster"),
    ("webhook", "/ready"),
];

fn by_name(routes: Vec<RouteView>) -> BTreeMap<String, RouteView> {
    let name = |route: &RouteView| format!("{} {}", route.method, route.path);
    routes.into_iter().map(|route| (name(&route), RouteView { component: None, ..route })).collect()
}

#[tokio::test]
async fn every_route_is_in_the_contract_with_what_it_demands_and_nothing_else_is() {
    let world = World::new().await;
    let listed = world.user("alice").get("/api/v1/routes").await.expect(200);
    let mut listed: Vec<RouteView> = serde_json::from_value(listed["routes"].clone()).unwrap();
    let count = listed.len();
    listed.retain(|route| {
        let component = route.component.as_deref().unwrap();
        !INTERNAL.contains(&(component, route.path.as_str()))
    });
    assert_eq!(listed.len(), count - INTERNAL.len(), "the internal routes are as they were");
    assert_eq!(by_name(listed), by_name(nokube_contract::routes()));
    world.end().await;
}

/// What the contract says of this answer to `GET /api/v1/projects/1`.
fn told(document: Value, status: u16, body: &Value) -> Result<(), String> {
    let asked = Asked::get(&"http://nokube.test/api/v1/projects/1".parse().unwrap());
    let headers = [("content-type", "application/json"), ("x-request-id", "12345678")];
    let headers: HeaderMap = headers
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .into_iter()
        .collect();
    Contract::new(document).check(&asked, status, &headers, &body.to_string())
}

#[test]
fn what_is_not_as_the_contract_says_is_found() {
    let document: Value = serde_json::from_str(&nokube_contract::text()).unwrap();
    let body = json!({
        "id": 1, "name": "myapp", "owner": "alice", "description": null, "repository_url": null,
        "framework": null, "role": "owner",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    });
    told(document.clone(), 200, &body).unwrap();

    let mut renamed = document.clone();
    let schema = renamed.pointer_mut("/components/schemas/Project").unwrap();
    let owner = schema["properties"].as_object_mut().unwrap().remove("owner").unwrap();
    schema["properties"]["proprietor"] = owner;
    let what = told(renamed, 200, &body).unwrap_err();
    assert!(what.contains("'owner' was unexpected"), "{what}");

    let with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        told(document.clone(), 200, &body).unwrap_err()
    };
    assert!(with("created_at", json!("yesterday")).contains("date-time"));
    assert!(with("owner", json!(null)).contains("null is not of type"));
    assert!(with("colour", json!("red")).contains("'colour' was unexpected"));
    assert!(told(document, 418, &body).unwrap_err().contains("the status is not listed"));
}

/// OAuth's grants are read in a component, so they are asked for here: everything that may be left out,
/// something that is not described, and nothing that is required.
#[tokio::test]
async fn each_grant_takes_what_is_described_of_it_and_nothing_else() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(&nokube_contract::text()).unwrap();
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
        let faults = world.anybody().post("/api/v1/auth/token", &body).await.faults();
        let faults: BTreeSet<_> = faults.keys().map(String::as_str).collect();
        let mut expected = required;
        expected.remove("grant_type");
        expected.insert("colour");
        assert_eq!(faults, expected, "{name}");
    }
    world.end().await;
}

/// What is told of a deployment and of oneself, where no other story looks: that it is told as the
/// contract says is looked at with each answer.
#[tokio::test]
async fn everything_that_is_told_of_a_deployment_is_in_the_contract() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted_deployment(project, "web", "nginx").await;
    wanted["secrets"] = json!({ "API_KEY": "s3cret" });
    alice.post("/api/v1/deploy?dry_run=true", &wanted).await.expect(200);
    let path = alice.deploy(&wanted).await;
    alice.until(&path, &["running"]).await;
    wanted["env_vars"] = json!({ "COLOUR": "red" });
    let dry = alice.post("/api/v1/deploy?dry_run=true", &wanted).await.expect(200);
    assert!(
        dry["objects"].as_array().unwrap().iter().any(|object| object["difference"].is_array())
    );
    for (part, holds) in
        [("manifests", "manifests"), ("events", "events"), ("revisions", "revisions")]
    {
        let told = alice.get(&format!("{path}/{part}")).await.expect(200);
        assert_ne!(told[holds], json!([]), "{part}");
    }
    assert_ne!(alice.get(&format!("{path}/logs?tail=5&timestamps=true")).await.text, "");
    alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    alice.post(&format!("{path}/start"), &json!({})).await.expect(202);
    alice.get("/api/v1/auth/audit").await.expect(200);
    world.end().await;
}
