//! Asks the component `deploy` to look at what may have to be deployed, or deleted. It decides by itself: these requests
//! only say where to look, and may be repeated.

use nokube_domain::{ProjectId, name::ServiceName};
use nokube_edge::chaining;
use serde::Deserialize;
use std::time::Duration;

/// How long it may take. What it has not done then, it does when it is asked again.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Answer {
    done: bool,
}

/// Asks it to look at the newest build of a service's pushes. Returns whether nothing is left to be done.
pub async fn look_at_service(project: ProjectId, name: &ServiceName) -> bool {
    ask(&format!("/internal/services/{project}/{name}/automation")).await
}

/// Asks it to look at the preview of a pull request. Returns whether nothing is left to be done.
pub async fn look_at_preview(project: ProjectId, name: &ServiceName, pull_request: u32) -> bool {
    ask(&format!("/internal/services/{project}/{name}/previews/{pull_request}")).await
}

async fn ask(path: &str) -> bool {
    let Some(body) = chaining::post("deploy", path, TIMEOUT).await else { return false };
    serde_json::from_slice::<Answer>(&body).is_ok_and(|answer| answer.done)
}
