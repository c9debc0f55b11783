//! What the API shows of a service's previews.

use super::seen;
use crate::{github::pulls::is_waiting_for_approval, settings::Limits};
use futures::future::try_join_all;
use nokube_domain::{
    DeploymentId,
    builds::BuildView,
    previews::{PreviewDeployment, PreviewInput, PreviewList, PreviewView},
    pushes::PushRecord,
};
use nokube_edge::{
    Result,
    builds::summary,
    pushes::{LinkedService, build_of, newest},
    services::preview_deployment_of,
    store::{Store, keys},
};
use url::Url;

/// The previews of the pull requests that were seen last, and of all that hold places. `service` is `None` if pushes do
/// not build it. `web` is the base URL of GitHub's web pages.
///
/// At most twelve reads for each pull request, and those of [`seen::with_previews`].
///
/// # Errors
/// The store failed.
pub async fn list(
    store: &Store,
    service: Option<&LinkedService>,
    web: &Url,
) -> Result<PreviewList> {
    let limits = Limits::load().await?;
    let mut list = PreviewList {
        previews: Vec::new(),
        limit: limits.max_previews,
        days: limits.preview_days,
        waiting_for_approval: false,
    };
    if let Some(service) = service {
        let seen = seen::with_previews(store, service.project, &service.name).await?;
        let views = seen.into_iter().rev().map(|number| view(store, service, number, web));
        list.previews = try_join_all(views).await?.into_iter().flatten().collect();
        list.waiting_for_approval =
            is_waiting_for_approval(store, service.source.repository_id).await?;
    }
    Ok(list)
}

/// What is known of a pull request; `None` if nothing is known of it in the service's present repository.
///
/// # Errors
/// The store failed.
pub async fn view(
    store: &Store,
    service: &LinkedService,
    number: u32,
    web: &Url,
) -> Result<Option<PreviewView>> {
    let service = &service.with_pull_request(number);
    let Some(record) = newest(store, service).await? else { return Ok(None) };
    let LinkedService { project, name, source, .. } = service;
    let (build, approved, deployment) = futures::join!(
        target_build(store, service, &record),
        store.get(keys::approved_commit(*project, name, number)),
        deployment(store, preview_deployment_of(store, *project, name, number))
    );
    let (build, approved) = (build?, approved?);
    let input = PreviewInput {
        record: &record,
        mode: source.preview_mode(),
        build: build.as_ref(),
        approved: approved.as_ref(),
        deployment: deployment?,
        web,
        repository: &source.spec.repository.to_string(),
        days: Limits::load().await?.preview_days,
    };
    Ok(PreviewView::new(input))
}

async fn target_build(
    store: &Store,
    service: &LinkedService,
    record: &PushRecord,
) -> Result<Option<BuildView>> {
    let Some(target) = &record.target else { return Ok(None) };
    let Some(build) = build_of(store, service.pushes(), &target.key()).await? else {
        return Ok(None);
    };
    summary(store, build).await
}

/// The deployment of a preview, unless it was deleted.
async fn deployment(
    store: &Store,
    id: impl Future<Output = Result<Option<DeploymentId>>>,
) -> Result<Option<PreviewDeployment>> {
    let Some(id) = id.await? else { return Ok(None) };
    let (newest, last) = futures::join!(store.newest_revision(id), store.last_observation(id));
    let Some(newest) = newest? else { return Ok(None) };
    let Some(deployed) = newest.deployed() else { return Ok(None) };
    let last = last?.filter(|last| last.revision == newest.number);
    Ok(Some(PreviewDeployment {
        id,
        build: deployed.release.image.build,
        is_stopped: deployed.stopped,
        url: last.as_ref().and_then(|last| last.access_url.clone()),
        status: last.map(|last| last.status),
    }))
}
