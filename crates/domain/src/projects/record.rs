//! A project as stored and returned.

use crate::{
    ProjectId, Timestamp, UnknownFields,
    name::{ProjectName, Username},
};
use serde::{Deserialize, Serialize};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Project {
    pub id: ProjectId,
    pub name: ProjectName,
    /// The owner's username when the project was created. Names in the registry and the cluster are derived
    /// from it, so it never changes.
    pub owner: Username,
    pub description: Option<String>,
    /// Where the source code is; informational.
    pub repository_url: Option<String>,
    /// The framework it is built with; informational.
    pub framework: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown_fields: UnknownFields,
}
