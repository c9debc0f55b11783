//! Names of people: everybody gets one that nobody else has, and keeps it.

use crate::{Failure, Result, auth::AuthSettings, claims::is_first, now, store::Store};
use nokube_domain::{
    ProblemKind,
    access::{AtGitHub, Caller},
    name::Username,
    people::{PersonRecord, candidates},
};

/// The caller's name here; the first time they get one. One read when they have it.
///
/// # Errors
/// The store failed, or somebody else with that login is being named at this moment.
pub async fn username(store: &Store, caller: &Caller, at_github: AtGitHub) -> Result<Username> {
    if let Some(record) = store.person(&caller.person).await? {
        return Ok(record.username);
    }
    let is_name = AuthSettings::read().await?.login_is_name(at_github);
    for name in candidates(&caller.login, &caller.person, is_name) {
        if is_first(store, &format!("name/{name}"), &caller.person).await? {
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
