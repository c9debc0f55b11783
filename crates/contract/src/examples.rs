//! Examples that several operations use. They all show one case: testuser builds and deploys the service
//! frontend of the project myapp.

use nokube_domain::{Problem, ProblemKind, Reason};
use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};

pub const BUILD: &str = "00000080000037psdcmuh8ad0s";
pub const DEPLOYMENT: &str = "0000008000002av7o16p2nt86o";
pub const IMAGE: &str = "ghcr.io/amzhm/testuser-myapp-frontend:latest";
pub const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
pub const URL: &str = "https://frontend-myapp-testuser.apps.example.org";

pub const DEVICE_CODE: &str = "3584d83530557fdd1f46af8289938c8ef79f9dc5";
pub const TOO_MANY: &str = "This may be done 10 times a minute. Try again in 42 seconds.";
pub const NO_FREE_USERNAME: &str = "All usernames similar to your login are taken.";

/// One of several examples of a body.
pub fn named(summary: &str, value: Value) -> Example {
    ExampleBuilder::new().summary(summary).value(Some(value)).build()
}

/// `example` with other values in some fields.
pub fn with(mut example: Value, changes: Value) -> Value {
    if let (Some(fields), Value::Object(changes)) = (example.as_object_mut(), changes) {
        fields.extend(changes);
    }
    example
}

/// A page with one item; `list` is the name of the field with the items.
pub fn page(list: &str, item: Value) -> Value {
    json!({ list: [item], "total": 1, "limit": 50, "offset": 0 })
}

pub fn project() -> Value {
    json!({
        "id": 1, "name": "myapp", "owner": "testuser", "description": "The shop",
        "repository_url": null, "framework": null,
        "created_at": "2025-08-18T10:00:00Z", "updated_at": "2025-08-18T10:00:00Z",
        "role": "owner",
    })
}

pub fn commit() -> Value {
    json!({
        "sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "subject": "Show the prices",
        "author": "testuser",
    })
}

/// Lists have no steps.
pub fn build_in_list() -> Value {
    json!({
        "build_id": BUILD, "project_id": 1, "service_name": "frontend", "status": "success",
        "image_full_name": IMAGE, "image_digest": DIGEST, "repository": "testuser/shop",
        "branch": "main", "commit_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
        "created_at": "2025-08-18T10:30:00Z", "started_at": "2025-08-18T10:30:09Z",
        "completed_at": "2025-08-18T10:32:43Z", "duration": 154, "attempt": 1,
        "cancel_requested_at": null, "error_code": null, "error_message": null,
        "trigger": "push", "commit": commit(), "waiting_for_capacity": false, "superseded": false,
        "steps": [],
    })
}

/// Lists have no pods and conditions.
pub fn deployment_in_list() -> Value {
    json!({
        "deployment_id": DEPLOYMENT, "project_id": 1, "service_name": "frontend",
        "display_name": "frontend", "status": "running", "image_name": IMAGE,
        "image_digest": DIGEST, "build_id": BUILD, "replicas_ready": 2, "replicas_total": 2,
        "created_at": "2025-08-18T10:35:00Z", "updated_at": "2025-08-18T10:35:00Z",
        "observed_at": "2025-08-18T10:36:00Z", "error_code": null, "error_message": null,
        "issues": [], "reachable": "yes",
        "access_url": URL, "revision": 1, "release": 1, "automatic": false, "preview": null,
        "promoted_from": null, "automation_paused": null, "pods": [], "conditions": [],
    })
}

pub fn manifests() -> Value {
    json!({ "Deployment": "apiVersion: apps/v1\nkind: Deployment\n" })
}

/// The caller was blocked by an administrator.
pub fn blocked() -> Problem {
    Problem::new(ProblemKind::Forbidden, "An administrator has blocked your access.")
        .with_reason(Reason::Blocked)
}
