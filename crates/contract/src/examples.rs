//! Examples for the document. They all show one case: testuser builds and deploys the service frontend of the
//! project myapp.

use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};

pub const BUILD: &str = "00000080000037psdcmuh8ad0s";
pub const DEPLOYMENT: &str = "0000008000002av7o16p2nt86o";
const IMAGE: &str = "ghcr.io/amzhm/testuser-myapp-frontend:latest";
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const COMMIT: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
const URL: &str = "https://frontend-myapp-testuser.apps.example.org";

/// One of several examples of a body.
pub fn named(summary: &str, value: Value) -> Example {
    ExampleBuilder::new().summary(summary).value(Some(value)).build()
}

pub fn new_project() -> Value {
    json!({ "name": "myapp", "description": "The shop" })
}

pub fn project() -> Value {
    json!({
        "id": 1, "name": "myapp", "owner": "testuser", "description": "The shop",
        "repository_url": null, "framework": null,
        "created_at": "2025-08-18T10:00:00Z", "updated_at": "2025-08-18T10:00:00Z",
        "role": "owner",
    })
}

pub fn new_build() -> Value {
    json!({
        "project_id": 1, "repository_url": "https://github.com/testuser/shop",
        "image_name": "myapp", "service_name": "frontend", "branch": "main",
    })
}

pub fn build_request() -> Value {
    json!({
        "project_id": 1, "repository_url": "https://github.com/testuser/shop",
        "service_name": "frontend", "image_name": "myapp-frontend", "branch": "main",
        "context": ".", "has_dockerfile": true, "dockerfile_path": "Dockerfile",
        "image_tag": "latest", "build_args": {},
    })
}

pub fn build_created() -> Value {
    json!({
        "build_id": BUILD, "project_id": 1, "status": "pending", "image_full_name": IMAGE,
        "created_at": "2025-08-18T10:30:00Z", "estimated_duration": 180,
    })
}

pub fn step() -> Value {
    json!({
        "number": 5, "name": "Build and push the image", "status": "success",
        "started_at": "2025-08-18T10:30:21Z", "completed_at": "2025-08-18T10:32:39Z",
    })
}

pub fn build() -> Value {
    let mut build = build_in_list();
    if let Some(build) = build.as_object_mut() {
        build.insert("steps".into(), json!([step()]));
    }
    build
}

pub fn build_in_list() -> Value {
    json!({
        "build_id": BUILD, "project_id": 1, "service_name": "frontend", "status": "success",
        "image_full_name": IMAGE, "image_digest": DIGEST, "repository": "testuser/shop",
        "branch": "main", "commit_sha": COMMIT, "created_at": "2025-08-18T10:30:00Z",
        "started_at": "2025-08-18T10:30:09Z", "completed_at": "2025-08-18T10:32:43Z",
        "duration": 154, "attempt": 1, "cancel_requested_at": null, "error_code": null,
        "error_message": null, "steps": [],
    })
}

/// A build whose cancellation was requested and that has not stopped yet.
pub fn build_cancelling() -> Value {
    let mut build = build_in_list();
    if let Some(build) = build.as_object_mut() {
        build.insert("status".into(), json!("building"));
        build.insert("cancel_requested_at".into(), json!("2025-08-18T10:31:00Z"));
        for field in ["image_digest", "completed_at"] {
            build.insert(field.into(), Value::Null);
        }
        build.insert("duration".into(), json!(51));
    }
    build
}

/// The build right after it was retried.
pub fn build_retried() -> Value {
    let mut build = build_in_list();
    if let Some(build) = build.as_object_mut() {
        build.insert("status".into(), json!("pending"));
        build.insert("attempt".into(), json!(2));
        for field in ["image_digest", "started_at", "completed_at", "duration"] {
            build.insert(field.into(), Value::Null);
        }
    }
    build
}

pub fn new_deployment() -> Value {
    json!({
        "project_id": 1, "project_name": "myapp", "username": "testuser",
        "service_name": "frontend", "build_id": BUILD, "container_port": 3000, "replicas": 2,
        "env_vars": { "COLOUR": "red" }, "secrets": { "API_KEY": "s3cret", "OLD_KEY": null },
    })
}

pub fn deployment_created() -> Value {
    json!({
        "deployment_id": DEPLOYMENT, "project_id": 1, "service_name": "frontend",
        "status": "deploying", "image_name": IMAGE, "created_at": "2025-08-18T10:35:00Z",
        "manifests_generated": ["ConfigMap frontend-env-1", "Deployment frontend"],
        "access_url": URL, "revision": 1,
    })
}

pub fn deployment() -> Value {
    let mut deployment = deployment_in_list();
    if let Some(deployment) = deployment.as_object_mut() {
        let pod = json!({
            "name": "frontend-6f7d8c9b5-x2x4z", "phase": "Running", "ready": true, "current": true,
            "restarts": 0, "reason": null, "code": null, "message": null,
            "started_at": "2025-08-18T10:35:04Z",
        });
        let condition = json!({
            "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
            "message": "Deployment has minimum availability.",
        });
        deployment.insert("pods".into(), json!([pod]));
        deployment.insert("conditions".into(), json!([condition]));
    }
    deployment
}

pub fn deployment_in_list() -> Value {
    json!({
        "deployment_id": DEPLOYMENT, "project_id": 1, "service_name": "frontend",
        "display_name": "frontend", "status": "running", "image_name": IMAGE,
        "image_digest": DIGEST, "build_id": BUILD, "replicas_ready": 2, "replicas_total": 2,
        "created_at": "2025-08-18T10:35:00Z", "updated_at": "2025-08-18T10:35:00Z",
        "observed_at": "2025-08-18T10:36:00Z", "error_code": null, "error_message": null,
        "access_url": URL, "revision": 1, "release": 1, "pods": [], "conditions": [],
    })
}

pub fn dry_run() -> Value {
    json!({
        "dry_run": true, "namespace": "nk-testuser-myapp", "tried_in": "nk-testuser-myapp",
        "note": null, "accepted": true, "access_url": URL,
        "variables": [{ "field": "COLOUR", "before": "red", "after": "blue" }],
        "objects": [{
            "kind": "Deployment", "name": "frontend", "verdict": "change",
            "difference": [{ "field": "spec.replicas", "before": "2", "after": "3" }],
        }],
        "warnings": [], "manifests": { "Deployment": "apiVersion: apps/v1\nkind: Deployment\n" },
    })
}

pub fn revisions() -> Value {
    json!({ "revisions": [{
        "revision": 1, "by": "testuser", "created_at": "2025-08-18T10:35:00Z", "cause": "deploy",
        "current": true, "image_name": IMAGE, "image_digest": DIGEST, "build_id": BUILD,
        "configuration": configuration(),
    }] })
}

fn configuration() -> Value {
    let mut configuration = json!({
        "service_name": "frontend", "image_name": IMAGE, "build_id": BUILD,
        "display_name": "frontend", "description": null, "service_type": "web",
        "exposure_type": "external", "custom_domain": null, "custom_path": null,
        "enable_https": false, "container_port": 3000, "service_port": 8000, "replicas": 2,
        "cpu_request": "100m", "cpu_limit": "500m", "memory_request": "128Mi",
        "memory_limit": "512Mi", "env_vars": { "COLOUR": "red" }, "secrets": { "API_KEY": null },
    });
    // Split in two because `json!` recurses once per field.
    let rest = json!({
        "storage_size": null, "storage_path": null, "enable_autoscaling": false,
        "health_check_enabled": true, "liveness_check_path": null, "readiness_check_path": null,
        "health_check_port": 3000, "liveness_initial_delay": 30, "readiness_initial_delay": 5,
        "health_check_period": 10, "health_check_timeout": 5, "health_check_failure_threshold": 3,
    });
    if let (Some(all), Value::Object(rest)) = (configuration.as_object_mut(), rest) {
        all.extend(rest);
    }
    configuration
}

pub fn audit_log(action: &str, object: &str) -> Value {
    let event = json!({
        "at": "2025-08-18T10:00:00.123456Z", "action": action, "object": object,
        "by": {
            "issuer": "https://github.com", "subject": "583231", "login": "testuser",
            "via": "session",
        },
        "from": "192.0.2.7", "request_id": "7d1f0c3a9b2e4d65",
    });
    json!({ "events": [event], "total": 1, "limit": 50, "offset": 0 })
}

pub fn token() -> Value {
    json!({
        "id": 1, "name": "ci", "scopes": ["build"], "created_at": "2025-08-18T10:00:00Z",
        "expires_at": "2025-11-16T10:00:00Z", "revoked_at": null, "last_used_on": "2025-08-18",
    })
}

pub fn token_created() -> Value {
    let mut token = token();
    if let Some(token) = token.as_object_mut() {
        token.insert("last_used_on".into(), Value::Null);
        token.insert("token".into(), json!(format!("nkt_{}", "a2b3c4d5e6f7g".repeat(4))));
    }
    token
}

pub fn device_code() -> Value {
    json!({
        "device_code": "3584d83530557fdd1f46af8289938c8ef79f9dc5", "user_code": "WDJB-MJHT",
        "verification_uri": "https://github.com/login/device", "expires_in": 900, "interval": 5,
    })
}

pub fn token_request() -> Value {
    json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "3584d83530557fdd1f46af8289938c8ef79f9dc5",
    })
}

pub fn issued_token() -> Value {
    json!({
        "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "token_type": "Bearer",
        "expires_in": 600, "scope": "read build deploy account",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "refresh_token": "nkr_a2b3c4d5e6f7",
    })
}

pub fn oauth_error() -> Value {
    json!({
        "type": "/problems/malformed", "title": "The request cannot be read",
        "status": 400, "detail": "The user has not entered the code yet.",
        "instance": "/api/v1/auth/token", "error": "authorization_pending",
        "error_description": "The user has not entered the code yet.",
    })
}

pub fn session_renewed() -> Value {
    json!({
        "login": "testuser", "expires_at": "2025-08-18T10:40:00Z",
        "sign_in_ends_at": "2025-08-25T10:30:00Z",
    })
}

pub fn current_user() -> Value {
    json!({
        "username": "testuser", "login": "testuser", "issuer": "https://github.com",
        "subject": "583231", "administrator": false, "via": "session",
        "scopes": ["read", "build", "deploy", "metrics", "account"], "expires_at": "2025-08-18T10:40:00Z",
    })
}

pub fn token_page() -> Value {
    json!({
        "tokens": [token()], "total": 1, "limit": 50, "offset": 0,
    })
}

pub fn deployment_page() -> Value {
    json!({
        "deployments": [deployment_in_list()], "total": 1, "limit": 50, "offset": 0,
    })
}

pub fn manifests() -> Value {
    json!({
        "deployment_id": DEPLOYMENT, "revision": 1, "namespace": "nk-testuser-myapp",
        "manifests": { "Deployment": "apiVersion: apps/v1\nkind: Deployment\n" },
    })
}

pub fn cluster_events() -> Value {
    json!({ "events": [{
        "at": "2025-08-18T10:35:09Z", "type": "Normal", "reason": "Started",
        "message": "Started container app", "object": "Pod frontend-6f7d8c9b5-x2x4z", "count": 1,
    }] })
}

fn checks(ready: bool, name: &str, detail: &str) -> Value {
    json!({ "ready": ready, "in_full": true, "checks": [{ "name": name, "ok": ready, "detail": detail }] })
}

pub fn ready() -> Value {
    checks(true, "settings", "every setting is there and well-formed")
}

pub fn not_ready() -> Value {
    checks(false, "github", "GitHub does not accept the platform's credentials")
}

pub fn routes() -> Value {
    json!({ "routes": [{
        "method": "GET", "path": "/api/v1/builds/{build}", "demand": "role", "role": "viewer",
        "scope": "read", "component": "builds",
    }] })
}

pub const METRICS: &str = "# HELP nokube_builds Unfinished builds, as last stored.\n# TYPE nokube_builds gauge\n\
                           nokube_builds{status=\"pending\"} 0\n\
                           nokube_builds{status=\"building\"} 2\n";
