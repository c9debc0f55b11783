//! The deployment record of a service. There is only one for each service of a project, even if concurrent
//! requests deploy it for the first time.

use nokube_domain::{
    DeploymentId, Problem, ProjectId,
    deployments::{DeployedState, DeploymentRecord, Revision},
    name::ServiceName,
};
use nokube_edge::{
    Error, Result, now, random,
    reservation::{Reservation, reserve},
    services::{ReservedDeployment, deployment_of, deployment_reservation},
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
    let Some(id) = deployment_of(store, project, service).await? else { return Ok(None) };
    let (record, revision) = futures::join!(store.deployment_by_id(id), store.newest_revision(id));
    let record = record?.ok_or_else(|| missing_record("find a service"))?;
    Ok(Some(ExistingService { record, revision: revision? }))
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
    match reserve::<ReservedDeployment>(store, &deployment_reservation(project, service)).await? {
        Reservation::Acquired(lease) => {
            let number = store.increment(&Counter::deployments(project)).await?;
            let id = DeploymentId::new(project, number, random()?);
            let (service, created_at) = (service.clone(), now());
            let record = DeploymentRecord { id, service, created_at, adopted: None };
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
