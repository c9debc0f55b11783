//! The names that a file may have, and what is said about others.

use super::{Fault, start};
use crate::{
    builds::NewSource,
    deployments::{NOT_SAVED, NewDeployment},
    services::NewAutomation,
    text::with_suggestion,
};
use std::ops::Range;

/// The fewest letters of a name that stand for a longer one that begins with them.
const MIN_PREFIX: usize = 3;

/// The field for which files of a build are watched, and the one with the names of secrets.
pub(super) const WATCH_PATHS: &str = "watch_paths";
pub(super) const SECRETS: &str = "secrets";
pub(super) const CUSTOM_DOMAIN: &str = "custom_domain";

/// Fields of a source that a file cannot have: it is a file of that branch of that repository.
const REPOSITORY_FIELDS: [&str; 2] = ["repository_url", "branch"];

/// A table of the file.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    File,
    /// A service, by its name.
    Service(&'a str),
    Build(&'a str),
    Deployment(&'a str),
}

impl Place<'_> {
    pub fn path(self) -> String {
        match self {
            Self::File => String::new(),
            Self::Service(name) => format!("services.{name}"),
            Self::Build(name) => format!("services.{name}.build"),
            Self::Deployment(name) => format!("services.{name}.deployment"),
        }
    }

    /// The path of a field in this table.
    pub fn path_of(self, field: &str) -> String {
        match self {
            Self::File => field.to_owned(),
            _ => format!("{}.{field}", self.path()),
        }
    }

    /// The names of its fields.
    fn names(self) -> Vec<&'static str> {
        match self {
            Self::File => vec!["project", "services"],
            Self::Service(_) => vec!["build", "deployment"],
            Self::Build(_) => build_fields().collect(),
            Self::Deployment(_) => deployment_fields().chain([SECRETS]).collect(),
        }
    }

    pub fn has(self, field: &str) -> bool {
        self.names().contains(&field)
    }
}

/// The fields of `[services.NAME.build]`.
pub(super) fn build_fields() -> impl Iterator<Item = &'static str> {
    let fields = NewSource::FIELDS.iter().copied();
    fields.filter(|field| !REPOSITORY_FIELDS.contains(field)).chain([WATCH_PATHS])
}

/// The fields of `[services.NAME.deployment]` that a request has too.
pub(super) fn deployment_fields() -> impl Iterator<Item = &'static str> {
    let fields = NewDeployment::FIELDS.iter().copied();
    fields.filter(|field| !NOT_SAVED.contains(field) && *field != CUSTOM_DOMAIN)
}

/// The fault of a name that the table does not have.
pub(super) fn unknown(name: &str, span: Range<usize>, place: Place<'_>) -> Fault {
    let detail = set_elsewhere(name)
        .or_else(|| belongs_elsewhere(name, place))
        .unwrap_or_else(|| with_suggestion(not_a_field(place), nearest(name, &place.names())));
    Fault { at: start(span), field: place.path_of(name), detail }
}

fn not_a_field(place: Place<'_>) -> String {
    match place {
        Place::File => "is not a field of this file".to_owned(),
        Place::Service(_) => "is not a field of a service".to_owned(),
        Place::Build(_) | Place::Deployment(_) => format!("is not a field of [{}]", place.path()),
    }
}

/// Says where a field of the API is set that a file cannot have.
fn set_elsewhere(name: &str) -> Option<String> {
    let place = match name {
        "repository_url" | "branch" => {
            "the service says which repository and branch it is built from: its page, or nokube services set"
        }
        CUSTOM_DOMAIN => "it is set on the page of the service, in its configuration",
        "project_id" | "project_name" => "the project is named by project, at the top of the file",
        "service_name" => "the service is named by its table, [services.NAME]",
        "username" => "the project has an owner already; leave it out",
        "image_name" | "build_id" | "release_of" => {
            "what is deployed is what was built; for another image: nokube deploy --image"
        }
        name if name != WATCH_PATHS && NewAutomation::FIELDS.contains(&name) => {
            "members of the project decide what happens on push: the page of the service, or nokube services set"
        }
        _ => return None,
    };
    Some(format!("cannot be set in this file: {place}"))
}

/// Says in which table a field is that is in the wrong one.
fn belongs_elsewhere(name: &str, place: Place<'_>) -> Option<String> {
    let service = match place {
        Place::File => "NAME",
        Place::Service(service) | Place::Build(service) | Place::Deployment(service) => service,
    };
    let places = [Place::Build(service), Place::Deployment(service), Place::Service(service)];
    let right = places.into_iter().find(|place| place.has(name));
    match (right, name) {
        (Some(right), _) => Some(format!("belongs into [{}]", right.path())),
        (None, "project") => Some("belongs to the top of the file".to_owned()),
        (None, _) => None,
    }
}

/// The one of `names` that was probably meant: it has few different letters, or `name` is a part of it.
fn nearest(name: &str, names: &[&str]) -> Option<String> {
    // The distance takes time by the square of the length.
    if name.len() > 60 {
        return None;
    }
    let name = name.to_lowercase().replace('-', "_");
    let distance = |known: &&&str| strsim::osa_distance(&name, known);
    let similar = names.iter().min_by_key(distance);
    let is_similar = |known: &&&str| distance(known) <= (known.len() / 4).max(1);
    let begins = names.iter().find(|known| name.len() >= MIN_PREFIX && known.starts_with(&name));
    let has_part = |known: &&&str| known.split('_').any(|part| part == name);
    let nearest = similar.filter(is_similar).or(begins).or_else(|| names.iter().find(has_part));
    nearest.map(|known| (*known).to_owned())
}
