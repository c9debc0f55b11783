//! Names of people: everybody gets one that nobody else has, and keeps it.

use crate::{
    Failure, Result,
    claims::{Claim, claim},
    now,
    store::Store,
};
use nokube_domain::{
    Person, Problem, ProblemKind,
    access::Caller,
    name::Username,
    people::{PersonRecord, candidates},
};

/// The caller's name here; the first time they get one. One read when they have it.
///
/// # Errors
/// The store failed, or somebody else with that login is being named at this moment.
pub async fn username(store: &Store, caller: &Caller) -> Result<Username> {
    if let Some(record) = store.person(&caller.person).await? {
        return Ok(record.username);
    }
    for name in candidates(&caller.login, &caller.person) {
        if take(store, &name, &caller.person).await? {
            let record = PersonRecord {
                person: caller.person.clone(),
                username: name.clone(),
                created_at: now(),
            };
            store.set_named(&name, &caller.person).await?;
            store.set_person(&record).await?;
            return Ok(name);
        }
    }
    Err(Failure::problem(ProblemKind::Conflict, "Every name like yours is taken here."))
}

/// Takes a name for a person, who may have taken it before: a request that died is brought to its end
/// by the next one.
async fn take(store: &Store, name: &Username, person: &Person) -> Result<bool> {
    match claim::<Person>(store, &format!("name/{name}")).await? {
        Claim::Won(held) => {
            if !held.holds() {
                return Err(Failure::internal("name", "the claim was held for too long"));
            }
            held.made(store, person).await?;
            Ok(true)
        }
        Claim::Made(theirs) => Ok(theirs == *person),
        Claim::Busy => {
            let detail = "Your account is just being set up. Try again.";
            Err(Problem::new(ProblemKind::InProgress, detail).retry_after(2).into())
        }
    }
}
