//! The configuration file of a branch: read at a head, and put over what is saved of a service.

use crate::github::{GitHub, config_file};
use nokube_domain::{
    config_file::{ConfigFile, FileError, FileService},
    name::ServiceName,
    pushes::FoundFile,
    repository::CommitSha,
    services::SavedSource,
};
use nokube_edge::{
    Result,
    pushes::{self, LinkedService},
    store::Store,
    warn,
};
use nokube_github::api::RepositoryPath;
use url::Url;

/// A file as it was read, with all services, or what is wrong with it.
pub type ParsedFile = std::result::Result<ConfigFile, Vec<FileError>>;

/// The file of a commit.
///
/// # Errors
/// GitHub does not say.
pub async fn read(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    sha: &CommitSha,
) -> Result<ParsedFile> {
    Ok(config_file(github, at, private, sha).await?.parse())
}

/// What a file says of a service, and what the service is built from then: `saved`, if the file is invalid.
pub fn found(
    file: &ParsedFile,
    service: &ServiceName,
    saved: &SavedSource,
    web: &Url,
) -> (FoundFile, SavedSource) {
    let found = FoundFile::of_service(file, service);
    let with_file = match &found {
        FoundFile::Valid(file) => saved.with_file(file, web),
        FoundFile::Invalid(_) => return (found, saved.clone()),
    };
    match with_file {
        Ok(source) => (found, source),
        Err(problem) => (FoundFile::does_not_fit(service, &problem.errors), saved.clone()),
    }
}

/// A service with what it is built from now. Two reads more, if it uses the file of its branch.
///
/// # Errors
/// The store failed.
pub async fn in_effect(store: &Store, service: LinkedService, web: &Url) -> Result<LinkedService> {
    let file = pushes::file_in_effect(store, &service).await?;
    Ok(match file {
        Some(file) => LinkedService { source: with_file(&service.source, &file, web), ..service },
        None => service,
    })
}

/// What a service is built from. Both were found to fit together when they were stored; if another request has just
/// changed one of them, it is what is saved.
pub fn with_file(saved: &SavedSource, file: &FileService, web: &Url) -> SavedSource {
    saved.with_file(file, web).unwrap_or_else(|problem| {
        warn(format_args!("the file of {} does not fit: {}", saved.spec.service, problem.detail));
        saved.clone()
    })
}
