//! Projects, their members and their audit logs.

use crate::{
    examples,
    operation::Operation,
    requests::{MemberRole, NewProject, ProjectChange},
};
use nokube_domain::{
    ProblemKind, Reason, Role,
    access::AccessPolicy,
    responses::{AuditLogPage, Members, ProjectPage, ProjectView},
    scope::Scope,
};
use serde_json::json;
use utoipa::openapi::HttpMethod::{Delete, Get, Patch, Post, Put};

const VIEWER: AccessPolicy = AccessPolicy::Role(Role::Viewer, Scope::Read);
const OWNER: AccessPolicy = AccessPolicy::Role(Role::Owner, Scope::Account);
const BUSY: &str = "Somebody is just changing the members of this project. Try again.";

pub fn all() -> Vec<Operation> {
    let signed_in = AccessPolicy::SignedIn;
    let one = "/api/v1/projects/{project}";
    let member = "/api/v1/projects/{project}/members/{username}";
    let members = json!({ "members": [
        { "username": "testuser", "role": "owner", "issuer": null },
        { "username": "colleague", "role": "viewer", "issuer": null },
    ] });
    vec![
        Operation::new(
            Get,
            "/api/v1/projects",
            "listProjects",
            signed_in(Scope::Read),
            "List your projects",
        )
        .description("The projects that you own, newest first, followed by those that you are a member of.")
        .paginated()
        .json_response::<ProjectPage>(
            200,
            "A page of projects.",
            json!({
                "projects": [examples::project()], "total": 1, "limit": 50, "offset": 0,
            }),
        ),
        Operation::new(
            Post,
            "/api/v1/projects",
            "createProject",
            signed_in(Scope::Account),
            "Create a project",
        )
        .description("The name must be unique among your projects. Other users may have projects with the \
             same name.")
        .json_body::<NewProject>(examples::new_project())
        .json_response::<ProjectView>(201, "The project was created.", examples::project())
        .response_header("Location")
        .conflict(Reason::ProjectExists, "You have a project named 'myapp' already.")
        .conflict(
            Reason::TooManyProjects,
            "You have 100 projects, which is the most that this platform allows.",
        )
        .problem(ProblemKind::InProgress, "A project named 'myapp' is being created.")
        .problem(ProblemKind::Invalid, "name: is required"),
        Operation::new(Get, one, "readProject", VIEWER, "Read a project").json_response::<ProjectView>(
            200,
            "The project.",
            examples::project(),
        ),
        Operation::new(Patch, one, "changeProject", OWNER, "Change the details of a project")
            .description("Omitted fields are not changed. The name cannot be changed.")
            .json_body::<ProjectChange>(json!({ "description": "The shop of 2026", "framework": null }))
            .json_response::<ProjectView>(200, "The changed project.", examples::project())
            .problem(
                ProblemKind::Invalid,
                "name: cannot be changed: images and their addresses are named after it",
            ),
        Operation::new(Delete, one, "deleteProject", OWNER, "Delete a project")
            .description(
                "The project must have no deployments and no running builds; otherwise the \
                 response is 409 and `errors` lists them. `take_down` removes them first. That \
                 takes a moment: repeat the request until the response is 204. If you create a \
                 project with the same name again, it has the builds of the deleted one.",
            )
            .query_flag("take_down", "Cancel the project's builds and delete its deployments first.")
            .query_flag("volumes", "With `take_down`: also delete the volumes of the deployments.")
            .empty_response(204, "The project was deleted.")
            .conflict(
                Reason::ProjectInUse,
                "Something of this project is running. Stop it first, or delete the project with \
                 ?take_down=true (and &volumes=true to delete what it has stored).",
            )
            .problem(ProblemKind::InProgress, "Its builds and deployments are being removed. Repeat the request in a moment.")
            .calls_github()
            .calls_cluster(),
        Operation::new(
            Get,
            "/api/v1/projects/{project}/members",
            "listMembers",
            VIEWER,
            "List the members of a project",
        )
        .json_response::<Members>(200, "The members, the owner first.", members.clone()),
        Operation::new(
            Put,
            member,
            "putMember",
            OWNER,
            "Add a member or change their role",
        )
        .description(
            "The user must have signed in to this platform before. Viewers can read, developers can \
             also build and deploy. The owner cannot be changed.",
        )
        .json_body::<MemberRole>(json!({ "role": "viewer" }))
        .json_response::<Members>(200, "All members after the change.", members)
        .problem(
            ProblemKind::Invalid,
            "username: nobody with the name 'colleague' has signed in here yet",
        )
        .problem(ProblemKind::Conflict, "A project may have 50 members.")
        .problem(ProblemKind::InProgress, BUSY),
        Operation::new(
            Delete,
            member,
            "removeMember",
            AccessPolicy::Role(Role::Viewer, Scope::Account),
            "Remove a member from a project",
        )
        .revokes_access()
        .description("The owner can remove any other member. Other members can only remove themselves.")
        .empty_response(204, "The member was removed.")
        .problem(ProblemKind::Forbidden, "Only the owner can remove other members from a project.")
        .problem(ProblemKind::InProgress, BUSY),
        Operation::new(
            Get,
            "/api/v1/projects/{project}/audit",
            "listProjectAudit",
            AccessPolicy::RoleOrAdministrator(Role::Owner),
            "Read the audit log of a project",
        )
        .description(
            "Who changed what in the project, when and from which address. Newest first.",
        )
        .paginated()
        .json_response::<AuditLogPage>(
            200,
            "A page of the audit log.",
            examples::audit_log("project.create", "/api/v1/projects/1"),
        ),
    ]
}
