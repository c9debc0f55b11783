//! Every operation, a file for each part of the API.

mod auth;
mod builds;
mod deployments;
mod platform;
mod projects;

use crate::operation::Operation;

/// The parts, in the order in which a newcomer needs them, each with what it is about.
pub const TAGS: &[(&str, &str)] = &[
    ("Projects", "What belongs together and to whom. Everything else is in a project."),
    ("Builds", "From source at GitHub to an image in the registry."),
    ("Deployments", "From an image to a running service."),
    ("Sign-in", "Who is calling: sessions of browsers, tokens of machines."),
    ("Platform", "Is it well, and what does it offer."),
];

pub fn all() -> Vec<Operation> {
    let parts = [projects::all(), builds::all(), deployments::all(), auth::all(), platform::all()];
    let tagged = TAGS.iter().zip(parts);
    tagged
        .flat_map(|((tag, _), part)| part.into_iter().map(|operation| operation.tag(tag)))
        .collect()
}
