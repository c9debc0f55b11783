//! The reserved name of a project, and its number in the owner's list.

use nokube_domain::{Person, ProjectId, Timestamp, UnknownFields, name::ProjectName};
use nokube_edge::{
    Result,
    reservation::{existing, hashed_name, replace_result},
    store::{Counter, Store, keys},
};
use serde::{Deserialize, Serialize};

/// When the numbers of a deleted project were allocated.
pub const DELETED: Timestamp = Timestamp::UNIX_EPOCH;

/// The numbers of the project with a reserved name: among all projects, and in its owner's list.
#[derive(Serialize, Deserialize)]
pub struct Numbers {
    pub project: ProjectId,
    pub of_owner: u32,
    pub at: Timestamp,
    /// Another one each time that a project with these numbers is created.
    #[serde(default)]
    pub token: u64,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// The name of the reservation: the projects of one owner have different names. `owner` is the person's key.
pub fn reservation_name(owner: &str, name: &ProjectName) -> String {
    hashed_name(&format!("project {owner} {name}"))
}

/// Lets the next request for a deleted project's name create it again.
pub async fn free_name(store: &Store, owner: &Person, name: &ProjectName) -> Result<()> {
    let reservation = reservation_name(&owner.key(), name);
    if let Some(numbers) = existing::<Numbers>(store, &reservation).await? {
        replace_result(store, &reservation, &Numbers { at: DELETED, ..numbers }).await?;
    }
    Ok(())
}

/// The number of a project in its owner's list.
pub async fn number_in_list(store: &Store, owner: &Person, id: ProjectId) -> Result<Option<u32>> {
    let count = store.count(&Counter::owned_projects(owner)).await?;
    for number in (1..=count).rev() {
        if store.get(keys::owned_project(owner, number)).await? == Some(id) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}
