//! A platform whose cluster is empty.
#![allow(dead_code)] // Each test uses a part of it.

use deploy::ROUTES;
use nokube_domain::ProjectId;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

pub const CLUSTER: &str = "https://cluster.example.org";

/// The API server's answer about an object that does not exist.
pub fn not_found() -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": "not found",
    })
}

/// A platform with Alice's project `myapp`, Alice, and a request that deploys her service `frontend`.
pub fn with_empty_cluster() -> (Rc<TestHost>, Client, Value) {
    let host = TestHost::install();
    host.set("kubernetes_api_url", CLUSTER);
    host.set("apps_domain", "apps.example.org");
    host.set("apps_entrance_namespace", "ingress");
    let project = host.create_project("alice", "myapp");
    host.respond("GET", CLUSTER, 404, &not_found());
    let request = json!({
        "project_id": project, "project_name": "myapp", "username": "alice",
        "service_name": "frontend", "image_name": "docker.io/library/nginx:1.29",
    });
    let alice = host.user(ROUTES, "alice");
    (host, alice, request)
}

/// As [`with_empty_cluster`], and the cluster takes whatever is applied.
pub fn with_writable_cluster() -> (Rc<TestHost>, Client, Value) {
    let (host, alice, request) = with_empty_cluster();
    host.set("kubernetes_role", "");
    host.respond("PATCH", CLUSTER, 200, &json!({}));
    (host, alice, request)
}

/// The project of a request.
pub fn project_of(request: &Value) -> ProjectId {
    ProjectId(u32::try_from(request["project_id"].as_u64().unwrap()).unwrap())
}
