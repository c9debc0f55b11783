//! Starts the real systems in order, and stops them.

use crate::{
    ClusterKind,
    cluster::LocalCluster,
    repositories::{self, NamedRepository},
};
use anyhow::{Context, Result, ensure};
use nokube_dev::run::{REGISTRY_NAMESPACE, RealBuilds, RealSystems};
use nokube_dev_runner::{
    cleanup,
    local_builds::{KEPT, LocalBuilds, Options},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// Options of real builds.
#[derive(clap::Args)]
pub struct BuildOptions {
    /// A Git repository on this machine that the simulated GitHub has: OWNER/NAME=FOLDER
    #[arg(long = "repository", env = "REPOSITORIES", value_delimiter = ' ')]
    repositories: Vec<NamedRepository>,
    /// The folder with buildx, buildkitd and buildctl
    #[arg(long, env = "NOKUBE_BUILDER_PROGRAMS", default_value = "")]
    builder_programs: PathBuf,
    /// The port of the registry on this machine. It is a part of the names of images
    #[arg(long, default_value_t = 5050)]
    registry_port: u16,
}

/// What runs on this machine besides the platform.
pub struct Systems {
    /// For everything that real systems write.
    folder: PathBuf,
    builds: Option<LocalBuilds>,
    cluster: Option<LocalCluster>,
    _lock: File,
}

impl Systems {
    /// Removes what a killed run left, and starts the systems.
    ///
    /// # Errors
    /// This is not root, another process uses the folder, or something does not start.
    pub async fn start(
        state_dir: &Path,
        builds: Option<&BuildOptions>,
        cluster: ClusterKind,
    ) -> Result<(Self, RealSystems)> {
        ensure!(nix::unistd::geteuid().is_root(), "real builds and a real cluster need root");
        let folder = std::path::absolute(state_dir)?.join("real");
        let lock = cleanup::lock_folder(&folder)?;
        // As the kernel names it in lists of mounts.
        let folder = fs::canonicalize(folder)?;
        clean(&folder).await?;
        let mut systems = Self { folder, builds: None, cluster: None, _lock: lock };
        let mut real = RealSystems::default();
        real.host.environment.push((cleanup::MARKER, systems.folder.clone()));
        if let Some(options) = builds {
            let (builds, access) = start_builds(state_dir, &systems.folder, options).await?;
            systems.builds = Some(builds);
            real.builds = Some(access);
        }
        if cluster != ClusterKind::Simulated {
            let (mut cluster, access) = LocalCluster::start(cluster).await?;
            if let Some(builds) = &systems.builds {
                cluster.add_registry(builds.registry()).await?;
            }
            let runtime_config = systems.folder.join("runtime-config.toml");
            fs::write(&runtime_config, cluster.runtime_configuration()?)?;
            real.host.runtime_config = Some(runtime_config);
            systems.cluster = Some(cluster);
            real.cluster = Some(access);
        }
        Ok((systems, real))
    }

    /// Stops everything.
    ///
    /// # Errors
    /// Something remains.
    pub async fn stop(self) -> Result<()> {
        if let Some(builds) = self.builds {
            builds.stop().await;
        }
        let stopped = match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        };
        clean(&self.folder).await.and(stopped)
    }
}

async fn clean(folder: &Path) -> Result<()> {
    cleanup::clean(folder, &[&KEPT[..], &[cleanup::LOCK]].concat()).await
}

async fn start_builds(
    state_dir: &Path,
    folder: &Path,
    options: &BuildOptions,
) -> Result<(LocalBuilds, RealBuilds)> {
    let folders = state_dir.join("repositories");
    let prepared = repositories::prepare(Path::new("examples"), &folders, &options.repositories);
    let repositories = prepared.await.context("the repositories")?;
    println!(
        "Starting real builds: BuildKit, and a registry on localhost:{}. Repositories:",
        options.registry_port
    );
    for (name, folder) in &repositories {
        println!("  https://github.com/{name} is {}", folder.display());
    }
    let (runner, jobs) = mpsc::unbounded_channel();
    let options = Options {
        directory: folder.to_owned(),
        programs: options.builder_programs.clone(),
        registry_port: options.registry_port,
        namespace: REGISTRY_NAMESPACE.into(),
        repositories: repositories.clone(),
    };
    let builds = LocalBuilds::start(options, jobs).await?;
    let registry = builds.registry().to_owned();
    Ok((builds, RealBuilds { repositories, runner, registry }))
}
