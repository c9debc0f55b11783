//! Usernames: each person gets a unique one at their first use of the platform and keeps it.

use super::settings::AuthSettings;
use crate::{
    error::{Error, Result},
    host::now,
    store::{Store, keys, reservation::reserve_for},
};
use nokube_domain::{
    ProblemKind,
    access::{Caller, GitHubIdentity},
    name::Username,
    people::{PersonRecord, username_candidates},
};

/// The caller's username; assigned now if they have none. One read if they have one.
///
/// # Errors
/// The store failed, or the same name is being assigned to somebody else right now.
pub async fn ensure_username(
    store: &Store,
    caller: &Caller,
    github_identity: GitHubIdentity,
) -> Result<Username> {
    if let Some(record) = store.get(keys::person(&caller.person)).await? {
        return Ok(record.username);
    }
    let may_use_login = AuthSettings::load().await?.may_use_login_as_username(github_identity);
    let candidates = username_candidates(&caller.login, &caller.person);
    let bare = Username::from_login(&caller.login);
    for name in candidates.filter(|name| may_use_login || *name != bare) {
        if reserve_for(store, &format!("name/{name}"), &caller.person).await? {
            let record = PersonRecord {
                person: caller.person.clone(),
                username: name.clone(),
                created_at: now(),
            };
            store.set(keys::username(&name), &caller.person).await?;
            store.set(keys::person(&record.person), &record).await?;
            return Ok(name);
        }
    }
    Err(Error::problem(ProblemKind::Conflict, "All usernames similar to your login are taken."))
}
