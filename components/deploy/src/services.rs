//! The deployment record of a service, or of a preview. There is only one for each, even if concurrent requests deploy it
//! for the first time.

use nokube_domain::{
    DeploymentId, PREVIEW_NUMBERS, Problem, ProjectId,
    deployments::{DeployedState, DeploymentRecord, Revision},
    name::{ServiceName, preview_service_name},
    previews::PreviewOf,
};
use nokube_edge::{
    Error, Result, now, random,
    reservation::{Reservation, reserve},
    services::{
        ReservedDeployment, deployment_of, deployment_reservation, preview_deployment_of,
        preview_reservation,
    },
    store::{Counter, Store, keys},
};

/// A service that was deployed before.
pub struct ExistingService {
    pub record: DeploymentRecord,
    pub revision: Option<Revision>,
}

impl ExistingService {
    /// What is deployed of it.
    pub fn state(&self) -> Option<&DeployedState> {
        self.revision.as_ref().and_then(Revision::deployed)
    }

    pub fn is_deployed(&self) -> bool {
        self.state().is_some()
    }
}

/// Finds a service that was deployed before: three reads, and one for each gap in the numbers.
pub async fn find_service(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
) -> Result<Option<ExistingService>> {
    match deployment_of(store, project, service).await? {
        Some(id) => find(store, id).await.map(Some),
        None => Ok(None),
    }
}

/// Finds the preview of a pull request that was deployed before: as many reads as for a service.
///
/// # Errors
/// The store failed.
pub async fn find_preview(
    store: &Store,
    project: ProjectId,
    of: &PreviewOf,
) -> Result<Option<ExistingService>> {
    let PreviewOf { service, pull_request } = of;
    match preview_deployment_of(store, project, service, *pull_request).await? {
        Some(id) => find(store, id).await.map(Some),
        None => Ok(None),
    }
}

async fn find(store: &Store, id: DeploymentId) -> Result<ExistingService> {
    let (record, revision) = futures::join!(store.deployment_by_id(id), store.newest_revision(id));
    let record = record?.ok_or_else(|| missing_record("find a service"))?;
    Ok(ExistingService { record, revision: revision? })
}

/// Creates a service's record, or returns the one that another request created.
///
/// # Errors
/// 409 while another request creates it; or the store failed.
pub async fn create_service(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
) -> Result<DeploymentRecord> {
    let reservation = deployment_reservation(project, service);
    create(store, project, &reservation, (service.clone(), None)).await
}

/// As [`create_service`], of a preview.
///
/// # Errors
/// As of [`create_service`].
pub async fn create_preview(
    store: &Store,
    project: ProjectId,
    of: PreviewOf,
) -> Result<DeploymentRecord> {
    let reservation = preview_reservation(project, &of.service, of.pull_request);
    let name = preview_service_name(&of.service, of.pull_request);
    create(store, project, &reservation, (name, Some(of))).await
}

/// Creates the record of a deployment with this name in the cluster, perhaps of a preview.
async fn create(
    store: &Store,
    project: ProjectId,
    reservation: &str,
    (service, preview): (ServiceName, Option<PreviewOf>),
) -> Result<DeploymentRecord> {
    match reserve::<ReservedDeployment>(store, reservation).await? {
        Reservation::Acquired(lease) => {
            let number = match &preview {
                None => store.increment(&Counter::deployments(project)).await?,
                Some(_) => {
                    let number = store.increment(&Counter::previews(project)).await?;
                    PREVIEW_NUMBERS.saturating_add(number)
                }
            };
            let id = DeploymentId::new(project, number, random()?);
            let record =
                DeploymentRecord { id, service, created_at: now(), adopted: None, preview };
            store.set(keys::deployment(project, number), &record).await?;
            if !lease.is_valid() {
                return Err(Error::too_slow("create a service"));
            }
            lease.complete(store, &ReservedDeployment { deployment: id }).await?;
            Ok(record)
        }
        Reservation::Existing(ReservedDeployment { deployment: id }) => {
            let record = store.deployment_by_id(id).await?;
            record.ok_or_else(|| missing_record("create a service"))
        }
        Reservation::Pending => {
            let detail = format!("'{service}' is being deployed for the first time.");
            Err(Problem::in_progress(detail).into())
        }
    }
}

fn missing_record(operation: &str) -> Error {
    Error::internal(operation, "the record of the deployment is missing")
}
