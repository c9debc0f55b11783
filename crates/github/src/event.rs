//! Webhook events: from GitHub's JSON to what they mean for a build.
//!
//! The build is found in what the event says (the run's title, the job's name, the pushed tag), so
//! an event is understood without any read. Only the fields that are used are described; unknown
//! events, actions and values are ignored, as GitHub adds to them at any time.

use crate::answer::{RawJob, RawRun};
use nokube_domain::{
    BuildId, Timestamp,
    build::{JobFacts, Pushed, RunFacts, RunKey},
    image::Digest,
};
use serde::Deserialize;

/// What an event says about a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Run {
        build: BuildId,
        key: RunKey,
        facts: RunFacts,
    },
    Job {
        build: BuildId,
        id: u64,
        facts: JobFacts,
    },
    /// The build's unique tag now points to this digest.
    Pushed {
        build: BuildId,
        pushed: Pushed,
    },
    Ping,
    /// Nothing that concerns us, and why.
    Ignored(&'static str),
}

/// The runs that are ours.
pub struct Builder<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// The workflow's file name.
    pub workflow: &'a str,
}

/// The body is not what GitHub sends for this event.
#[derive(Debug, thiserror::Error)]
#[error("the body is not a GitHub event: {0}")]
pub struct NotAnEvent(#[from] serde_json::Error);

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct RunEvent {
    repository: Repository,
    workflow_run: RawRun,
}

#[derive(Deserialize)]
struct JobEvent {
    repository: Repository,
    workflow_job: RawJob,
}

#[derive(Deserialize)]
struct PackageEvent {
    #[serde(alias = "registry_package")]
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    owner: Option<Owner>,
    updated_at: Option<Timestamp>,
    package_version: Option<PackageVersion>,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

#[derive(Deserialize)]
struct PackageVersion {
    updated_at: Option<Timestamp>,
    created_at: Option<Timestamp>,
    container_metadata: Option<ContainerMetadata>,
}

#[derive(Deserialize)]
struct ContainerMetadata {
    tag: Option<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: Option<String>,
    digest: Option<String>,
}

/// Reads the event `name` (of `X-GitHub-Event`) from a body whose signature has been checked.
///
/// # Errors
/// The body of an event that we use is not as GitHub describes it.
pub fn parse(name: &str, body: &[u8], builder: &Builder<'_>) -> Result<Event, NotAnEvent> {
    match name {
        "workflow_run" => Ok(run(serde_json::from_slice(body)?, builder)),
        "workflow_job" => Ok(job(serde_json::from_slice(body)?, builder)),
        "package" | "registry_package" => Ok(pushed(serde_json::from_slice(body)?)),
        "ping" => Ok(Event::Ping),
        _ => Ok(Event::Ignored("not an event that says anything about builds")),
    }
}

fn run(event: RunEvent, builder: &Builder<'_>) -> Event {
    if !event.repository.full_name.eq_ignore_ascii_case(builder.repository) {
        return Event::Ignored("a run of another repository");
    }
    if !event.workflow_run.is_of(builder.workflow) {
        return Event::Ignored("a run of another workflow");
    }
    match event.workflow_run.build() {
        Some(build) => {
            Event::Run { build, key: event.workflow_run.key(), facts: event.workflow_run.facts() }
        }
        None => Event::Ignored("a run without a build's title"),
    }
}

fn job(event: JobEvent, builder: &Builder<'_>) -> Event {
    if !event.repository.full_name.eq_ignore_ascii_case(builder.repository) {
        return Event::Ignored("a job of another repository");
    }
    match BuildId::from_job_name(&event.workflow_job.name) {
        Some(build) => {
            Event::Job { build, id: event.workflow_job.id, facts: event.workflow_job.facts() }
        }
        None => Event::Ignored("a job without a build's name"),
    }
}

/// The event may come from any account that the App is installed on, so it says whose package it is.
fn pushed(event: PackageEvent) -> Event {
    let Package { name, owner, updated_at, package_version } = event.package;
    let Some(version) = package_version else {
        return Event::Ignored("a package without a version");
    };
    let at = version.updated_at.or(version.created_at).or(updated_at);
    let tag = version.container_metadata.and_then(|metadata| metadata.tag);
    let build = tag.as_ref().and_then(|tag| BuildId::from_unique_tag(tag.name.as_deref()?));
    let digest: Option<Digest> = tag.and_then(|tag| tag.digest?.parse().ok());
    let package = owner.map(|owner| format!("{}/{name}", owner.login).to_lowercase());
    match (build, at, package, digest) {
        (Some(build), Some(at), Some(package), Some(digest)) => {
            Event::Pushed { build, pushed: Pushed { at, package, digest } }
        }
        _ => Event::Ignored("a package without a build's tag"),
    }
}
