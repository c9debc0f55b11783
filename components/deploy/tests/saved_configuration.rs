//! A service is deployed with what is saved of it: two fields are enough.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod support;

use deploy::ROUTES;
use nokube_domain::{BuildId, ProjectId};
use nokube_test_host::{Client, Response, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;
use support::{CLUSTER, project_of, with_writable_cluster};

/// Alice's project, in which the component `builds` knows the service `frontend`.
struct Story {
    host: Rc<TestHost>,
    alice: Client,
    project: ProjectId,
    /// A request of an old client.
    request: Value,
}

impl Story {
    fn new() -> Self {
        let (host, alice, request) = with_writable_cluster();
        let project = project_of(&request);
        Self { host, alice, project, request }
    }

    fn path(&self) -> String {
        format!("/api/v1/projects/{}/services/frontend/deployment", self.project)
    }

    fn save(&self, configuration: &Value) -> Response {
        self.alice.put(&self.path(), configuration)
    }

    fn builds_say(&self, path: &str, body: &Value) {
        self.host.respond("GET", &format!("http://builds.spin.internal{path}"), 200, body);
    }

    /// The build with this number, as `builds` responds with it.
    fn build(&self, number: u32, status: &str) -> Value {
        let id = BuildId::new(self.project, number, 7);
        let digest = format!("sha256:{}", number.to_string().repeat(64));
        let build = json!({
            "build_id": id, "project_id": self.project, "service_name": "frontend",
            "status": status, "image_full_name": "ghcr.io/platform/alice-myapp-frontend:latest",
            "image_digest": (status == "success").then_some(digest), "repository": "acme/shop",
            "branch": "main", "commit_sha": "a".repeat(40), "created_at": "2027-01-15T08:00:00Z",
            "started_at": null, "completed_at": null, "duration": null, "attempt": 1,
            "cancel_requested_at": null, "error_code": null, "error_message": null, "steps": [],
        });
        self.builds_say(&format!("/api/v1/builds/{id}"), &build);
        build
    }

    fn last_build_is(&self, build: &Value) {
        let path = format!("/api/v1/projects/{}/services/frontend", self.project);
        let mut last = build.clone();
        last.as_object_mut().unwrap().retain(|name, _| ["build_id", "status"].contains(&&**name));
        self.builds_say(&path, &json!({ "name": "frontend", "last_build": last }));
    }

    fn two_fields(&self) -> Value {
        json!({ "project_id": self.project, "service_name": "frontend" })
    }

    /// The container of the Deployment that was applied last.
    fn container(&self) -> Value {
        let path = format!("{CLUSTER}/apis/apps/v1/namespaces/nk-alice-myapp/deployments/frontend");
        let sent = self.host.sent("PATCH", &path);
        let applied: Value = serde_json::from_str(sent.last().unwrap()).unwrap();
        applied["spec"]["template"]["spec"]["containers"][0].clone()
    }
}

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| error["field"].as_str().unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_saved_configuration_is_read_replaced_and_removed() {
    let story = Story::new();
    let path = story.path();
    story.alice.get(&path).expect(404);
    story.alice.delete(&path).expect(404);
    let saved = story.save(&json!({ "container_port": 8080, "replicas": 3 })).expect(201);
    assert_eq!(saved["configuration"]["container_port"], 8080);
    assert_eq!(saved["configuration"]["cpu_limit"], "500m", "with the defaults");
    assert_eq!(story.alice.get(&path).expect(200), saved);
    let replaced = story.save(&json!({ "container_port": 9000 })).expect(200);
    assert_eq!(replaced["configuration"]["replicas"], 2);
    story.alice.delete(&path).expect(204);
    story.alice.get(&path).expect(404);
    story.save(&json!({})).expect(201);
    // The name of the service has one number, however often it is saved.
    let stored = story.host.stored();
    assert_eq!(stored.keys().filter(|key| key.starts_with("saved-service/")).count(), 1);
    let stranger = story.host.user(ROUTES, "bob");
    stranger.get(&path).expect(404);
    stranger.put(&path, &json!({})).expect(404);
    assert!(story.host.sent("GET", CLUSTER).is_empty(), "the cluster is not asked");
}

#[test]
fn all_that_is_wrong_with_a_configuration_is_said_at_once() {
    let story = Story::new();
    let wrong = json!({ "replicas": -1, "image_name": "nginx", "secrets": {}, "colour": "red" });
    let problem = story.save(&wrong).expect(422);
    let mut fields = fields(&problem);
    fields.sort_unstable();
    assert_eq!(fields, ["colour", "image_name", "replicas", "secrets"]);
    assert!(story.host.sent("GET", CLUSTER).is_empty());
}

#[test]
fn two_fields_deploy_the_newest_build_with_what_is_saved() {
    let story = Story::new();
    story.save(&json!({ "container_port": 8080, "env_vars": { "COLOUR": "red" } })).expect(201);
    story.last_build_is(&story.build(3, "success"));
    let deployed = story.alice.post("/api/v1/deploy", &story.two_fields()).expect(202);
    assert_eq!(deployed["service_name"], "frontend");
    let container = story.container();
    assert_eq!(container["ports"][0]["containerPort"], 8080);
    assert!(container["image"].as_str().unwrap().ends_with(&"3".repeat(64)));

    // What is sent wins, for this deployment only.
    let mut sent = story.two_fields();
    sent["container_port"] = json!(9000);
    sent["env_vars"] = json!(null);
    story.alice.post("/api/v1/deploy", &sent).expect(202);
    let container = story.container();
    assert_eq!(container["ports"][0]["containerPort"], 9000);
    assert!(container.get("envFrom").is_none(), "{container}");
    story.alice.post("/api/v1/deploy", &story.two_fields()).expect(202);
    assert_eq!(story.container()["ports"][0]["containerPort"], 8080);
}

#[test]
fn the_newest_build_that_has_succeeded_is_deployed() {
    let story = Story::new();
    story.save(&json!({})).expect(201);
    let mut other = story.build(4, "success");
    other["service_name"] = json!("backend");
    let list = json!({ "builds": [other, story.build(3, "success")], "next": null });
    story.builds_say(&format!("/api/v1/projects/{}/builds", story.project), &list);
    for status in ["building", "failed"] {
        story.last_build_is(&story.build(5, status));
        story.alice.post("/api/v1/deploy", &story.two_fields()).expect(202);
        assert!(story.container()["image"].as_str().unwrap().ends_with(&"3".repeat(64)));
    }
    // It has ended since the list of services was made.
    let building =
        json!({ "build_id": story.build(6, "success")["build_id"], "status": "building" });
    story.last_build_is(&building);
    story.alice.post("/api/v1/deploy", &story.two_fields()).expect(202);
    assert!(story.container()["image"].as_str().unwrap().ends_with(&"6".repeat(64)));

    story.builds_say(
        &format!("/api/v1/projects/{}/builds", story.project),
        &json!({ "builds": [], "next": null }),
    );
    story.last_build_is(&story.build(7, "failed"));
    let problem = story.alice.post("/api/v1/deploy", &story.two_fields()).expect(422);
    assert_eq!(fields(&problem), ["build_id"]);
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("no build of this service has succeeded yet"), "{detail}");
}

#[test]
fn the_build_of_a_pull_request_is_never_found_and_cannot_be_named() {
    let story = Story::new();
    story.save(&json!({})).expect(201);
    let mut preview = story.build(8, "success");
    preview["pull_request"] = json!(12);
    preview["image_full_name"] = json!("ghcr.io/platform/alice-myapp-frontend:pr-12");
    let id = text(&preview["build_id"]);
    story.builds_say(&format!("/api/v1/builds/{id}"), &preview);
    let list = json!({ "builds": [preview, story.build(3, "success")], "next": null });
    story.builds_say(&format!("/api/v1/projects/{}/builds", story.project), &list);
    story.last_build_is(&story.build(9, "failed"));
    story.alice.post("/api/v1/deploy", &story.two_fields()).expect(202);
    assert!(story.container()["image"].as_str().unwrap().ends_with(&"3".repeat(64)));

    let by_digest = format!("ghcr.io/platform/alice-myapp-frontend@sha256:{}", "8".repeat(64));
    for (field, value, detail) in [
        ("image_name", text(&preview["image_full_name"]), "was made by no successful build"),
        ("image_name", &by_digest, "was made by no successful build"),
        ("build_id", id, "is the build of pull request 12, which is for previews only"),
    ] {
        let mut request = story.request.clone();
        request.as_object_mut().unwrap().remove("image_name");
        request[field] = json!(value);
        let problem = story.alice.post("/api/v1/deploy", &request).expect(422);
        assert_eq!(fields(&problem), [field]);
        let found = text(&problem["errors"][0]["detail"]);
        assert!(found.contains(detail), "{found}");
    }
}

#[test]
fn a_request_with_an_image_means_what_it_always_meant() {
    let story = Story::new();
    story.save(&json!({ "container_port": 8080 })).expect(201);
    story.alice.post("/api/v1/deploy", &story.request).expect(202);
    assert_eq!(story.container()["ports"][0]["containerPort"], 3000);
    let urls = story.host.sent_urls();
    assert!(!urls.iter().any(|url| url.starts_with("http://builds")), "{urls:?}");
}

#[test]
fn without_a_saved_configuration_the_fields_are_required() {
    let story = Story::new();
    let required = ["project_name", "username", "image_name"];
    let problem = story.alice.post("/api/v1/deploy", &story.two_fields()).expect(422);
    assert_eq!(fields(&problem), required);
    // A removed one is not used either.
    story.save(&json!({})).expect(201);
    story.alice.delete(&story.path()).expect(204);
    let problem = story.alice.post("/api/v1/deploy", &story.two_fields()).expect(422);
    assert_eq!(fields(&problem), required);
}
