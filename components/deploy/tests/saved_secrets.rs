//! The values of saved secrets are in the cluster, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod support;

use deploy::ROUTES;
use nokube_edge::host::LogLevel;
use nokube_test_host::{Client, StoreFault, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;
use support::{CLUSTER, not_found, with_writable_cluster};

const NAMESPACE: &str = "/api/v1/namespaces/nk-alice-myapp";
const VALUE: &str = "sentinel-of-a-secret";
/// [`VALUE`] in Base64.
const ENCODED: &str = "c2VudGluZWwtb2YtYS1zZWNyZXQ=";

struct Story {
    host: Rc<TestHost>,
    alice: Client,
    service: String,
    request: Value,
}

impl Story {
    fn new() -> Self {
        let (host, alice, request) = with_writable_cluster();
        let service = format!("/api/v1/projects/{}/services/frontend", request["project_id"]);
        Self { host, alice, service, request }
    }

    /// The project has a namespace, with this Secret of saved values.
    fn with_secret(data: &Value) -> Self {
        let story = Self::new();
        story.save(&json!({ "FIRST": "1" })).expect(200);
        let mut namespace = story.applied(NAMESPACE);
        namespace["metadata"]["uid"] = json!("u");
        let url = |path: &str| format!("{CLUSTER}{path}");
        story.host.respond("GET", &url(NAMESPACE), 200, &namespace);
        story.host.respond("GET", &url(&format!("{NAMESPACE}/")), 404, &not_found());
        let secret = json!({
            "metadata": {
                "name": "frontend.secrets", "uid": "s", "resourceVersion": "41",
                "managedFields": [{
                    "manager": "nokube", "operation": "Apply", "fieldsV1": { "f:spec": {} },
                }],
            },
            "type": "Opaque", "data": data,
        });
        let path = url(&format!("{NAMESPACE}/secrets/frontend.secrets"));
        story.host.respond("GET", &path, 200, &secret);
        story.host.respond("PATCH", &path, 200, &secret);
        story.host.respond("DELETE", &path, 200, &json!({}));
        story
    }

    fn path(&self) -> String {
        format!("{}/secrets", self.service)
    }

    fn save(&self, secrets: &Value) -> nokube_test_host::Response {
        self.alice.put(&self.path(), &json!({ "secrets": secrets }))
    }

    /// The first object of the latest apply under this path.
    fn applied(&self, path: &str) -> Value {
        let sent = self.host.sent("PATCH", &format!("{CLUSTER}{path}?"));
        serde_json::from_str(sent.last().expect(path)).unwrap()
    }

    fn secrets_applied(&self) -> Vec<Value> {
        let path = format!("{CLUSTER}{NAMESPACE}/secrets/frontend.secrets");
        let sent = self.host.sent("PATCH", &path);
        sent.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    fn assert_value_is_nowhere_else(&self) {
        for (key, record) in self.host.stored() {
            assert!(!record.contains(VALUE) && !record.contains(ENCODED), "{key}: {record}");
        }
        for level in [LogLevel::Request, LogLevel::Event] {
            let lines = self.host.logged(level);
            assert!(!lines.iter().any(|line| line.contains(VALUE)), "{lines:?}");
        }
        assert!(!self.host.sent_urls().iter().any(|url| url.contains(VALUE)));
    }
}

#[test]
fn values_go_into_a_secret_whose_namespace_is_made_with_its_limits() {
    let story = Story::new();
    let response = story.save(&json!({ "API_KEY": VALUE }));
    assert_eq!(response.status, 200, "{}", response.text);
    assert!(!response.text.contains(VALUE));
    let namespace = story.applied(NAMESPACE);
    assert_eq!(namespace["kind"], "Namespace");
    for shared in ["resourcequotas/nokube", "limitranges/nokube", "serviceaccounts/nokube-app"] {
        story.applied(&format!("{NAMESPACE}/{shared}"));
    }
    let secrets = story.secrets_applied();
    assert!(secrets[0].get("data").is_none(), "it is ensured first: {}", secrets[0]);
    assert_eq!(secrets[1]["data"], json!({ "API_KEY": ENCODED }));
    assert_eq!(secrets[1]["type"], "Opaque");
    assert!(secrets[1]["metadata"]["labels"].get("nokube.dev/deployment").is_none());
    story.assert_value_is_nowhere_else();
    let entries = story.host.stored();
    assert!(entries.values().any(|entry| entry.contains("service.secrets")), "in the audit log");
}

#[test]
fn named_secrets_change_and_the_others_stay() {
    let story = Story::with_secret(&json!({ "KEPT": "MQ==", "OLD": "Mg==", "CHANGED": "Mw==" }));
    story.save(&json!({ "OLD": null, "CHANGED": VALUE, "NEW": VALUE })).expect(200);
    let applied = story.secrets_applied().pop().unwrap();
    assert_eq!(applied["data"], json!({ "KEPT": "MQ==", "CHANGED": ENCODED, "NEW": ENCODED }),);
    assert_eq!(applied["metadata"]["resourceVersion"], "41", "at the version that was read");
    // The names are those that the cluster has after that.
    let listed = story.alice.get(&story.path()).expect(200);
    assert_eq!(listed["names"], json!(["CHANGED", "KEPT", "OLD"]));
    assert!(listed["updated_at"].is_string());
    story.assert_value_is_nowhere_else();
    story.host.user(ROUTES, "bob").get(&story.path()).expect(404);
    story.host.user(ROUTES, "bob").put(&story.path(), &json!({ "secrets": {} })).expect(404);
}

#[test]
fn no_value_reaches_the_cluster_before_the_record_names_the_secret() {
    for writes in 0.. {
        let story = Story::new();
        story.host.store_fails(StoreFault::AfterWrites(writes));
        let response = story.save(&json!({ "API_KEY": VALUE }));
        story.host.store_works();
        story.assert_value_is_nowhere_else();
        if !story.secrets_applied().is_empty() {
            let stored = story.host.stored();
            let (_, record) =
                stored.iter().find(|(key, _)| key.starts_with("service-secrets/")).unwrap();
            assert!(response.status == 200 || record.contains("API_KEY"), "{record}");
            return;
        }
        assert!(response.status >= 400, "{}", response.text);
    }
}

#[test]
fn nothing_is_lost_while_others_change_the_secret() {
    let story = Story::with_secret(&json!({ "KEPT": "MQ==" }));
    let urls = story.host.sent_urls();
    let apply = urls
        .iter()
        .find(|url| url.contains("frontend.secrets") && url.contains("fieldManager=nokube&"))
        .unwrap();
    let conflict = json!({
        "kind": "Status", "code": 409, "reason": "Conflict",
        "message": "the object has been modified; please apply your changes to the latest version",
    });
    story.host.respond("PATCH", apply, 409, &conflict);
    let problem = story.save(&json!({ "NEW": VALUE })).expect(409);
    assert!(problem["detail"].as_str().unwrap().contains("at the same time"), "{problem}");
    // The record has the names that are in the cluster.
    let listed = story.alice.get(&story.path()).expect(200);
    assert_eq!(listed["names"], json!(["KEPT"]));
    story.assert_value_is_nowhere_else();
}

#[test]
fn the_namespace_of_another_owner_is_not_touched() {
    let story = Story::new();
    let foreign = json!({ "metadata": { "name": "nk-alice-myapp", "labels": { "a": "b" } } });
    story.host.respond("GET", &format!("{CLUSTER}{NAMESPACE}"), 200, &foreign);
    let problem = story.save(&json!({ "API_KEY": VALUE })).expect(409);
    assert!(problem["detail"].as_str().unwrap().contains("belongs to another owner"), "{problem}");
    assert!(story.host.sent("PATCH", CLUSTER).is_empty());
    story.assert_value_is_nowhere_else();
    assert_eq!(story.alice.get(&story.path()).expect(200)["names"], json!([]));
}

#[test]
fn what_is_wrong_is_said_at_once_before_the_cluster_is_asked() {
    let story = Story::new();
    let configuration = format!("{}/deployment", story.service);
    story.alice.put(&configuration, &json!({ "env_vars": { "COLOUR": "red" } })).expect(201);
    let problem = story
        .save(&json!({ "COLOUR": VALUE, "1st": VALUE, "N": format!("{VALUE}\0") }))
        .expect(422);
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
    assert!(!problem.to_string().contains(VALUE));
    assert!(story.host.sent("GET", CLUSTER).is_empty());
    story.save(&json!({ "TOKEN": VALUE })).expect(200);
}

#[test]
fn removing_all_deletes_the_secret_and_a_namespace_without_use() {
    let story = Story::with_secret(&json!({ "API_KEY": ENCODED }));
    story.save(&json!({ "OTHER": VALUE })).expect(200);
    let secret = format!("{CLUSTER}{NAMESPACE}/secrets/frontend.secrets");
    story.host.respond("DELETE", &format!("{CLUSTER}{NAMESPACE}"), 200, &json!({}));
    story.alice.delete(&story.path()).expect(204);
    let deleted = story.host.sent("DELETE", &secret);
    let preconditions: Value = serde_json::from_str(&deleted[0]).unwrap();
    assert_eq!(preconditions["preconditions"]["resourceVersion"], "41");
    let all = story.host.sent("DELETE", &format!("{CLUSTER}{NAMESPACE}"));
    assert_eq!(all.len(), 2, "and the namespace: {all:?}");
}

#[test]
fn a_deployment_copies_what_is_saved() {
    let story = Story::with_secret(&json!({ "API_KEY": ENCODED, "OTHER": "MQ==" }));
    story.save(&json!({ "API_KEY": VALUE })).expect(200);
    story.alice.put(&format!("{}/deployment", story.service), &json!({})).expect(201);
    let id = nokube_domain::BuildId::new(
        nokube_domain::ProjectId(
            u32::try_from(story.request["project_id"].as_u64().unwrap()).unwrap(),
        ),
        1,
        7,
    );
    let builds = |path: &str, body: &Value| {
        story.host.respond("GET", &format!("http://builds.spin.internal{path}"), 200, body);
    };
    builds(&story.service, &json!({ "last_build": { "build_id": id, "status": "success" } }));
    let build = json!({
        "build_id": id, "project_id": story.request["project_id"], "service_name": "frontend",
        "status": "success", "image_full_name": "ghcr.io/platform/alice-myapp-frontend:latest",
        "image_digest": format!("sha256:{}", "1".repeat(64)), "repository": "acme/shop",
        "branch": "main", "commit_sha": "a".repeat(40), "created_at": "2027-01-15T08:00:00Z",
        "started_at": null, "completed_at": null, "duration": null, "attempt": 1,
        "cancel_requested_at": null, "error_code": null, "error_message": null, "steps": [],
    });
    builds(&format!("/api/v1/builds/{id}"), &build);
    let request = json!({ "project_id": story.request["project_id"], "service_name": "frontend" });
    story.alice.post("/api/v1/deploy", &request).expect(202);
    let copies =
        story.host.sent("PATCH", &format!("{CLUSTER}{NAMESPACE}/secrets/frontend-secret-"));
    let copy: Value = serde_json::from_str(copies.last().unwrap()).unwrap();
    assert_eq!(copy["data"], json!({ "API_KEY": ENCODED, "OTHER": "MQ==" }));
    assert_eq!(copy["immutable"], true);
    story.assert_value_is_nowhere_else();

    // Without values in the cluster it says which ones are missing.
    story.host.respond("GET", &format!("{CLUSTER}{NAMESPACE}/secrets/"), 404, &not_found());
    let problem = story.alice.post("/api/v1/deploy", &request).expect(422);
    let errors = problem["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["secrets.API_KEY", "secrets.OTHER"]);
}
