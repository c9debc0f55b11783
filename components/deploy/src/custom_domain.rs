//! Custom domains: each belongs to the first project that claims it.

use nokube_domain::{
    Person, Problem, ProjectId,
    deployments::{Address, Exposure, Spec},
};
use nokube_edge::{
    Error, Result,
    reservation::{Reservation, existing, hashed_name, reserve},
    store::{Counter, Store},
};

/// Claims the spec's custom domain, if it has one, for the project. Claims are permanent: otherwise somebody
/// else could claim a domain that visitors still use. Therefore `person` (the caller, who need not be the
/// project's owner) may claim at most `max` domains.
///
/// # Errors
/// 422 if another project has the domain or the caller has claimed too many; 409 while another request
/// claims it; or the store failed.
pub async fn claim_domain(
    store: &Store,
    project: ProjectId,
    person: &Person,
    max: u32,
    spec: &Spec,
) -> Result<()> {
    let Exposure::External { address: Address::Domain(domain), .. } = &spec.exposure else {
        return Ok(());
    };
    let name = hashed_name(&format!("domain {domain}"));
    let counter = Counter::claimed_domains(person);
    if existing::<ProjectId>(store, &name).await? == Some(project) {
        return Ok(());
    }
    let too_many = || {
        let detail = format!(
            "is one too many: you have claimed {max} domains, and claims are permanent. Use one of those \
             again, or ask the platform's administrator for more (max_domains_per_person)"
        );
        Error::from(Problem::invalid_field("custom_domain", detail))
    };
    if store.count(&counter).await? >= max {
        return Err(too_many());
    }
    match reserve::<ProjectId>(store, &name).await? {
        Reservation::Acquired(lease) => {
            // The caller may claim others at the same time.
            if store.increment(&counter).await? > max {
                return Err(too_many());
            }
            lease.complete(store, &project).await
        }
        Reservation::Existing(holder) if holder == project => Ok(()),
        Reservation::Existing(_) => {
            let detail = "belongs to another project already";
            Err(Problem::invalid_field("custom_domain", detail).into())
        }
        Reservation::Pending => {
            let detail = format!("'{domain}' is being claimed by another request.");
            Err(Problem::in_progress(detail).into())
        }
    }
}
