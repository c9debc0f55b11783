//! Projects, their members and what was done to them.

use crate::{
    examples,
    operation::Operation,
    requests::{MemberRole, NewProject, ProjectChange},
};
use nokube_domain::{
    ProblemKind, Reason, Role,
    access::Demand,
    answer::{AuditTrail, Members, ProjectPage, ProjectView},
    scope::Scope,
};
use serde_json::json;
use utoipa::openapi::HttpMethod::{Delete, Get, Patch, Post, Put};

const VIEWER: Demand = Demand::Role(Role::Viewer, Scope::Read);
const OWNER: Demand = Demand::Role(Role::Owner, Scope::Account);
const BUSY: &str = "Somebody is just changing the members of this project. Try again.";

pub fn all() -> Vec<Operation> {
    let signed_in = Demand::SignedIn;
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
        .about("Your own, newest first, and below them those that you are a member of.")
        .page()
        .json::<ProjectPage>(
            200,
            "A page of them.",
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
        .about("Its name is yours alone: another person may have a project of the same name.")
        .body::<NewProject>(examples::new_project())
        .json::<ProjectView>(201, "It is there.", examples::project())
        .with("Location")
        .unless(Reason::ProjectExists, "You have a project named 'myapp' already.")
        .unless(
            Reason::TooManyProjects,
            "You have 100 projects, which is the most that this platform allows.",
        )
        .or(ProblemKind::InProgress, "A project named 'myapp' is just being made.")
        .or(ProblemKind::Invalid, "name: is required"),
        Operation::new(Get, one, "readProject", VIEWER, "Read a project").json::<ProjectView>(
            200,
            "The project.",
            examples::project(),
        ),
        Operation::new(Patch, one, "changeProject", OWNER, "Change what is said about a project")
            .about("What is left out stays. The name cannot be changed.")
            .body::<ProjectChange>(json!({ "description": "The shop of 2026", "framework": null }))
            .json::<ProjectView>(200, "The project as it is now.", examples::project())
            .or(
                ProblemKind::Invalid,
                "name: cannot be changed: images and their addresses are named after it",
            ),
        Operation::new(Delete, one, "deleteProject", OWNER, "Delete a project")
            .about(
                "Nothing of it may run: a 409 names in `errors` what does. With `take_down` it \
                 is stopped first; that takes a moment, so ask again until the answer is 204. A \
                 project that you make anew under this name has its builds again.",
            )
            .flag("take_down", "Cancel its builds and delete its deployments first.")
            .flag("volumes", "With `take_down`: delete what the deployments have stored, too.")
            .empty(204, "It is gone.")
            .unless(
                Reason::ProjectInUse,
                "Something of this project is running. Stop it first, or delete the project with \
                 ?take_down=true (and &volumes=true to delete what it has stored).",
            )
            .or(ProblemKind::InProgress, "It is being taken down. Ask again in a moment.")
            .asks_github()
            .asks_cluster(),
        Operation::new(
            Get,
            "/api/v1/projects/{project}/members",
            "listMembers",
            VIEWER,
            "List the members of a project",
        )
        .json::<Members>(200, "The owner first.", members.clone()),
        Operation::new(
            Put,
            member,
            "putMember",
            OWNER,
            "Make somebody a member, or give them another role",
        )
        .about(
            "They must have signed in here before. Viewers look, developers build and deploy; \
             the owner stays the same person.",
        )
        .body::<MemberRole>(json!({ "role": "viewer" }))
        .json::<Members>(200, "All members as they are now.", members)
        .or(
            ProblemKind::Invalid,
            "username: nobody with the name 'colleague' has signed in here yet",
        )
        .or(ProblemKind::Conflict, "A project may have 50 members.")
        .or(ProblemKind::InProgress, BUSY),
        Operation::new(
            Delete,
            member,
            "removeMember",
            Demand::Role(Role::Viewer, Scope::Account),
            "Take somebody out of a project",
        )
        .takes_access_away()
        .about("The owner takes out others; everybody else only themselves.")
        .empty(204, "They are a member no more.")
        .or(ProblemKind::Forbidden, "Only the owner takes others out of a project.")
        .or(ProblemKind::InProgress, BUSY),
        Operation::new(
            Get,
            "/api/v1/projects/{project}/audit",
            "listProjectAudit",
            Demand::RoleOrAdministrator(Role::Owner),
            "Who did what to a project",
        )
        .about(
            "When and from where, newest first. Builds and releases tell their own story and are \
             not repeated here.",
        )
        .page()
        .json::<AuditTrail>(
            200,
            "A page of it.",
            examples::audit_trail("project.create", "/api/v1/projects/1"),
        ),
    ]
}
