//! How many services a project and its owner may have.

use crate::services::ExistingService;
use futures::future::try_join_all;
use nokube_domain::{Person, Problem, ProjectId, Reason};
use nokube_edge::{
    Error, Result,
    store::{Counter, Store},
};

/// Deployment numbers that a project may allocate per allowed service. Deleted services keep their records
/// and numbers, so this limits how many services can be created and deleted.
const NUMBERS_PER_SERVICE: u32 = 20;

/// Limits from the operator's settings.
pub struct ServiceLimits {
    pub services_per_project: u32,
    /// In all projects of one owner; 0: no limit.
    pub services_per_owner: u32,
    /// Custom domains that one person may claim.
    pub domains_per_person: u32,
}

/// The number of services of a project that are deployed, stopped ones included.
pub async fn count_deployed(store: &Store, project: ProjectId) -> Result<usize> {
    let newest = store.newest_revisions(project).await?;
    Ok(newest.iter().filter(|(_, newest)| newest.deployed().is_some()).count())
}

/// Checks that the project may have the service, unless it is deployed already. One that was deployed before needs no
/// new number.
///
/// # Errors
/// 409 if the project, or its owner in all projects, has as many services as allowed.
pub async fn check_service_limits(
    store: &Store,
    project: ProjectId,
    owner: &Person,
    limits: &ServiceLimits,
    service: Option<&ExistingService>,
) -> Result<()> {
    let exceeded = |subject: &str, max: u32| {
        let detail = format!(
            "{subject} has {max} services, which is the most that this platform allows. Delete one first."
        );
        Error::from(Problem::conflict(Reason::TooManyServices, detail))
    };
    if service.is_some_and(ExistingService::is_deployed) {
        return Ok(());
    }
    let max = limits.services_per_project;
    let numbers = store.count(&Counter::deployments(project)).await?;
    let is_used_up = service.is_none() && numbers >= max.saturating_mul(NUMBERS_PER_SERVICE);
    // Most projects have allocated fewer numbers than the limit: then no record is read.
    if is_used_up || (numbers >= max && count_deployed(store, project).await? >= max as usize) {
        return Err(exceeded("The project", max));
    }
    let max = limits.services_per_owner;
    if max > 0 && has_deployed_at_least(store, owner, max).await? {
        return Err(exceeded("The project's owner, in all projects,", max));
    }
    Ok(())
}

/// Whether the owner has `max` services or more, in all of their projects. For most owners the counters alone
/// show that they have fewer.
async fn has_deployed_at_least(store: &Store, owner: &Person, max: u32) -> Result<bool> {
    let projects = store.projects_owned_by(owner).await?;
    let numbers = projects
        .iter()
        .map(|project| async move { store.count(&Counter::deployments(*project)).await });
    let numbers: u64 = try_join_all(numbers).await?.into_iter().map(u64::from).sum();
    if numbers < u64::from(max) {
        return Ok(false);
    }
    let mut deployed = 0;
    for project in projects {
        deployed += count_deployed(store, project).await?;
        if deployed >= max as usize {
            return Ok(true);
        }
    }
    Ok(false)
}
