//! The configuration file of a branch, as looks at the branch find it.

use crate::{
    UnknownFields,
    config_file::{self, ConfigFile, FILE_NAME, FileError, FileService, MAX_BYTES},
    name::ServiceName,
    problem::FieldError,
    repository::CommitSha,
};
use serde::{Deserialize, Serialize};

/// Faults of a file that a record keeps, and the characters of each.
const MAX_ERRORS: usize = 20;
const MAX_DETAIL: usize = 300;

/// What a commit has under the name of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContents {
    Text(String),
    Missing,
    /// A directory, a submodule, or a link to somewhere else.
    NoFile,
    TooLarge,
    NotUtf8,
}

impl FileContents {
    /// # Errors
    /// All faults of the file.
    pub fn parse(&self) -> Result<ConfigFile, Vec<FileError>> {
        let detail = match self {
            Self::Text(text) => return config_file::parse(text),
            Self::Missing => format!("the commit has no file {FILE_NAME} in its root"),
            Self::NoFile => "is a directory, a submodule or a link: must be a file".to_owned(),
            Self::TooLarge => format!("must have at most {} KiB", MAX_BYTES / 1024),
            Self::NotUtf8 => "must be UTF-8".to_owned(),
        };
        Err(vec![at_start(String::new(), detail)])
    }
}

/// What the file of a head says of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundFile {
    Valid(FileService),
    /// What is wrong with it, or that it says nothing of the service.
    Invalid(Vec<FileError>),
}

impl FoundFile {
    pub fn of_service(file: &Result<ConfigFile, Vec<FileError>>, service: &ServiceName) -> Self {
        match file {
            Ok(file) => match file.services.get(service) {
                Some(service) => Self::Valid(service.clone()),
                None => {
                    let detail = format!("there is no [services.{service}]");
                    Self::Invalid(vec![at_start(format!("services.{service}"), detail)])
                }
            },
            Err(errors) => Self::Invalid(errors.clone()),
        }
    }

    /// The file is valid by itself, but not together with what is saved of the service.
    pub fn does_not_fit(service: &ServiceName, errors: &[FieldError]) -> Self {
        let error = |error: &FieldError| {
            let field = format!("services.{service}.build.{}", error.field);
            at_start(field, format!("with what is saved of the service: {}", error.detail))
        };
        Self::Invalid(errors.iter().map(error).collect())
    }
}

fn at_start(field: String, detail: String) -> FileError {
    FileError { line: 1, column: 1, field, detail }
}

/// The configuration file, as last read for a service. A part of the records of its pushes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// The commit whose file was read last.
    pub commit: CommitSha,
    /// What the last valid file says of the service: it is in effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<FileService>,
    /// What is wrong with the file of `commit`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FileError>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl RecordedFile {
    pub fn valid(commit: CommitSha, service: FileService) -> Self {
        let (service, errors) = (Some(service), Vec::new());
        Self { commit, service, errors, unknown_fields: UnknownFields::default() }
    }

    /// What is known after the file of `commit` was read. An invalid one leaves in effect what was.
    pub(super) fn after(earlier: Option<&Self>, commit: &CommitSha, found: &FoundFile) -> Self {
        match found {
            FoundFile::Valid(service) => Self::valid(commit.clone(), service.clone()),
            FoundFile::Invalid(errors) => Self {
                commit: commit.clone(),
                service: earlier.and_then(|earlier| earlier.service.clone()),
                errors: errors.iter().take(MAX_ERRORS).map(shortened).collect(),
                unknown_fields: UnknownFields::default(),
            },
        }
    }

    /// Whether the file of this commit is invalid.
    pub(super) fn is_invalid_at(&self, commit: &CommitSha) -> bool {
        self.commit == *commit && !self.errors.is_empty()
    }
}

fn shortened(error: &FileError) -> FileError {
    let detail = error.detail.chars().take(MAX_DETAIL).collect();
    FileError { detail, ..error.clone() }
}
