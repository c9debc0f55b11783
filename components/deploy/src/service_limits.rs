//! How many services a project and its owner may have.

use crate::services::ExistingService;
use futures::future::try_join_all;
use nokube_domain::{
    DeploymentId, Person, Problem, ProjectId, Reason, Timestamp, deployments::Revision,
    places::Presence,
};
use nokube_edge::{
    Error, Result,
    places::{Holder, Places, TakenPlace},
    random,
    store::{Counter, Limit, Store, keys},
};
use serde::{Deserialize, Serialize};

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

impl ServiceLimits {
    /// Deployment numbers that a project may allocate.
    fn max_numbers(&self) -> u32 {
        self.services_per_project.saturating_mul(NUMBERS_PER_SERVICE)
    }
}

/// The number of services of a project that are deployed, stopped ones included.
pub async fn count_deployed(store: &Store, project: ProjectId) -> Result<usize> {
    let newest = store.newest_revisions(project).await?;
    Ok(newest.iter().filter(|(_, newest)| newest.deployed().is_some()).count())
}

/// The deployed service that holds a place.
#[derive(Clone, Serialize, Deserialize)]
struct DeployedService {
    id: DeploymentId,
    /// Its newest revision before it got the place.
    after: u32,
    /// Names the places that the service got last: it may have had others before it was deleted. `None` before places
    /// were counted.
    token: Option<u64>,
}

impl Holder for DeployedService {
    /// Three reads, two of them in sequence.
    async fn presence(&self, store: &Store, _: Timestamp) -> Result<Presence> {
        let (token, newest) = futures::join!(
            store.get(keys::service_places(self.id)),
            store.newest_revision(self.id)
        );
        let newest = newest?.filter(|revision| revision.number > self.after);
        Ok(match (token?, newest) {
            (token, _) if token != self.token => Presence::Absent,
            (_, None) => Presence::Absent,
            (_, Some(revision)) if revision.deployed().is_some() => Presence::Present,
            (_, Some(_)) => Presence::Ended,
        })
    }
}

/// The places that a service has taken.
pub struct TakenPlaces(Vec<TakenPlace<DeployedService>>);

impl TakenPlaces {
    /// Frees the places of a service that is not going to be deployed. Otherwise deploys that are rejected would keep
    /// others from theirs for a while.
    async fn give_back(self, store: &Store) -> Result<()> {
        try_join_all(self.0.into_iter().map(|place| place.settle(store))).await?;
        Ok(())
    }

    /// Frees them if the result of the deploy is that it was rejected. After a failure of the store it is unknown whether
    /// the revision was stored.
    pub async fn keep_unless_rejected<T>(self, store: &Store, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Problem(_))) {
            self.give_back(store).await?;
        }
        result
    }
}

/// The limits for a service of a project.
pub struct ServicePlaces<'a> {
    pub store: &'a Store,
    pub project: ProjectId,
    pub owner: &'a Person,
    pub limits: &'a ServiceLimits,
}

impl ServicePlaces<'_> {
    /// Checks that the project may have the service, unless it is deployed already, before anything is stored. One that
    /// was deployed before needs no new number.
    ///
    /// # Errors
    /// 409 if the project, or its owner in all projects, has as many services as allowed.
    pub async fn check(&self, service: Option<&ExistingService>) -> Result<()> {
        if service.is_some_and(ExistingService::is_deployed) {
            return Ok(());
        }
        let numbers = self.store.count(&Counter::deployments(self.project)).await?;
        if service.is_none() && numbers >= self.limits.max_numbers() {
            return Err(self.project_is_full());
        }
        if !self.of_project().has_free(self.deployed_in(&[self.project])).await? {
            return Err(self.project_is_full());
        }
        match self.of_owner() {
            Some(places) if !places.has_free(self.deployed_by_owner()).await? => {
                Err(self.owner_is_full())
            }
            _ => Ok(()),
        }
    }

    /// Takes the places for a service that is about to be deployed, unless it is deployed already. At most five writes.
    ///
    /// # Errors
    /// 409 as in [`Self::check`].
    pub async fn take(&self, id: DeploymentId, previous: Option<&Revision>) -> Result<TakenPlaces> {
        if previous.is_some_and(|revision| revision.deployed().is_some()) {
            return Ok(TakenPlaces(Vec::new()));
        }
        let token = random()?;
        let after = previous.map_or(0, |revision| revision.number);
        let service = DeployedService { id, after, token: Some(token) };
        let of_project =
            self.of_project().take(&service, self.deployed_in(&[self.project])).await?;
        let of_project = of_project.ok_or_else(|| self.project_is_full())?;
        let mut taken = TakenPlaces(vec![of_project]);
        if let Some(places) = self.of_owner() {
            match places.take(&service, self.deployed_by_owner()).await? {
                Some(of_owner) => taken.0.push(of_owner),
                None => {
                    taken.give_back(self.store).await?;
                    return Err(self.owner_is_full());
                }
            }
        }
        self.store.set(keys::service_places(id), &token).await?;
        match taken.0.iter().all(TakenPlace::is_valid) {
            true => Ok(taken),
            false => Err(Error::too_slow("deploy a service")),
        }
    }

    fn of_project(&self) -> Places<'_> {
        let limit = Limit::Services(self.project);
        Places::new(self.store, limit, self.limits.services_per_project)
    }

    fn of_owner(&self) -> Option<Places<'_>> {
        let max = self.limits.services_per_owner;
        let limit = Limit::OwnedServices(self.owner.clone());
        (max > 0).then(|| Places::new(self.store, limit, max))
    }

    /// The deployed services of these projects, from before places were counted.
    async fn deployed_in(&self, projects: &[ProjectId]) -> Result<Vec<DeployedService>> {
        let mut all = Vec::new();
        for project in projects {
            let newest = self.store.newest_revisions(*project).await?;
            let deployed = newest.into_iter().filter(|(_, newest)| newest.deployed().is_some());
            all.extend(deployed.map(|(record, _)| DeployedService {
                id: record.id,
                after: 0,
                token: None,
            }));
        }
        Ok(all)
    }

    async fn deployed_by_owner(&self) -> Result<Vec<DeployedService>> {
        let projects = self.store.projects_owned_by(self.owner).await?;
        self.deployed_in(&projects).await
    }

    fn project_is_full(&self) -> Error {
        too_many("The project", self.limits.services_per_project)
    }

    fn owner_is_full(&self) -> Error {
        too_many("The project's owner, in all projects,", self.limits.services_per_owner)
    }
}

fn too_many(subject: &str, max: u32) -> Error {
    let detail = format!(
        "{subject} has {max} services, which is the most that this platform allows. Delete one first."
    );
    Problem::conflict(Reason::TooManyServices, detail).into()
}
