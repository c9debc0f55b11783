//! Runs the builds of a simulated GitHub on this machine (`make run BUILD=real`): the job of each workflow run, the
//! Git repositories that it reads, and the registry that it pushes to.

use crate::{
    WORKFLOW,
    engine::Engine,
    git_server::{GitServer, Repositories},
    images,
    job::{Event, Job},
    machine::Machine,
    process::End,
    registry::Registry,
};
use anyhow::{Context, Result};
use nokube_sim::{Conclusion, JobReport};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinHandle};

pub struct Options {
    /// An absolute path, for everything that builds write.
    pub directory: PathBuf,
    /// Contains buildx, buildkitd and buildctl.
    pub programs: PathBuf,
    /// The port of the registry on this machine. It is a part of the names of images.
    pub registry_port: u16,
    /// The namespace in the registry that builds may push to.
    pub namespace: String,
    /// Folders of Git repositories by `OWNER/NAME`.
    pub repositories: BTreeMap<String, PathBuf>,
}

/// What a later start uses again: images and caches.
pub const KEPT: [&str; 2] = ["registry", "github-cache"];

/// Tags of `busybox` that the registry has, for machines without a network.
const BUSYBOX_TAG: &str = "1.37";

pub struct LocalBuilds {
    registry: Registry,
    engine: Arc<Engine>,
    jobs: JoinHandle<()>,
}

impl LocalBuilds {
    /// Starts the registry, and runs the jobs one after the other.
    ///
    /// # Errors
    /// A program is missing, or the port is in use.
    pub async fn start(
        options: Options,
        mut jobs: UnboundedReceiver<nokube_sim::Job>,
    ) -> Result<Self> {
        let directory = options.directory;
        let registry = Registry::start(&directory, options.registry_port).await?;
        let engine = Arc::new(Engine::start(&directory, &options.programs, &registry.address)?);
        let prefix = format!("{}/{}/", registry.address, options.namespace);
        let machine = Machine {
            directory: directory.clone(),
            registry: registry.address.clone(),
            git: GitServer::start(Repositories::At(options.repositories)).await?,
            variables: [
                ("NOKUBE_IMAGE_PREFIX", prefix.as_str()),
                ("NOKUBE_SBOM_IMAGE", images::SBOM_IMAGE),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        };
        machine.put_docker(&options.programs.join("buildx"), &engine.socket)?;
        images::publish_sbom_scanner(&machine).await.context("publish the SBOM scanner")?;
        images::publish_busybox(&machine, BUSYBOX_TAG).await.context("publish busybox")?;
        remove_containers(&engine).await;
        let jobs_engine = engine.clone();
        let jobs = tokio::spawn(async move {
            while let Some(job) = jobs.recv().await {
                run_job(&machine, &job).await;
                // Each job of GitHub has a new machine.
                remove_containers(&jobs_engine).await;
            }
        });
        Ok(Self { registry, engine, jobs })
    }

    /// The registry as in the names of images: `localhost:PORT`.
    pub fn registry(&self) -> &str {
        &self.registry.address
    }

    /// Stops BuildKit and the registry. Processes of a job that was running may remain, for
    /// [`clean`](crate::cleanup::clean).
    pub async fn stop(self) {
        self.jobs.abort();
        remove_containers(&self.engine).await;
    }
}

/// In another thread, because it waits for BuildKit to end.
async fn remove_containers(engine: &Arc<Engine>) {
    let engine = engine.clone();
    // A panic of that thread has no further consequence.
    let _ = tokio::task::spawn_blocking(move || engine.remove_containers()).await;
}

/// Runs a job and reports it to the simulated GitHub, with the two steps that GitHub adds.
async fn run_job(machine: &Machine, job: &nokube_sim::Job) {
    if job.is_cancelled() {
        return;
    }
    job.report(JobReport::Started);
    let added_step = |name: &str, line: &str| {
        job.report(JobReport::StepStarted(name.to_owned()));
        job.report(JobReport::Line(line.to_owned()));
        job.report(JobReport::StepCompleted(Conclusion::Success));
    };
    added_step("Set up job", "Runner of the simulated GitHub on this machine, with BuildKit");
    let to_run =
        Job { workflow: WORKFLOW, inputs: &job.inputs, run_id: job.run, attempt: job.attempt };
    let result =
        machine.run(&to_run, &|| job.is_cancelled(), &mut |event| job.report(report(&event))).await;
    let end = match result {
        Ok(result) => result.end,
        Err(error) => {
            job.report(JobReport::Line(format!("##[error]{error:#}")));
            job.report(JobReport::StepCompleted(Conclusion::Failure));
            End::Failure(None)
        }
    };
    added_step("Complete job", "Cleaning up orphan processes");
    job.report(JobReport::Completed(conclusion(end)));
}

fn report(event: &Event<'_>) -> JobReport {
    match event {
        Event::StepStarted(name) => JobReport::StepStarted((*name).to_owned()),
        Event::StepSkipped(name) => JobReport::StepSkipped((*name).to_owned()),
        Event::Line(line) => JobReport::Line((*line).to_owned()),
        Event::StepCompleted(end) => JobReport::StepCompleted(conclusion(*end)),
    }
}

fn conclusion(end: End) -> Conclusion {
    match end {
        End::Success => Conclusion::Success,
        End::Failure(_) => Conclusion::Failure,
        End::Cancelled => Conclusion::Cancelled,
    }
}
