//! The services of a project, and what is saved to build them from.

pub mod previews;
pub mod pushes;
pub mod remove;
pub mod save;
pub mod show;

#[cfg(feature = "openapi")]
mod example {
    use nokube_contract::prelude::*;

    pub fn commit() -> Value {
        json!({
            "sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "subject": "Fix all the bugs",
            "author": "testuser",
        })
    }

    fn config_file() -> Value {
        json!({
            "commit_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "errors": [],
            "build_fields": ["context"], "deployment_fields": ["container_port", "replicas"],
        })
    }

    /// The body of `PUT`.
    pub fn source() -> Value {
        json!({ "repository_url": "https://github.com/testuser/shop", "context": "frontend" })
    }

    pub fn service() -> Value {
        json!({
            "project_id": 1, "name": "frontend",
            "source": {
                "repository_url": "https://github.com/testuser/shop", "repository_id": 1_296_269,
                "branch": null, "context": "frontend", "builder": "buildpacks",
                "has_dockerfile": false, "image_tag": "latest", "submodules": false, "lfs": false,
            },
            "build_on_push": true, "watch_paths": [],
            "automatic_builds": {
                "enabled_by": "testuser", "enabled_at": "2025-08-18T10:00:00Z",
                "confirmed_until": "2025-11-16T10:00:00Z", "problem": null,
                "commit_statuses": "active", "github_deployments": "active",
            },
            "deploy_on_build": true,
            "automatic_deployments": { "state": "active", "paused": null, "problem": null },
            "use_config_file": true, "config_file": config_file(),
            "previews": "deploy", "preview_base_branches": [], "preview_secrets": ["DATABASE_URL"],
            "last_build": {
                "build_id": examples::BUILD, "status": "success", "branch": "main",
                "commit_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
                "created_at": "2025-08-18T10:30:00Z", "trigger": "push", "commit": commit(),
                "waiting_for_capacity": false, "superseded": false,
            },
            "deployment_id": examples::DEPLOYMENT,
            "created_at": "2025-08-18T10:00:00Z", "updated_at": "2025-08-18T10:00:00Z",
        })
    }

    /// As a developer sees it.
    pub fn service_in_full() -> Value {
        let mut service = service();
        if let Some(service) = service.as_object_mut() {
            service.insert("preview_env_vars".into(), json!({ "LOG_LEVEL": "debug" }));
        }
        if let Some(source) = service.get_mut("source").and_then(Value::as_object_mut) {
            source.insert("build_args".into(), json!({}));
        }
        service
    }
}
