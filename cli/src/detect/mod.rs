//! What a repository has that can be built: from the names of its files, and the content of a few of them. No I/O.

mod dockerfile;
mod draft;
mod language;
mod names;
mod procfile;
#[cfg(test)]
mod tests;

pub use draft::{Draft, DraftField, DraftService};
pub use names::{service_name, unique_name};
pub use procfile::program as process_program;

use dockerfile::Dockerfile;
use language::Language;
use std::collections::{BTreeMap, BTreeSet};

/// The port that is written if nothing says which one the program listens on: the default of the platform.
pub const DEFAULT_PORT: u16 = 3000;

/// Services that are written at most. More are examples, or a repository that needs a choice.
const MAX_SERVICES: usize = 20;

/// The files of a repository, by their paths from its root.
#[derive(Debug, Default)]
pub struct Files {
    pub paths: BTreeSet<String>,
    /// The content of those that [`is_wanted`] names.
    pub contents: BTreeMap<String, String>,
}

/// Whether the content of a file is needed.
pub fn is_wanted(path: &str) -> bool {
    dockerfile::is_dockerfile(path) || path == procfile::NAME
}

/// How an image is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Build {
    Dockerfile { path: String },
    Buildpacks { language: Option<&'static str> },
}

/// A service that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    /// The build context.
    pub context: String,
    pub build: Build,
    /// The port that the program listens on, if something says it.
    pub port: Option<u16>,
    /// A process of a Procfile that receives no requests.
    pub process: Option<String>,
}

impl Found {
    /// It receives requests, and nothing says on which port.
    pub fn has_unknown_port(&self) -> bool {
        self.port.is_none() && self.process.is_none()
    }
}

/// What was found in a repository.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Detected {
    /// A Compose file in the root.
    pub compose_file: Option<String>,
    pub services: Vec<Found>,
    /// A process of the Procfile that a platform runs before a release, which NoKube does not do.
    pub has_release_process: bool,
}

/// The names that Compose files have, the usual one first.
const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// Finds the services of a repository: one for each Dockerfile, else those of a Procfile, else one for each folder
/// with a program in a language that buildpacks know. `repository` names the one in the root.
pub fn detect(files: &Files, repository: &str) -> Detected {
    let compose_file = COMPOSE_FILES.into_iter().find(|name| files.paths.contains(*name));
    let mut detected =
        Detected { compose_file: compose_file.map(str::to_owned), ..Detected::default() };
    detected.services =
        dockerfile::find(files).iter().map(|found| with_dockerfile(found, files)).collect();
    if detected.services.is_empty() {
        let processes = files.contents.get(procfile::NAME).map(|text| procfile::processes(text));
        let processes = processes.unwrap_or_default();
        detected.has_release_process = processes.iter().any(|name| name == procfile::RELEASE);
        detected.services = with_buildpacks(files, &processes);
    }
    name_services(&mut detected.services, repository);
    detected
}

fn with_dockerfile(found: &Dockerfile, files: &Files) -> Found {
    let content = files.contents.get(&found.path).map(String::as_str).unwrap_or_default();
    Found {
        name: found.service.clone(),
        context: found.context.clone(),
        build: Build::Dockerfile { path: found.path.clone() },
        port: dockerfile::exposed_port(content),
        process: None,
    }
}

fn with_buildpacks(files: &Files, processes: &[String]) -> Vec<Found> {
    let mut languages = language::find(files);
    if languages.is_empty() && !processes.is_empty() {
        languages.push(Language { folder: ".".into(), name: None, port: DEFAULT_PORT });
    }
    let mut services = Vec::new();
    for language in languages {
        let service = Found {
            name: names::of_folder(&language.folder),
            context: language.folder.clone(),
            build: Build::Buildpacks { language: language.name },
            port: Some(language.port),
            process: None,
        };
        // The Procfile is that of the root.
        let is_root = language.folder == ".";
        let has_web =
            !is_root || processes.is_empty() || processes.iter().any(|name| name == "web");
        let others =
            processes.iter().filter(|name| is_root && *name != "web" && *name != procfile::RELEASE);
        let others: Vec<_> = others.map(|process| other_process(&service, process)).collect();
        services.extend(has_web.then_some(service));
        services.extend(others);
    }
    services
}

fn other_process(service: &Found, process: &str) -> Found {
    Found {
        name: process.to_owned(),
        port: None,
        process: Some(process.to_owned()),
        ..service.clone()
    }
}

/// Gives each service a valid name of its own. The one in the root is named after the repository.
fn name_services(services: &mut Vec<Found>, repository: &str) {
    services.truncate(MAX_SERVICES);
    let mut taken = BTreeSet::new();
    for service in services {
        let name = if service.name.is_empty() { repository } else { &service.name };
        service.name = unique_name(&service_name(name), &mut taken);
    }
}
