//! Parses webhook events into facts about a build, or into hints about a repository.
//!
//! An event of the builder repository contains the build's id (in the run's title, the job's name or the pushed tag), so
//! no read is needed. Only the fields that are used are declared. Unknown events, actions and values are ignored,
//! because GitHub adds new ones at any time.

mod builder;
mod repository;

pub use repository::is_repository_event;

use crate::responses::ParseError;
use nokube_domain::{
    BuildId,
    builds::{EventSource, ImagePushed, JobState, RunKey, RunState},
    pushes::RepositoryChange,
};

/// What an event means.
///
/// An event about a run or a job counts only if its repository is the builder: see
/// [`nokube_domain::builds::RunRecord::is_of_builder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Run {
        build: BuildId,
        source: EventSource,
        key: RunKey,
        facts: RunState,
    },
    Job {
        build: BuildId,
        source: EventSource,
        id: u64,
        facts: JobState,
    },
    /// An image was pushed with the build's unique tag.
    ImagePushed {
        build: BuildId,
        pushed: ImagePushed,
    },
    /// A repository changed that services may be built from.
    Repository {
        repository_id: u64,
        change: RepositoryChange,
    },
    Ping,
    /// Neither about a build of this platform nor about what services are built from; the text says why.
    Ignored(&'static str),
}

/// Identifies the platform's own workflow runs.
pub struct BuilderWorkflow<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// The workflow's file name.
    pub workflow: &'a str,
}

/// Parses the event `name` (from `X-GitHub-Event`) from a body whose signature has been verified.
///
/// # Errors
/// The body of an event that is used is not what GitHub documents.
pub fn parse(name: &str, body: &[u8], workflow: &BuilderWorkflow<'_>) -> Result<Event, ParseError> {
    match name {
        "workflow_run" => Ok(builder::run(serde_json::from_slice(body)?, workflow)),
        "workflow_job" => Ok(builder::job(serde_json::from_slice(body)?, workflow)),
        "package" | "registry_package" => builder::package(serde_json::from_slice(body)?),
        "push" => Ok(repository::push(serde_json::from_slice(body)?)),
        "create" | "delete" => Ok(repository::branch(serde_json::from_slice(body)?)),
        "pull_request" => Ok(repository::pull_request(serde_json::from_slice(body)?)),
        "repository" => Ok(repository::repository(serde_json::from_slice(body)?)),
        "ping" => Ok(Event::Ping),
        _ => Ok(Event::Ignored("an event that is not about builds")),
    }
}
