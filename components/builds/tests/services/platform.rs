//! A platform with a project, and a public repository.

use builds::ROUTES;
use nokube_domain::ProjectId;
use nokube_edge::store::{Store, keys};
use nokube_test_host::{Client, Response, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

pub const API: &str = "https://api.github.com";
pub const BUILDS: &str = "/api/v1/builds";
pub const LIST: &str = "/api/v1/projects/1/services";
pub const FRONTEND: &str = "/api/v1/projects/1/services/frontend";
pub const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";

/// Alice's project 1 `myapp`, of which vic is a viewer, and the public repository `acme/shop`.
pub fn platform() -> (Rc<TestHost>, Client) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    host.set("limit_changes_per_minute", "0");
    host.set("max_running_builds_per_person", "0");
    host.create_project("alice", "myapp");
    let members = json!({
        "owner": { "issuer": "nokube", "subject": "alice" },
        "others": [{
            "person": { "issuer": "nokube", "subject": "vic" }, "username": "vic",
            "role": "viewer", "number": 1,
        }],
    });
    host.run(async move {
        let members = serde_json::from_value(members).unwrap();
        let store = Store::open().await.unwrap();
        store.set(keys::members(ProjectId(1)), &members).await.unwrap();
    });
    repository(&host, 42, "acme/shop", false);
    host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
    let alice = host.user(ROUTES, "alice");
    (host, alice)
}

/// Scripts a repository, by its name and by its number.
pub fn repository(host: &TestHost, id: u64, name: &str, private: bool) {
    let found = json!({
        "id": id, "full_name": name, "private": private, "default_branch": "main",
    });
    for url in [format!("{API}/repos/{name}"), format!("{API}/repositories/{id}")] {
        host.respond("GET", &url, 200, &found);
        let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
        host.respond("GET", &format!("{url}/commits/"), 200, &commit);
    }
}

pub fn source() -> Value {
    json!({
        "repository_url": "https://github.com/acme/shop", "branch": "dev", "context": "web",
        "dockerfile_content": "FROM scratch", "build_args": { "COLOUR": "red" },
    })
}

pub fn build(service: &str) -> Value {
    json!({ "project_id": 1, "service_name": service })
}

/// The last build that GitHub was asked to start.
pub fn dispatched(host: &TestHost) -> Value {
    let sent = host.sent("POST", DISPATCHES);
    serde_json::from_str::<Value>(sent.last().unwrap()).unwrap()["inputs"].clone()
}

pub fn names(client: &Client) -> Vec<String> {
    let list = client.get(LIST).expect(200);
    let names: Vec<_> = list["services"].as_array().unwrap().iter().collect();
    assert_eq!(list["total"], names.len());
    names.iter().map(|service| service["name"].as_str().unwrap().to_owned()).collect()
}

pub fn patch(host: &TestHost, client: &Client, body: &Value) -> Response {
    host.run(client.start("PATCH", FRONTEND, Some(body)))
}
