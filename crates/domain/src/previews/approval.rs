//! Commits of forks that a developer of the project has approved.

#[cfg(feature = "schema")]
use crate::schema::reference;
use crate::{
    Person, Timestamp, UnknownFields, field_types::text_fields, name::Login, repository::CommitSha,
    request,
};
use serde::{Deserialize, Serialize};

/// The only commit of a pull request from a fork that may be built. The next approval replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedCommit {
    pub commit: CommitSha,
    pub by: Login,
    pub person: Person,
    pub at: Timestamp,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

request! {
    /// A commit of a pull request from a fork that may be built.
    pub struct NewApproval {
        /// The head of the pull request, in full.
        commit_sha: CommitSha, required;
    }
}

text_fields! { CommitSha, str::parse, reference::<Self>; }
