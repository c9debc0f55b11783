//! What is saved of a service: its record, its place in the limit, and how it is shown.

use crate::{config_file::with_file, pushes::automatic_builds, settings::Limits};
use nokube_domain::{
    DeploymentId, Problem, ProjectId, Reason, Timestamp,
    deployments::AutomaticDeployments,
    name::ServiceName,
    places::Presence,
    pushes::{AutomaticBuilds, RecordedFile},
    services::{ConfigFileView, LastBuild, ServiceRecord, ServiceView, SourceDetail},
};
use nokube_edge::{
    Error, Result, automatic,
    builds::summaries,
    places::{Holder, Places, TakenPlace},
    projects,
    pushes::LinkedService,
    random,
    services::{self as edge, KnownService},
    store::{Limit, Store, keys},
};
use serde::{Deserialize, Serialize};
use url::Url;

/// The service that holds a place. Its record names the place by the token.
#[derive(Clone, Serialize, Deserialize)]
pub struct SavedService {
    project: ProjectId,
    name: ServiceName,
    token: u64,
}

impl Holder for SavedService {
    /// One read.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        let record = store.get(keys::service(self.project, &self.name)).await?;
        Ok(match record.filter(|record| record.place == self.token) {
            Some(record) if record.source.is_some() => Presence::Present,
            Some(_) => Presence::Ended,
            None => Presence::Absent,
        })
    }
}

/// A place for a service that is about to be saved, and what its record has to say of it.
pub struct Place {
    pub taken: TakenPlace<SavedService>,
    pub token: u64,
}

/// Checks that one more service of the project can be saved, before GitHub is asked.
///
/// # Errors
/// 409 at the limit.
pub async fn check_limit(store: &Store, project: ProjectId) -> Result<()> {
    let max = Limits::load().await?.max_services;
    let places = Places::new(store, Limit::SavedServices(project), max);
    match places.has_free(none_earlier()).await? {
        true => Ok(()),
        false => Err(too_many(max)),
    }
}

/// Takes a place for a service whose source is about to be saved.
///
/// # Errors
/// 409 at the limit.
pub async fn take_place(store: &Store, project: ProjectId, name: &ServiceName) -> Result<Place> {
    let max = Limits::load().await?.max_services;
    let token = random()?;
    let holder = SavedService { project, name: name.clone(), token };
    let places = Places::new(store, Limit::SavedServices(project), max);
    let taken = places.take(&holder, none_earlier()).await?;
    Ok(Place { taken: taken.ok_or_else(|| too_many(max))?, token })
}

/// Earlier releases saved no services.
async fn none_earlier() -> Result<Vec<SavedService>> {
    Ok(Vec::new())
}

/// Numbers the name of a service that was never saved before: one read and two writes.
///
/// # Errors
/// 409 if too many names were saved in this project.
pub async fn number(store: &Store, project: ProjectId, name: &ServiceName) -> Result<()> {
    edge::number(store, project, name, Limits::load().await?.max_services).await
}

/// Stores the record of a service.
///
/// # Errors
/// 404 if the project was deleted concurrently. Then the records of pushes are deleted too.
pub async fn store_record(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    record: &ServiceRecord,
) -> Result<()> {
    let key = || keys::service(project, name);
    let stored = projects::store_record(store, project, key, record).await;
    if let Err(Error::Problem(_)) = stored {
        edge::delete_pushes(store, project, name).await?;
    }
    stored
}

/// A service with its newest build and its deployment, as last known here: at most five reads, three in sequence; at most
/// seven more, if pushes build it; and those of [`automatic::shown`], if their builds are deployed.
/// `web` is the base URL of GitHub's web pages.
///
/// # Errors
/// The store failed.
pub async fn load(
    store: &Store,
    project: ProjectId,
    name: ServiceName,
    known: &KnownService,
    detail: SourceDetail,
    web: &Url,
) -> Result<ServiceView> {
    let linked = LinkedService::of_record(project, &name, known.record.as_ref());
    let (last_build, deployment_id, automatic_builds, automatic_deployments) = futures::join!(
        last_build(store, project, &name),
        deployed(store, known.deployment),
        builds(store, linked.as_ref(), known.deployment),
        deployments(store, linked.as_ref())
    );
    let (automatic_builds, file) = automatic_builds?.unzip();
    let file = file.flatten();
    let record = in_effect(known.record.as_ref(), file.as_ref(), web);
    let view = ServiceView::new(project, name, record.as_ref(), detail, web);
    Ok(ServiceView {
        config_file: file.as_ref().map(ConfigFileView::new),
        last_build: last_build?,
        deployment_id: deployment_id?,
        automatic_builds,
        automatic_deployments: automatic_deployments?,
        ..view
    })
}

/// What is saved of a service, with what its configuration file says.
fn in_effect(
    record: Option<&ServiceRecord>,
    file: Option<&RecordedFile>,
    web: &Url,
) -> Option<ServiceRecord> {
    let record = record?.clone();
    let source = match (record.source, file.and_then(|file| file.service.as_ref())) {
        (Some(saved), Some(file)) => Some(with_file(&saved, file, web)),
        (saved, _) => saved,
    };
    Some(ServiceRecord { source, ..record })
}

async fn builds(
    store: &Store,
    service: Option<&LinkedService>,
    deployment: Option<DeploymentId>,
) -> Result<Option<(AutomaticBuilds, Option<RecordedFile>)>> {
    match service {
        Some(service) => automatic_builds(store, service, deployment).await.map(Some),
        None => Ok(None),
    }
}

async fn deployments(
    store: &Store,
    service: Option<&LinkedService>,
) -> Result<Option<AutomaticDeployments>> {
    match service.filter(|service| service.source.deploy_on_build) {
        Some(service) => automatic::shown(store, service).await.map(Some),
        None => Ok(None),
    }
}

async fn last_build(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
) -> Result<Option<LastBuild>> {
    let Some(number) = store.get(keys::newest_build(project, name)).await? else { return Ok(None) };
    let builds = summaries(store, std::iter::once((project, number))).await?;
    Ok(builds.into_iter().next().map(LastBuild::from))
}

/// The deployment, if it is deployed now.
async fn deployed(store: &Store, id: Option<DeploymentId>) -> Result<Option<DeploymentId>> {
    let Some(id) = id else { return Ok(None) };
    let newest = store.newest_revision(id).await?;
    Ok(newest.filter(|revision| revision.deployed().is_some()).map(|_| id))
}

fn too_many(max: u32) -> Error {
    let detail = format!(
        "The project has {max} saved services, which is the most that this platform allows. Remove \
         one first."
    );
    Problem::conflict(Reason::TooManyServices, detail).into()
}
