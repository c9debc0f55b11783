//! The release that runs in one project is deployed in another one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod support;

use deploy::ROUTES;
use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId,
    deployments::{DesiredState, Revision},
    previews::PreviewOf,
};
use nokube_edge::store::{Store, keys};
use nokube_test_host::{Client, Response, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;
use support::{CLUSTER, not_found, project_of, with_writable_cluster};

const STAGING: &str = "nk-carol-staging";
const PRODUCTION: &str = "nk-alice-myapp";
const IMAGE: &str = "ghcr.io/platform/carol-staging-web";

/// Carol's service `web` runs in her project. Alice is a developer there, and has a project of her own.
struct Story {
    host: Rc<TestHost>,
    alice: Client,
    staging: ProjectId,
    production: ProjectId,
    source: DeploymentId,
}

impl Story {
    fn new() -> Self {
        Self::with(json!({}))
    }

    /// The release of Carol's service has `more`.
    fn with(more: Value) -> Self {
        let (host, alice, request) = with_writable_cluster();
        let production = project_of(&request);
        let staging = host.create_project("carol", "staging");
        let build = build(&host, staging, 3);
        let mut request = json!({
            "project_id": staging, "project_name": "staging", "username": "carol",
            "service_name": "web", "build_id": build["build_id"], "container_port": 8080,
            "replicas": 3, "env_vars": { "COLOUR": "red" },
        });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let deployed = host.user(ROUTES, "carol").post("/api/v1/deploy", &request).expect(202);
        let source = serde_json::from_value(deployed["deployment_id"].clone()).unwrap();
        let story = Self { host, alice, staging, production, source };
        story.add_member("alice", "developer");
        story
    }

    fn add_member(&self, login: &str, role: &str) {
        let (id, person) =
            (self.staging, Person { issuer: "nokube".into(), subject: login.into() });
        let member = json!({ "person": person, "username": login, "role": role, "number": 1 });
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            let mut members = store.get(keys::members(id)).await.unwrap().unwrap();
            members.others.push(serde_json::from_value(member).unwrap());
            store.set(keys::members(id), &members).await.unwrap();
        });
    }

    /// The request that a click sends.
    fn request(&self) -> Value {
        json!({
            "project_id": self.production, "service_name": "frontend", "release_of": self.source,
        })
    }

    fn request_with(&self, more: Value) -> Value {
        let mut request = self.request();
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    }

    fn promote(&self) -> Response {
        self.alice.post("/api/v1/deploy", &self.request())
    }

    /// What was last applied under this path in a namespace.
    fn applied(&self, namespace: &str, path: &str) -> Value {
        let (version, path) = path.rsplit_once("//").unwrap();
        let url = format!("{CLUSTER}/{version}/namespaces/{namespace}/{path}");
        serde_json::from_str(self.host.sent("PATCH", &url).last().expect(&url)).unwrap()
    }

    fn deployment(&self) -> Value {
        self.applied(PRODUCTION, "apis/apps/v1//deployments/frontend")
    }

    /// Changes the newest revision of Carol's service in the store.
    fn change_revision(&self, change: impl FnOnce(&mut Revision) + 'static) {
        let id = self.source;
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            let mut revision = store.newest_revision(id).await.unwrap().unwrap();
            change(&mut revision);
            store.set(keys::revision(id, revision.number), &revision).await.unwrap();
        });
    }
}

/// A build that has succeeded, as the component `builds` responds with it.
fn build(host: &TestHost, project: ProjectId, number: u32) -> Value {
    let id = BuildId::new(project, number, 7);
    let build = json!({
        "build_id": id, "project_id": project, "service_name": "web", "status": "success",
        "image_full_name": format!("{IMAGE}:latest"),
        "image_digest": format!("sha256:{}", number.to_string().repeat(64)),
        "repository": "acme/shop", "branch": "main", "commit_sha": "a".repeat(40),
        "created_at": "2027-01-15T08:00:00Z", "started_at": null, "completed_at": null,
        "duration": null, "attempt": 1, "cancel_requested_at": null, "error_code": null,
        "error_message": null, "steps": [],
    });
    host.respond("GET", &format!("http://builds.spin.internal/api/v1/builds/{id}"), 200, &build);
    build
}

fn errors(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|error| (text(&error["field"]), text(&error["detail"]))).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_very_release_of_one_project_runs_in_another() {
    let story = Story::new();
    let promoted = story.promote().expect(202);
    assert_eq!(promoted["project_id"], json!(story.production));
    let (before, after) =
        (story.applied(STAGING, "apis/apps/v1//deployments/web"), story.deployment());
    let container = &after["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], format!("{IMAGE}@sha256:{}", "3".repeat(64)));
    for field in ["image", "imagePullPolicy", "ports", "resources", "livenessProbe"] {
        let of_staging = &before["spec"]["template"]["spec"]["containers"][0][field];
        assert_eq!(&container[field], of_staging, "{field}");
    }
    assert_eq!(container["imagePullPolicy"], "Always", "as each image that was built here");
    assert_eq!(after["spec"]["replicas"], 3);
    let variables = story.applied(PRODUCTION, "api/v1//configmaps/");
    assert_eq!(variables["data"], json!({ "COLOUR": "red" }));

    // Everybody sees where it comes from.
    let from = json!({ "project_id": story.staging, "deployment_id": story.source, "revision": 1 });
    let path = format!("/api/v1/deployments/{}", text(&promoted["deployment_id"]));
    let view = story.alice.get(&path).expect(200);
    assert_eq!((&view["promoted_from"], &view["release"]), (&from, &json!(1)));
    let revisions = story.alice.get(&format!("{path}/revisions")).expect(200);
    assert_eq!(revisions["revisions"][0]["promoted_from"], from);
    let source = story.alice.get(&format!("/api/v1/deployments/{}", story.source)).expect(200);
    assert_eq!(source["promoted_from"], json!(null));
    // Once more is the same release.
    assert_eq!(story.promote().expect(202)["revision"], 2);
    assert_eq!(story.alice.get(&path).expect(200)["release"], 1);
}

#[test]
fn an_unknown_a_deleted_and_a_forbidden_source_look_alike() {
    let story = Story::new();
    story.add_member("dave", "viewer");
    for owner in ["bob", "dave"] {
        story.host.create_project(owner, "own");
    }
    let ask = |login: &str, project: u32, source: DeploymentId| {
        let caller = story.host.user(ROUTES, login);
        let request =
            json!({ "project_id": project, "service_name": "frontend", "release_of": source });
        // The first request of a caller counts reads for the limit.
        caller.post("/api/v1/deploy", &request).expect(404);
        let problem = caller.post("/api/v1/deploy", &request).expect(404);
        (problem, *story.host.logged_numbers("kv_reads").last().unwrap())
    };
    let (bobs, daves) = (story.staging.0 + 1, story.staging.0 + 2);
    let unknown = DeploymentId::new(story.staging, 9, 1);
    let expected = ask("bob", bobs, unknown);
    assert!(text(&expected.0["detail"]).starts_with("release_of: there is no such deployment"));
    assert_eq!(ask("bob", bobs, story.source), expected);
    assert_eq!(ask("dave", daves, story.source), expected, "a viewer deploys nothing");
    assert_eq!(ask("bob", bobs, DeploymentId::new(ProjectId(99), 1, 1)), expected);

    let path = format!("/api/v1/deployments/{}", story.source);
    story.alice.delete(&path).expect(204);
    let deleted = story.promote().expect(404);
    assert_eq!(deleted["detail"], expected.0["detail"]);
    // It does not help to be the owner of the source, without a role in the target.
    let carol = story.host.user(ROUTES, "carol");
    carol.post("/api/v1/deploy", &story.request()).expect(404);
    let urls = story.host.sent_urls();
    assert!(!urls.iter().any(|url| url.contains(PRODUCTION)), "{urls:?}");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let story = Story::with(json!({ "secrets": { "API_KEY": "of-staging" } }));
    let id = story.source;
    story.host.run(async move {
        let store = Store::open().await.unwrap();
        let mut record = store.deployment_by_id(id).await.unwrap().unwrap();
        record.preview = Some(PreviewOf { service: "web".parse().unwrap(), pull_request: 12 });
        store.set(keys::deployment(id.project, id.number), &record).await.unwrap();
    });
    let request = story.request_with(json!({
        "image_name": "nginx", "build_id": BuildId::new(story.staging, 3, 7), "replicas": 0, "colour": 1,
    }));
    let problem = story.alice.post("/api/v1/deploy", &request).expect(422);
    let mut found = errors(&problem);
    found.sort_unstable();
    let fields: Vec<_> = found.iter().map(|(field, _)| *field).collect();
    let expected =
        ["build_id", "colour", "image_name", "release_of", "replicas", "secrets.API_KEY"];
    assert_eq!(fields, expected, "{found:?}");
    assert!(found[3].1.starts_with("is a preview of pull request 12"), "{found:?}");
    let urls = story.host.sent_urls();
    assert!(!urls.iter().any(|url| url.contains(PRODUCTION)), "{urls:?}");
}

#[test]
fn a_release_that_the_cluster_does_not_have_is_not_promoted() {
    let story = Story::new();
    let url = format!("{CLUSTER}/apis/apps/v1/namespaces/{STAGING}/deployments/web");
    let restart = format!("/api/v1/deployments/{}/restart", story.source);
    for (status, expected) in [
        (503, "does not run its newest release yet: revision 2 of it is still being applied"),
        (422, "does not run its newest release: the cluster rejected revision 3 of it"),
    ] {
        let answer =
            json!({ "kind": "Status", "code": status, "message": "no", "reason": "Invalid" });
        story.host.respond("PATCH", &url, status, &answer);
        story.alice.post(&restart, &json!({})).expect(202);
        let problem = story.promote().expect(422);
        assert_eq!(errors(&problem), [("release_of", expected)]);
    }
    story.host.respond("PATCH", &url, 200, &json!({}));
    story.alice.post(&restart, &json!({})).expect(202);
    story.promote().expect(202);
}

#[test]
fn a_dry_run_shows_what_would_change_and_changes_nothing() {
    let story = Story::new();
    let before = story.host.stored();
    let shown = story.alice.post("/api/v1/deploy?dry_run=true", &story.request()).expect(200);
    assert_eq!(shown["namespace"], PRODUCTION);
    let manifests = shown["manifests"].to_string();
    assert!(manifests.contains(&"3".repeat(64)) && manifests.contains("COLOUR"), "{manifests}");
    let changed: Vec<_> = story
        .host
        .stored()
        .into_iter()
        .filter(|(key, value)| before.get(key) != Some(value))
        .map(|(key, _)| key)
        .collect();
    assert!(
        changed.iter().all(|key| !key.contains("deployment") && !key.contains("revision")),
        "{changed:?}"
    );
    let urls = story.host.sent_urls();
    let applied = urls.iter().filter(|url| url.contains("fieldManager"));
    let in_production: Vec<_> = applied.filter(|url| url.contains(PRODUCTION)).collect();
    assert!(in_production.iter().all(|url| url.contains("dryRun=All")), "{in_production:?}");
}

#[test]
fn the_service_keeps_its_address_and_its_secrets() {
    let story = Story::with(json!({ "secrets": { "API_KEY": "of-staging" } }));
    let own = json!({
        "project_id": story.production, "project_name": "myapp", "username": "alice",
        "service_name": "frontend", "image_name": "docker.io/library/nginx:1.29",
        "exposure_type": "internal", "service_port": 9000, "secrets": { "API_KEY": "of-production" },
    });
    story.alice.post("/api/v1/deploy", &own).expect(202);
    // The cluster has what was applied, with the values in Base64.
    let secrets = format!("{CLUSTER}/api/v1/namespaces/{PRODUCTION}/secrets/");
    let encoded = "b2YtcHJvZHVjdGlvbg==";
    let secret = json!({
        "metadata": { "name": "x", "uid": "s", "resourceVersion": "1" },
        "type": "Opaque", "data": { "API_KEY": encoded },
    });
    story.host.respond("GET", &secrets, 200, &secret);
    story.promote().expect(202);
    let service = story.applied(PRODUCTION, "api/v1//services/frontend-service");
    assert_eq!(service["spec"]["ports"][0]["port"], 9000);
    let secret = story.applied(PRODUCTION, "api/v1//secrets/");
    assert_eq!(secret["data"], json!({ "API_KEY": encoded }));
    let container = &story.deployment()["spec"]["template"]["spec"]["containers"][0];
    assert!(text(&container["image"]).starts_with(IMAGE));
    let of_staging = "b2Ytc3RhZ2luZw==";
    let sent = story.host.sent("PATCH", &format!("{CLUSTER}/api/v1/namespaces/{PRODUCTION}"));
    assert!(sent.iter().all(|body| !body.contains(of_staging) && !body.contains("of-staging")));
}

#[test]
fn a_service_is_prepared_with_what_is_saved_before_its_first_release() {
    let story = Story::with(json!({ "secrets": { "API_KEY": "of-staging" } }));
    let problem = story.promote().expect(422);
    let expected = "is a secret of this release that 'frontend' does not have: save it for 'frontend' first, or \
                    send all secrets";
    assert_eq!(errors(&problem), [("secrets.API_KEY", expected)]);

    let saved = format!("/api/v1/projects/{}/services/frontend", story.production);
    let secrets = json!({ "secrets": { "API_KEY": "of-production" } });
    let secret = json!({
        "metadata": { "name": "frontend.secrets", "uid": "s", "resourceVersion": "1" },
        "type": "Opaque", "data": { "API_KEY": "b2YtcHJvZHVjdGlvbg==" },
    });
    let path = format!("{saved}/secrets");
    story.alice.put(&path, &secrets).expect(200);
    // From now on the cluster has the namespace, and the saved values in it.
    let url = format!("{CLUSTER}/api/v1/namespaces/{PRODUCTION}");
    let applied = story.host.sent("PATCH", &format!("{url}?"));
    let mut namespace: Value = serde_json::from_str(applied.last().unwrap()).unwrap();
    namespace["metadata"]["uid"] = json!("u");
    story.host.respond("GET", &url, 200, &namespace);
    story.host.respond("GET", &format!("{url}/"), 404, &not_found());
    for method in ["GET", "PATCH"] {
        let url = format!("{url}/secrets/frontend.secrets");
        story.host.respond(method, &url, 200, &secret);
    }
    story.alice.put(&path, &secrets).expect(200);
    let configuration = json!({ "exposure_type": "internal", "service_port": 9000, "replicas": 1 });
    story.alice.put(&format!("{saved}/deployment"), &configuration).expect(201);
    story.promote().expect(202);
    let service = story.applied(PRODUCTION, "api/v1//services/frontend-service");
    assert_eq!(service["spec"]["ports"][0]["port"], 9000);
    let applied = story.applied(PRODUCTION, "api/v1//secrets/");
    assert_eq!(applied["data"], secret["data"]);
    assert_ne!(applied["metadata"]["name"], "frontend.secrets", "the release has a copy");
    assert_eq!(story.deployment()["spec"]["replicas"], 3, "as the release");
}

#[test]
fn an_image_from_elsewhere_is_one_that_the_project_could_name() {
    let story = Story::with(json!({
        "build_id": null, "image_name": "docker.io/library/nginx:1.29",
    }));
    story.promote().expect(202);
    let container = &story.deployment()["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "docker.io/library/nginx:1.29");

    // As if it had been allowed once to name an image of the platform without its build.
    let name = "ghcr.io/platform/carol-other-web:1".parse().unwrap();
    story.change_revision(move |revision| {
        let DesiredState::Deployed(state) = &mut revision.desired else { panic!("{revision:?}") };
        state.release.image.name = name;
    });
    let problem = story.promote().expect(422);
    let expected = "has the image ghcr.io/platform/carol-other-web:1, which is not an image of this project: \
                    build it here first";
    assert_eq!(errors(&problem), [("release_of", expected)]);
}

#[test]
fn a_promoted_release_can_be_rolled_back_to() {
    let story = Story::new();
    let promoted = story.promote().expect(202);
    let path = format!("/api/v1/deployments/{}", text(&promoted["deployment_id"]));
    let other = json!({
        "project_id": story.production, "project_name": "myapp", "username": "alice",
        "service_name": "frontend", "image_name": "docker.io/library/nginx:1.29",
    });
    story.alice.post("/api/v1/deploy", &other).expect(202);
    story.alice.post(&format!("{path}/rollback"), &json!({ "revision": 1 })).expect(202);
    let container = &story.deployment()["spec"]["template"]["spec"]["containers"][0];
    assert!(text(&container["image"]).starts_with(IMAGE), "{container}");
    // But nobody can name the build of another project.
    let mut request = other;
    request.as_object_mut().unwrap().remove("image_name");
    request["build_id"] = json!(BuildId::new(story.staging, 3, 7));
    let problem = story.alice.post("/api/v1/deploy", &request).expect(422);
    assert_eq!(errors(&problem)[0].0, "build_id");
}
