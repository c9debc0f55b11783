//! Projects as their readers see them, and their members.

use crate::{Role, name::Username, project::Project};
use serde::Serialize;

/// A project, as whoever asks sees it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Project))]
pub struct ProjectView {
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(inline))]
    pub project: Project,
    /// What the caller is in it, and so what they may do there. Whoever is nothing in a project does not
    /// see it: an administrator, too.
    pub role: Role,
}

/// A page of the caller's projects, newest first, and below them those that they are a member of.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProjectPage {
    pub projects: Vec<ProjectView>,
    /// Counts rows that are gone, too.
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// The people of a project, its owner first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Members {
    pub members: Vec<MemberView>,
}

/// Somebody in a project.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Member))]
pub struct MemberView {
    pub username: Username,
    pub role: Role,
    /// Who says who they are, if it is not the platform's GitHub.
    pub issuer: Option<String>,
}
