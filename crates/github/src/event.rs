//! Parses webhook events into facts about a build.
//!
//! The event itself contains the build's id (in the run's title, the job's name or the pushed tag), so no read is
//! needed. Only the fields that are used are declared. Unknown events, actions and values are ignored, because
//! GitHub adds new ones at any time.

use crate::{
    lenient,
    responses::{ParseError, WorkflowJob, WorkflowRun},
};
use nokube_domain::{
    BuildId, Timestamp,
    builds::{EventSource, ImagePushed, JobState, RunKey, RunState},
    image::Digest,
};
use serde::Deserialize;

/// What an event means for a build.
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

#[derive(Deserialize, Default)]
struct Repository {
    #[serde(default, deserialize_with = "lenient::optional")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    full_name: String,
}

impl Repository {
    fn source(&self, builder: &BuilderWorkflow<'_>) -> EventSource {
        let has_builder_name = self.full_name.eq_ignore_ascii_case(builder.repository);
        EventSource { repository: self.id, has_builder_name }
    }
}

#[derive(Deserialize)]
struct RunEvent {
    #[serde(default, deserialize_with = "lenient::optional")]
    repository: Option<Repository>,
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct JobEvent {
    #[serde(default, deserialize_with = "lenient::optional")]
    repository: Option<Repository>,
    workflow_job: WorkflowJob,
}

#[derive(Deserialize)]
struct PackageEvent {
    package: Option<Package>,
    registry_package: Option<Package>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default, deserialize_with = "lenient::optional")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
    owner: Option<Owner>,
    #[serde(default, deserialize_with = "lenient::time")]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::optional")]
    package_version: Option<PackageVersion>,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

#[derive(Deserialize)]
struct PackageVersion {
    #[serde(default, deserialize_with = "lenient::time")]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::optional")]
    container_metadata: Option<ContainerMetadata>,
}

#[derive(Deserialize)]
struct ContainerMetadata {
    #[serde(default, deserialize_with = "lenient::optional")]
    tag: Option<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default, deserialize_with = "lenient::optional")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::optional")]
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
        "package" | "registry_package" => {
            let PackageEvent { package, registry_package } = serde_json::from_slice(body)?;
            match package.or(registry_package) {
                Some(package) => Ok(image_pushed(package)),
                None => Err(ParseError::missing("package")),
            }
        }
        "ping" => Ok(Event::Ping),
        _ => Ok(Event::Ignored("an event that is not about builds")),
    }
}

fn run(event: RunEvent, builder: &BuilderWorkflow<'_>) -> Event {
    let run = event.workflow_run;
    if !run.is_of(builder.workflow) {
        return Event::Ignored("a run of another workflow");
    }
    let mut source = event.repository.unwrap_or_default().source(builder);
    source.repository = source.repository.or(run.repository());
    match run.build() {
        Some(build) => Event::Run { build, source, key: run.key(), facts: run.facts() },
        None => Event::Ignored("a run whose title is not a build's"),
    }
}

fn job(event: JobEvent, builder: &BuilderWorkflow<'_>) -> Event {
    let job = event.workflow_job;
    let source = event.repository.unwrap_or_default().source(builder);
    match BuildId::from_job_name(&job.name) {
        Some(build) => Event::Job { build, source, id: job.id, facts: job.facts() },
        None => Event::Ignored("a job whose name is not a build's"),
    }
}

/// The event may come from any account that has installed the App, so the result names the package's owner.
fn image_pushed(package: Package) -> Event {
    let Package { name, owner, updated_at, package_version } = package;
    let Some(version) = package_version else {
        return Event::Ignored("a package without a version");
    };
    let at = version.updated_at.or(version.created_at).or(updated_at);
    let tag = version.container_metadata.and_then(|metadata| metadata.tag);
    let build = tag.as_ref().and_then(|tag| BuildId::from_unique_tag(tag.name.as_deref()?));
    let digest: Option<Digest> = tag.and_then(|tag| tag.digest?.parse().ok());
    let package = owner.zip(name);
    let package = package.map(|(owner, name)| format!("{}/{name}", owner.login).to_lowercase());
    match (build, at, package, digest) {
        (Some(build), Some(at), Some(package), Some(digest)) => {
            Event::ImagePushed { build, pushed: ImagePushed { at, package, digest } }
        }
        _ => Event::Ignored("a package whose tag is not a build's"),
    }
}
