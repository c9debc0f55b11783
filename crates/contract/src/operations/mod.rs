//! All operations of the API, one file for each tag.

mod auth;
mod builds;
mod deployments;
mod platform;
mod projects;

use crate::operation::Operation;

/// The tags with their descriptions, in the order in which a new user needs them.
pub const TAGS: &[(&str, &str)] = &[
    (
        "Projects",
        "Groups of services with an owner and members. Builds and deployments belong to a project.",
    ),
    ("Builds", "Build an image from a repository at GitHub and push it to the registry."),
    ("Deployments", "Run an image as a service on Kubernetes."),
    ("Sign-in", "Sessions of browsers, tokens for programs, and users."),
    ("Platform", "Health, metrics, routes and webhooks of the platform."),
];

pub fn all() -> Vec<Operation> {
    let operations =
        [projects::all(), builds::all(), deployments::all(), auth::all(), platform::all()];
    TAGS.iter()
        .zip(operations)
        .flat_map(|((tag, _), operations)| {
            operations.into_iter().map(|operation| operation.tag(tag))
        })
        .collect()
}
