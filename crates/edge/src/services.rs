//! The services of a project: those with a saved source, those that were built, and those that were deployed.
//!
//! A service has no record of its own until something is saved. So the names of saved and of built services are
//! numbered, and deployments have numbers anyway.

use crate::{
    Error, Result,
    pushes::PushesOf,
    reservation::{existing, hashed_name},
    store::{Counter, Key, Store, keys},
};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use nokube_domain::{
    DeploymentId, Problem, ProjectId, Reason,
    deployments::DeploymentRecord,
    name::ServiceName,
    page::Page,
    services::{NAMES_PER_SERVICE, ServiceRecord},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of built services and of deployments that a list reads, the newest ones. Those of saved services have a
/// limit of their own.
const MAX_LISTED: u32 = 300;

/// Builds from before services were numbered that are read once, the newest ones.
const MAX_EARLIER_BUILDS: u32 = 1_000;

const MAX_CONCURRENT_READS: usize = 16;

/// How many builds above one are searched for a later build of the same service.
const MAX_LATER: u32 = 50;

/// What is saved of a service, and its deployment.
#[derive(Default)]
pub struct KnownService {
    pub record: Option<ServiceRecord>,
    /// It was deployed, and perhaps deleted again.
    pub deployment: Option<DeploymentId>,
}

/// The result of the reservation of a service's deployment.
#[derive(Serialize, Deserialize)]
pub struct ReservedDeployment {
    pub deployment: DeploymentId,
}

/// The name of the reservation of a service's deployment.
pub fn deployment_reservation(project: ProjectId, service: &ServiceName) -> String {
    hashed_name(&format!("deployment {project} {service}"))
}

/// The deployment of a service, which may have been deleted: one read.
///
/// # Errors
/// The store failed.
pub async fn deployment_of(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
) -> Result<Option<DeploymentId>> {
    let reserved = existing(store, &deployment_reservation(project, service)).await?;
    Ok(reserved.map(|ReservedDeployment { deployment }| deployment))
}

/// The name of the reservation of a preview's deployment. No service has such a name.
pub fn preview_reservation(project: ProjectId, service: &ServiceName, pull_request: u32) -> String {
    hashed_name(&format!("preview {project} {service} {pull_request}"))
}

/// The deployment of a pull request's preview, which may have been deleted: one read.
///
/// # Errors
/// The store failed.
pub async fn preview_deployment_of(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
    pull_request: u32,
) -> Result<Option<DeploymentId>> {
    let reserved = existing(store, &preview_reservation(project, service, pull_request)).await?;
    Ok(reserved.map(|ReservedDeployment { deployment }| deployment))
}

/// What is known of one service: two concurrent reads.
///
/// # Errors
/// The store failed.
pub async fn find(store: &Store, project: ProjectId, name: &ServiceName) -> Result<KnownService> {
    let (record, deployment) = futures::join!(
        store.get(keys::service(project, name)),
        deployment_of(store, project, name)
    );
    Ok(KnownService { record: record?, deployment: deployment? })
}

/// Whether a configuration or secrets are saved to deploy a service with: two concurrent reads.
///
/// # Errors
/// The store failed.
pub async fn is_configured(store: &Store, project: ProjectId, name: &ServiceName) -> Result<bool> {
    let (configuration, secrets) = futures::join!(
        store.get(keys::service_deployment(project, name)),
        store.get(keys::service_secrets(project, name))
    );
    let is_saved = configuration?.is_some_and(|configuration| configuration.spec.is_some());
    Ok(is_saved || secrets?.is_some_and(|secrets| !secrets.names.is_empty()))
}

/// Numbers the name of a service of which nothing was ever saved, so that it is listed, and deleted with its project:
/// one read and two writes. `max_services` is how many may be saved at once.
///
/// # Errors
/// 409 if too many names were saved in this project.
pub async fn number(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    max_services: u32,
) -> Result<()> {
    let max = max_services.saturating_mul(NAMES_PER_SERVICE);
    let too_many = || {
        let detail = "Too many services of this project were saved and removed. Use the name of an \
                      earlier one.";
        Err(Problem::conflict(Reason::TooManyServices, detail).into())
    };
    let counter = Counter::saved_services(project);
    // Each list, and the deletion of the project, reads as many numbers as were counted.
    if store.count(&counter).await? >= max {
        return too_many();
    }
    let number = store.increment(&counter).await?;
    if number > max {
        return too_many();
    }
    store.set(keys::saved_service(project, number), name).await
}

/// The services of a project that may have saved secrets: one read for each name that was saved, and one more.
///
/// # Errors
/// The store failed.
pub async fn with_saved_secrets(store: &Store, project: ProjectId) -> Result<Vec<ServiceName>> {
    let saved = Counter::saved_services(project);
    let names = numbered(store, saved, u32::MAX, |n| keys::saved_service(project, n)).await?;
    let mut found = BTreeSet::new();
    for name in names {
        let secrets = store.get(keys::service_secrets(project, &name)).await?;
        if secrets.is_some_and(|secrets| !secrets.names.is_empty()) {
            found.insert(name);
        }
    }
    Ok(found.into_iter().collect())
}

/// All services of a project, by name. One read for each kind and one for each number; for each saved service one more,
/// and two more for a name without a source.
/// The first list of a project also reads its newest builds.
///
/// # Errors
/// The store failed.
pub async fn all(store: &Store, project: ProjectId) -> Result<BTreeMap<ServiceName, KnownService>> {
    note_earlier_builds(store, project).await?;
    let (saved, built, deployed) = futures::join!(
        numbered(store, Counter::saved_services(project), u32::MAX, |n| keys::saved_service(
            project, n
        )),
        numbered(store, Counter::built_services(project), MAX_LISTED, |n| {
            keys::built_service(project, n)
        }),
        numbered(store, Counter::deployments(project), MAX_LISTED, |n| keys::deployment(
            project, n
        )),
    );
    let mut all: BTreeMap<ServiceName, KnownService> = BTreeMap::new();
    let records = saved?.into_iter().map(|name| async move {
        let record: Option<ServiceRecord> = store.get(keys::service(project, &name)).await?;
        Ok::<_, Error>((name, record))
    });
    let records: Vec<_> =
        stream::iter(records).buffered(MAX_CONCURRENT_READS).try_collect().await?;
    for (name, record) in records {
        if record.as_ref().is_some_and(|record| record.source.is_some()) {
            all.entry(name).or_default().record = record;
        } else if is_configured(store, project, &name).await? {
            all.entry(name).or_default();
        }
    }
    for name in built? {
        all.entry(name).or_default();
    }
    for DeploymentRecord { id, service, .. } in deployed? {
        // The newest one first.
        all.entry(service).or_default().deployment.get_or_insert(id);
    }
    Ok(all)
}

/// What is stored under the newest numbers of a counter, at most `max`. Numbers can have gaps.
async fn numbered<T: DeserializeOwned>(
    store: &Store,
    counter: Counter,
    max: u32,
    key: impl Fn(u32) -> Key<T>,
) -> Result<Vec<T>> {
    let count = store.count(&counter).await?;
    let numbers = Page { limit: max, offset: 0 }.numbers(count);
    let reads = numbers.map(|number| store.get(key(number)));
    let found: Vec<_> = stream::iter(reads).buffered(MAX_CONCURRENT_READS).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Notes a build as its service's newest one, if it is. Called after the build's record was stored, and may be
/// repeated. Two reads, another one for each later build, and one write; the service's first build takes two writes
/// more.
///
/// # Errors
/// The store failed. The service may miss the build until it is noted again.
pub async fn note_build(
    store: &Store,
    project: ProjectId,
    number: u32,
    service: &ServiceName,
) -> Result<()> {
    let mut newest = number;
    loop {
        match store.get(keys::newest_build(project, service)).await? {
            Some(noted) if noted >= newest => return Ok(()),
            Some(_) => {}
            None => {
                let number = store.increment(&Counter::built_services(project)).await?;
                store.set(keys::built_service(project, number), service).await?;
            }
        }
        store.set(keys::newest_build(project, service), &newest).await?;
        // That may have replaced a later build, which another request noted meanwhile. Its record was stored before, so
        // it is found.
        match later_build(store, project, newest, service).await? {
            Some(later) => newest = later,
            None => return Ok(()),
        }
    }
}

async fn later_build(
    store: &Store,
    project: ProjectId,
    number: u32,
    service: &ServiceName,
) -> Result<Option<u32>> {
    let count = store.count(&Counter::builds(project)).await?;
    let later = number.saturating_add(1)..=count.min(number.saturating_add(MAX_LATER));
    let builds = try_join_all(later.map(|number| store.get(keys::build(project, number)))).await?;
    let of_service = builds
        .into_iter()
        .flatten()
        .filter(|build| build.spec.service == *service && build.pull_request().is_none());
    Ok(of_service.map(|build| build.id.number).max())
}

/// Notes the newest builds from before services were numbered, once for each project; whether it did so now. After a
/// crash it is done again.
///
/// # Errors
/// The store failed.
pub async fn note_earlier_builds(store: &Store, project: ProjectId) -> Result<bool> {
    let counter = Counter::builds(project);
    let (done, count) =
        futures::join!(store.get(keys::noted_builds(project)), store.count(&counter));
    let count = count?;
    if done?.is_some() || count == 0 {
        return Ok(false);
    }
    let builds = numbered(store, counter, MAX_EARLIER_BUILDS, |n| keys::build(project, n)).await?;
    let mut newest = BTreeMap::new();
    for build in builds.into_iter().filter(|build| build.pull_request().is_none()) {
        let number = newest.entry(build.spec.service).or_insert(0);
        *number = build.id.number.max(*number);
    }
    for (service, number) in newest {
        note_build(store, project, number, &service).await?;
    }
    store.set(keys::noted_builds(project), &count).await?;
    Ok(true)
}

/// Deletes what is saved of a project's services, after the project's record was deleted. A request that saves
/// something meanwhile finds no project, and deletes what it saved.
///
/// # Errors
/// The store failed.
pub async fn delete_saved(store: &Store, project: ProjectId) -> Result<()> {
    let count = store.count(&Counter::saved_services(project)).await?;
    for number in 1..=count {
        let Some(name) = store.get(keys::saved_service(project, number)).await? else { continue };
        store.delete(keys::service(project, &name)).await?;
        store.delete(keys::service_deployment(project, &name)).await?;
        store.delete(keys::service_secrets(project, &name)).await?;
        delete_pushes(store, project, &name).await?;
        delete_pull_requests(store, project, &name).await?;
        store.delete(keys::saved_service(project, number)).await?;
    }
    Ok(())
}

/// Records of a service's pushes that are kept: the newest numbers.
pub const KEPT_PUSHES: u32 = 100;

/// The most records of pushes that are deleted when another one is written: numbers can have gaps.
pub const MAX_PUSH_GAP: u32 = 32;

/// Deletes the records of a service's pushes. A request that writes one meanwhile finds no saved source, and deletes it.
/// One read for a service without pushes.
///
/// # Errors
/// The store failed.
pub async fn delete_pushes(store: &Store, project: ProjectId, name: &ServiceName) -> Result<()> {
    delete_pushes_of(store, PushesOf { project, service: name, pull_request: None }).await
}

/// Deletes what is stored about a service's pull requests, which has to be done after their previews have ended: the
/// records say that they have. Numbers stay, so a pull request that is seen later goes on to count. One read for a service
/// without pull requests.
///
/// # Errors
/// The store failed.
pub async fn delete_pull_requests(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
) -> Result<()> {
    let count = store.count(&Counter::pull_requests(project, name)).await?;
    let deletions = (1..=count).map(|number| delete_pull_request(store, project, name, number));
    stream::iter(deletions).buffer_unordered(MAX_CONCURRENT_READS).try_collect().await
}

/// Deletes what is stored about the `number`th pull request of a service that was seen.
async fn delete_pull_request(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    number: u32,
) -> Result<()> {
    let key = || keys::pull_request(project, name, number);
    let Some(pull_request) = store.get(key()).await? else { return Ok(()) };
    let of = PushesOf { project, service: name, pull_request: Some(pull_request) };
    delete_pushes_of(store, of).await?;
    store.delete(keys::approved_commit(project, name, pull_request)).await?;
    store.delete(keys::preview_commit_status(project, name, pull_request)).await?;
    store.delete(keys::is_pull_request(project, name, pull_request)).await?;
    // The last one: what was not deleted before an interruption is found again.
    store.delete(key()).await
}

async fn delete_pushes_of(store: &Store, pushes: PushesOf<'_>) -> Result<()> {
    let count = store.count(&pushes.counter()).await?;
    let oldest = count.saturating_sub(KEPT_PUSHES.saturating_add(MAX_PUSH_GAP)).max(1);
    let deletions = (oldest..=count).map(|number| store.delete(pushes.key(number)));
    stream::iter(deletions).buffer_unordered(MAX_CONCURRENT_READS).try_collect().await
}
