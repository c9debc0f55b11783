//! Asks the component `deploy` to look at what may have to be deployed, or deleted. It decides by itself: these requests
//! only say where to look, and may be repeated.

use nokube_domain::{ProjectId, name::ServiceName, work::Progress};
use nokube_edge::chaining;
use std::time::Duration;

/// How long it may take. What it has not done then, it does when it is asked again.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks it to look at the newest build of a service's pushes.
pub async fn look_at_service(project: ProjectId, name: &ServiceName) -> Progress {
    ask(&format!("/internal/services/{project}/{name}/automation")).await
}

/// Asks it to look at the preview of a pull request.
pub async fn look_at_preview(
    project: ProjectId,
    name: &ServiceName,
    pull_request: u32,
) -> Progress {
    ask(&format!("/internal/services/{project}/{name}/previews/{pull_request}")).await
}

async fn ask(path: &str) -> Progress {
    chaining::post_for_progress("deploy", path, TIMEOUT).await
}
