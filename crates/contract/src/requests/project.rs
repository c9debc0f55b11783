//! Projects and their members.

use nokube_domain::name::ProjectName;
use utoipa::ToSchema;

/// A request to create a project.
#[derive(ToSchema)]
pub struct NewProject {
    /// It cannot be changed later, because images and addresses are named after it.
    pub name: ProjectName,
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// The URL of the source repository. For information only.
    #[schema(format = "uri", max_length = 300)]
    pub repository_url: Option<String>,
    /// The framework that the project uses. For information only.
    #[schema(max_length = 100)]
    pub framework: Option<String>,
}

/// A change of a project's details. Omitted fields are not changed; `null` clears a field.
#[derive(ToSchema)]
pub struct ProjectChange {
    /// The name cannot be changed: only the current name is accepted.
    pub name: Option<ProjectName>,
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    #[schema(format = "uri", max_length = 300)]
    pub repository_url: Option<String>,
    #[schema(max_length = 100)]
    pub framework: Option<String>,
}

/// The role of a member in a project.
#[derive(ToSchema)]
pub struct MemberRole {
    pub role: MemberRoleName,
}

/// A role that can be assigned: viewers can read, developers can also build and deploy.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum MemberRoleName {
    Viewer,
    Developer,
}
