//! Parses webhook events into facts about a build.
//!
//! The event itself contains the build's id (in the run's title, the job's name or the pushed tag), so no read is
//! needed. Only the fields that are used are declared. Unknown events, actions and values are ignored, because
//! GitHub adds new ones at any time.

use crate::responses::{ParseError, WorkflowJob, WorkflowRun};
use nokube_domain::{
    BuildId, Timestamp,
    builds::{ImagePushed, JobState, RunKey, RunState},
    image::Digest,
};
use serde::Deserialize;

/// What an event means for a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Run {
        build: BuildId,
        key: RunKey,
        facts: RunState,
    },
    Job {
        build: BuildId,
        id: u64,
        facts: JobState,
    },
    /// An image was pushed with the build's unique tag.
    ImagePushed {
        build: BuildId,
        pushed: ImagePushed,
    },
    Ping,
    /// Not about a build of this platform; the text says why.
    Ignored(&'static str),
}

/// Identifies the platform's own workflow runs.
pub struct BuilderWorkflow<'a> {
    /// `owner/name`.
    pub repository: &'a str,
    /// The workflow's file name.
    pub workflow: &'a str,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct RunEvent {
    repository: Repository,
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct JobEvent {
    repository: Repository,
    workflow_job: WorkflowJob,
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

/// Parses the event `name` (from `X-GitHub-Event`) from a body whose signature has been verified.
///
/// # Errors
/// The body of an event that is used is not what GitHub documents.
pub fn parse(name: &str, body: &[u8], builder: &BuilderWorkflow<'_>) -> Result<Event, ParseError> {
    match name {
        "workflow_run" => Ok(run(serde_json::from_slice(body)?, builder)),
        "workflow_job" => Ok(job(serde_json::from_slice(body)?, builder)),
        "package" | "registry_package" => Ok(image_pushed(serde_json::from_slice(body)?)),
        "ping" => Ok(Event::Ping),
        _ => Ok(Event::Ignored("an event that is not about builds")),
    }
}

fn run(event: RunEvent, builder: &BuilderWorkflow<'_>) -> Event {
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
        None => Event::Ignored("a run whose title is not a build's"),
    }
}

fn job(event: JobEvent, builder: &BuilderWorkflow<'_>) -> Event {
    if !event.repository.full_name.eq_ignore_ascii_case(builder.repository) {
        return Event::Ignored("a job of another repository");
    }
    match BuildId::from_job_name(&event.workflow_job.name) {
        Some(build) => {
            Event::Job { build, id: event.workflow_job.id, facts: event.workflow_job.facts() }
        }
        None => Event::Ignored("a job whose name is not a build's"),
    }
}

/// The event may come from any account that has installed the App, so the result names the package's owner.
fn image_pushed(event: PackageEvent) -> Event {
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
            Event::ImagePushed { build, pushed: ImagePushed { at, package, digest } }
        }
        _ => Event::Ignored("a package whose tag is not a build's"),
    }
}
