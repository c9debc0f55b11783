//! Responses about projects and their members.

use crate::{Role, name::Username, projects::Project};
use serde::Serialize;

/// A project, as the caller sees it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Project))]
pub struct ProjectView {
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(inline))]
    pub project: Project,
    /// The caller's role in the project. Without a role, nobody sees a project, not even an administrator.
    pub role: Role,
}

/// A page of the caller's own projects, newest first, followed by the projects that they are a member of.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProjectPage {
    pub projects: Vec<ProjectView>,
    /// Includes deleted projects.
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// The members of a project, the owner first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Members {
    pub members: Vec<MemberView>,
}

/// A member of a project.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Member))]
pub struct MemberView {
    pub username: Username,
    pub role: Role,
    /// The issuer of their identity, if it is not the platform's GitHub.
    pub issuer: Option<String>,
}
