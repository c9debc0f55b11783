//! Who a service is, and whose a domain: one record for a service of a project, however many ask for
//! its first deployment at once; a domain belongs to the first project that claims it.

use data_encoding::HEXLOWER;
use futures::future::try_join_all;
use nokube_domain::{
    DeploymentId, Person, Problem, ProblemKind, ProjectId, Reason,
    deploy::{At, DeploymentRecord, Exposure, Revision, Spec},
    name::ServiceName,
};
use nokube_edge::{
    Failure, Result,
    claims::{Claim, claim, made},
    now, random,
    store::{Counter, Store},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Serialize, Deserialize)]
struct Made {
    deployment: DeploymentId,
}

/// A service that was deployed before.
pub struct Known {
    pub record: DeploymentRecord,
    pub revision: Option<Revision>,
}

/// What is known of a service, if it was ever deployed: three reads and one a gap.
pub async fn identify(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
) -> Result<Option<Known>> {
    let Some(made) = made::<Made>(store, &service_claim(project, service)).await? else {
        return Ok(None);
    };
    let id = made.deployment;
    let (record, revision) =
        futures::join!(store.deployment(id.project, id.number), store.newest_revision(id));
    let record = record?.ok_or_else(|| Failure::internal("identify", "a pointer to nothing"))?;
    Ok(Some(Known { record, revision: revision? }))
}

/// How many numbers are handed out at most for each service that a project may have: of services that
/// are long gone, the records stay.
const NUMBERS: u32 = 20;

/// The services of a project that are wished for.
pub async fn live(store: &Store, project: ProjectId) -> Result<usize> {
    let newest = store.newest_revisions(project).await?;
    Ok(newest.iter().filter(|(_, newest)| newest.run().is_some()).count())
}

/// Services that one may have.
pub struct Most {
    pub of_a_project: u32,
    /// In all projects of one owner; 0 for as many as they like.
    pub of_an_owner: u32,
    /// Domains of their own that one person may claim.
    pub domains: u32,
}

/// Has the project room for a service more? One that is gone has a number already.
///
/// # Errors
/// The project, or its owner in all of theirs, has as many services as they may.
pub async fn check_room(
    store: &Store,
    project: ProjectId,
    owner: &Person,
    most: &Most,
    has_number: bool,
) -> Result<()> {
    let full = |who: &str, most: u32| {
        let detail = format!(
            "{who} has {most} services, which is the most that this platform allows. Delete one first."
        );
        Failure::from(Problem::conflict(Reason::TooManyServices, detail))
    };
    let services = most.of_a_project;
    let numbers = store.count(&Counter::deployments(project)).await?;
    let used_up = !has_number && numbers >= services.saturating_mul(NUMBERS);
    if used_up || (numbers >= services && live(store, project).await? >= services as usize) {
        return Err(full("The project", services));
    }
    let all = most.of_an_owner;
    if all > 0 && has_so_many(store, owner, all).await? {
        return Err(full("The project's owner, in all of theirs,", all));
    }
    Ok(())
}

/// Has somebody so many services in all of their projects? Most people have been handed out fewer numbers:
/// then only these are read.
async fn has_so_many(store: &Store, owner: &Person, many: u32) -> Result<bool> {
    let projects = store.owned_by(owner).await?;
    let numbers = projects
        .iter()
        .map(|project| async move { store.count(&Counter::deployments(*project)).await });
    let numbers: u64 = try_join_all(numbers).await?.into_iter().map(u64::from).sum();
    if numbers < u64::from(many) {
        return Ok(false);
    }
    let mut found = 0;
    for project in projects {
        found += live(store, project).await?;
        if found >= many as usize {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Begins a service's record; of several who do so at once, one wins and the others wait.
pub async fn begin(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
) -> Result<DeploymentRecord> {
    match claim::<Made>(store, &service_claim(project, service)).await? {
        Claim::Won(held) => {
            let number = store.increment(&Counter::deployments(project))?;
            let id = DeploymentId::new(project, number, random()?);
            let record = DeploymentRecord { id, service: service.clone(), created_at: now() };
            store.set_deployment(&record).await?;
            if !held.holds() {
                return Err(Failure::internal("begin", "the claim was held for too long"));
            }
            held.made(store, &Made { deployment: id }).await?;
            Ok(record)
        }
        Claim::Made(made) => {
            let id = made.deployment;
            let record = store.deployment(id.project, id.number).await?;
            record.ok_or_else(|| Failure::internal("begin", "a pointer to nothing"))
        }
        Claim::Busy => {
            let detail = format!("'{service}' is just being deployed for the first time.");
            Err(Problem::new(ProblemKind::InProgress, detail).retry_after(2).into())
        }
    }
}

fn service_claim(project: ProjectId, service: &ServiceName) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("deployment {project} {service}")))
}

/// Claims a domain of the user's for its project, for good: one that was given up could be taken
/// over by whoever comes next, while its visitors still come. So `person` may claim `most`: whoever
/// asks, who need not be the owner.
pub async fn claim_domain(
    store: &Store,
    project: ProjectId,
    person: &Person,
    most: u32,
    spec: &Spec,
) -> Result<()> {
    let Exposure::External { at: At::Domain(domain), .. } = &spec.exposure else { return Ok(()) };
    let name = HEXLOWER.encode(&Sha256::digest(format!("domain {domain}")));
    let counter = Counter::domains_of(person);
    if made::<ProjectId>(store, &name).await? == Some(project) {
        return Ok(());
    }
    if store.count(&counter).await? >= most {
        let detail = format!(
            "is one too many: you have claimed {most} domains, for good. Use one of those again, or ask the \
             platform's administrator for more (max_domains_per_person)"
        );
        return Err(Problem::field("custom_domain", detail).into());
    }
    match claim::<ProjectId>(store, &name).await? {
        Claim::Won(held) => {
            store.increment(&counter)?;
            held.made(store, &project).await
        }
        Claim::Made(holder) if holder == project => Ok(()),
        Claim::Made(_) => {
            Err(Problem::field("custom_domain", "belongs to another project already").into())
        }
        Claim::Busy => {
            let detail = format!("'{domain}' is just being claimed.");
            Err(Problem::new(ProblemKind::InProgress, detail).retry_after(2).into())
        }
    }
}
