//! Dockerfiles: which are of services, their build contexts, and the port that they expose.

use super::{Files, language};

/// A Dockerfile of a service.
#[derive(Debug, PartialEq, Eq)]
pub struct Dockerfile {
    pub path: String,
    pub context: String,
    /// What the service may be named after. Empty: after the repository.
    pub service: String,
}

/// Folders whose Dockerfiles are no services.
const OTHER_FOLDERS: [&str; 12] = [
    ".devcontainer",
    ".github",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "test",
    "testdata",
    "tests",
    "vendor",
];

/// `Dockerfile.NAME` of these names is a variant for something else.
const VARIANTS: [&str; 11] = [
    "base",
    "ci",
    "debug",
    "dev",
    "development",
    "dockerignore",
    "e2e",
    "local",
    "staging",
    "test",
    "testing",
];

/// Folders that hold a Dockerfile for the whole repository.
const DOCKER_FOLDERS: [&str; 6] = ["build", "ci", "deploy", "docker", "infra", "ops"];

/// Whether this is a Dockerfile of a service.
pub fn is_dockerfile(path: &str) -> bool {
    let (folder, name) = split(path);
    let is_other = folder.split('/').any(|part| OTHER_FOLDERS.contains(&part));
    !is_other && variant(name).is_some_and(|variant| !VARIANTS.contains(&variant.as_str()))
}

/// `NAME` of `Dockerfile.NAME` and `NAME.Dockerfile`; empty for `Dockerfile`. `None` for another file.
fn variant(name: &str) -> Option<String> {
    if name == "Dockerfile" || name == "Containerfile" {
        return Some(String::new());
    }
    let variant = name.strip_prefix("Dockerfile.").or_else(|| name.strip_suffix(".Dockerfile"));
    variant.map(str::to_lowercase)
}

/// The Dockerfiles of services, in order of their paths.
pub fn find(files: &Files) -> Vec<Dockerfile> {
    let paths: Vec<_> = files.paths.iter().filter(|path| is_dockerfile(path)).collect();
    let is_plain =
        |path: &&&String| variant(split(path).1).is_some_and(|variant| variant.is_empty());
    // A variant for production, say, is not a second service beside the plain one.
    let folders: Vec<_> = paths.iter().filter(is_plain).map(|path| split(path).0).collect();
    let is_service = |path: &&&String| is_plain(path) || !folders.contains(&split(path).0);
    paths.iter().filter(is_service).map(|path| dockerfile(path, files)).collect()
}

fn dockerfile(path: &str, files: &Files) -> Dockerfile {
    let (folder, name) = split(path);
    let variant = variant(name).unwrap_or_default();
    let context = if has_source(folder, files) { folder } else { "." };
    let last = folder.rsplit('/').next().unwrap_or_default();
    let service = match variant.as_str() {
        "" | "prod" | "production" if DOCKER_FOLDERS.contains(&last) => String::new(),
        "" | "prod" | "production" => last.to_owned(),
        variant => variant.to_owned(),
    };
    let context = if context.is_empty() { "." } else { context };
    Dockerfile { path: path.to_owned(), context: context.to_owned(), service }
}

/// Whether a folder has what an image is built from, and not only a Dockerfile for what is elsewhere.
fn has_source(folder: &str, files: &Files) -> bool {
    let last = folder.rsplit('/').next().unwrap_or_default();
    if folder.is_empty() || !DOCKER_FOLDERS.contains(&last) {
        return true;
    }
    let prefix = format!("{folder}/");
    let names = files.paths.iter().filter_map(|path| path.strip_prefix(&prefix));
    names.into_iter().any(language::is_project_file)
}

/// Folder and name. The folder of a file in the root is empty.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The first port that the last stage exposes.
pub fn exposed_port(dockerfile: &str) -> Option<u16> {
    let mut port = None;
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default();
        if instruction.eq_ignore_ascii_case("FROM") {
            port = None;
        } else if instruction.eq_ignore_ascii_case("EXPOSE") {
            let ports = words.filter(|word| !word.ends_with("/udp"));
            let mut ports = ports.filter_map(|word| word.trim_end_matches("/tcp").parse().ok());
            port = port.or_else(|| ports.find(|port| *port > 0));
        }
    }
    port
}
