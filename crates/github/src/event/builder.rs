//! Events of the builder repository: runs of its workflow, their jobs, and images that were pushed.

use super::{BuilderWorkflow, Event};
use crate::{
    lenient,
    responses::{ParseError, WorkflowJob, WorkflowRun},
};
use nokube_domain::{
    BuildId, Timestamp,
    builds::{EventSource, ImagePushed},
    image::Digest,
};
use serde::Deserialize;

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
pub struct RunEvent {
    #[serde(default, deserialize_with = "lenient::optional")]
    repository: Option<Repository>,
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
pub struct JobEvent {
    #[serde(default, deserialize_with = "lenient::optional")]
    repository: Option<Repository>,
    workflow_job: WorkflowJob,
}

#[derive(Deserialize)]
pub struct PackageEvent {
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

pub fn run(event: RunEvent, builder: &BuilderWorkflow<'_>) -> Event {
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

pub fn job(event: JobEvent, builder: &BuilderWorkflow<'_>) -> Event {
    let job = event.workflow_job;
    let source = event.repository.unwrap_or_default().source(builder);
    match BuildId::from_job_name(&job.name) {
        Some(build) => Event::Job { build, source, id: job.id, facts: job.facts() },
        None => Event::Ignored("a job whose name is not a build's"),
    }
}

/// # Errors
/// It is an event without a package.
pub fn package(event: PackageEvent) -> Result<Event, ParseError> {
    let package = event.package.or(event.registry_package);
    package.map(image_pushed).ok_or_else(|| ParseError::missing("package"))
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
