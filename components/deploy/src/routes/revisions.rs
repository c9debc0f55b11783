//! `GET /api/v1/deployments/{deployment}/revisions`: the retained releases, with their whole
//! configuration under the names of a request's fields. One read a release.

use crate::deployment::Deployment;
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{deployments::RevisionView, responses::Revisions};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn revisions(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    let state = deployment.state()?;
    let reads =
        state.retained.iter().map(|release| store.revision(deployment.id(), release.number));
    let revisions = try_join_all(reads)
        .await?
        .into_iter()
        .flatten()
        .filter_map(|revision| {
            let release = &revision.deployed()?.release;
            Some(RevisionView::new(&revision, release, state.release.number))
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &Revisions { revisions }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn revisions() -> Operation {
        let service = json!({
            "service_name": "frontend", "image_name": examples::IMAGE,
            "build_id": examples::BUILD, "command": [], "args": ["npm", "start"],
            "display_name": "frontend", "description": null,
            "service_type": "web", "exposure_type": "external", "custom_domain": null,
            "custom_path": null, "enable_https": false, "container_port": 3000,
            "service_port": 8000, "replicas": 2, "cpu_request": "100m", "cpu_limit": "500m",
            "memory_request": "128Mi", "memory_limit": "512Mi", "env_vars": { "COLOUR": "red" },
            "secrets": { "API_KEY": null },
        });
        // Split in two because `json!` recurses once per field.
        let rest = json!({
            "storage_size": null, "storage_path": null, "enable_autoscaling": false,
            "health_check_enabled": true, "liveness_check_path": null,
            "readiness_check_path": null, "health_check_port": 3000, "liveness_initial_delay": 30,
            "readiness_initial_delay": 5, "health_check_period": 10, "health_check_timeout": 5,
            "health_check_failure_threshold": 3,
        });
        let revision = json!({
            "revision": 1, "by": "testuser", "created_at": "2025-08-18T10:35:00Z",
            "cause": "deploy", "current": true, "automatic": false, "promoted_from": null,
            "image_name": examples::IMAGE, "image_digest": examples::DIGEST, "build_id": examples::BUILD,
            "configuration": examples::with(service, rest),
        });
        Operation::new("listRevisions", "List the releases that can be rolled back to")
            .description(
                "Each with its complete configuration in the format of `POST /api/v1/deploy`; secrets \
                 without their values.",
            )
            .json_response::<Revisions>(
                200,
                "The releases, newest first.",
                json!({ "revisions": [revision] }),
            )
    }
}
