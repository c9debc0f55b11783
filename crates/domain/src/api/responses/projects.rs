//! Responses about projects and their members.

use crate::{
    ProjectId, Role, Timestamp,
    name::{ProjectName, Username},
    projects::Project,
};
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
    /// The open invitations. Only the owner sees them; for others the list is empty.
    pub invitations: Vec<InvitationView>,
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

/// An open invitation to a project, as its owner sees it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Invitation))]
pub struct InvitationView {
    pub username: Username,
    /// The role that they get when they accept.
    pub role: Role,
    /// The issuer of their identity, if it is not the platform's GitHub.
    pub issuer: Option<String>,
    pub invited_by: Username,
    pub invited_at: Timestamp,
    /// From then on it cannot be accepted.
    pub expires_at: Timestamp,
}

/// The open invitations of the caller, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReceivedInvitations {
    pub invitations: Vec<ReceivedInvitation>,
}

/// An open invitation of the caller. Until they accept it, they see nothing else of the project.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReceivedInvitation {
    pub project_id: ProjectId,
    pub project_name: ProjectName,
    pub owner: Username,
    /// The role that the caller gets by accepting.
    pub role: Role,
    pub invited_by: Username,
    pub invited_at: Timestamp,
    /// From then on it cannot be accepted.
    pub expires_at: Timestamp,
}
