//! A builder with everything that it reaches: a machine, an engine, a registry, source repositories.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
};

pub use nokube_dev_runner::WORKFLOW;
use nokube_dev_runner::{
    engine::Engine,
    git_server::{GitServer, Repositories},
    images::{SBOM_IMAGE, busybox, publish, publish_sbom_scanner},
    job::{Event, Job},
    machine::Machine,
};

use crate::{job::JobResult, registry::Registry};

pub struct Builder {
    pub engine: Engine,
    pub registry: Registry,
    pub machine: Machine,
    runs: AtomicU64,
    // Dropped last: the others use its files.
    directory: tempfile::TempDir,
}

impl Builder {
    /// Starts a registry and an engine. Images from `docker.io` come from the registry.
    ///
    /// # Panics
    /// `NOKUBE_BUILDER_PROGRAMS` is not the folder with buildx, buildkitd and buildctl.
    pub async fn start() -> Self {
        let programs = std::env::var("NOKUBE_BUILDER_PROGRAMS");
        let programs = PathBuf::from(programs.expect("run these tests with `make test-builder`"));
        let directory = tempfile::Builder::new().prefix("nokube-builder-").tempdir().unwrap();
        let path = directory.path();
        let registry = Registry::start(path).await;
        let engine = Engine::start(path, &programs, &registry.address).unwrap();
        let prefix = format!("{}/apps/", registry.address);
        let machine = Machine {
            directory: path.to_owned(),
            registry: registry.address.clone(),
            git: GitServer::start(Repositories::In(path.join("sources"))).await.unwrap(),
            variables: BTreeMap::from([
                ("NOKUBE_IMAGE_PREFIX".into(), prefix),
                ("NOKUBE_SBOM_IMAGE".into(), SBOM_IMAGE.into()),
            ]),
        };
        machine.put_docker(&programs.join("buildx"), &engine.socket).unwrap();
        publish_sbom_scanner(&machine).await.unwrap();
        Self { engine, registry, machine, runs: AtomicU64::new(1), directory }
    }

    /// Commits `files` (path, content) as a new public repository. Returns the commit.
    pub fn create_repository(&self, name: &str, files: &[(&str, &str)]) -> String {
        let path = self.repository(name);
        fs::create_dir_all(&path).unwrap();
        git(&path, &["init", "--quiet", "--initial-branch=main"]);
        self.commit(name, files)
    }

    /// Commits `files` as a new private repository. Returns the commit.
    pub fn create_private_repository(&self, name: &str, files: &[(&str, &str)]) -> String {
        self.machine.git.make_private(name);
        self.create_repository(name, files)
    }

    /// The directory of a repository.
    pub fn repository(&self, name: &str) -> PathBuf {
        self.directory.path().join("sources").join(name)
    }

    /// Makes a copy of a repository as another one.
    pub fn fork(&self, name: &str, fork: &str) {
        let (from, to) = (self.repository(name), self.repository(fork));
        fs::create_dir_all(&to).unwrap();
        git(&to, &["clone", "--quiet", from.to_str().unwrap(), "."]);
    }

    /// Makes the newest commit of `from`, a fork or the repository itself, the head of a pull request, as GitHub does:
    /// it is `refs/pull/NUMBER/head` of the base repository.
    pub fn push_to_pull_request(&self, base: &str, number: u32, from: &str) {
        let from = self.repository(from);
        let head = format!("+HEAD:refs/pull/{number}/head");
        git(&self.repository(base), &["fetch", "--quiet", from.to_str().unwrap(), &head]);
    }

    /// Adds a commit of another repository as a submodule, whose URL need not exist. Returns the new commit.
    pub fn add_submodule(&self, name: &str, path: &str, url: &str, commit: &str) -> String {
        let repository = self.repository(name);
        let key = |name: &str| format!("submodule.{path}.{name}");
        for (key, value) in [(key("path"), path), (key("url"), url)] {
            git(&repository, &["config", "--file=.gitmodules", &key, value]);
        }
        git(&repository, &["add", ".gitmodules"]);
        let entry = format!("160000,{commit},{path}");
        git(&repository, &["update-index", "--add", "--cacheinfo", &entry]);
        git(&repository, &["commit", "--quiet", "--message=Add a submodule"]);
        git(&repository, &["rev-parse", "HEAD"])
    }

    /// Commits `files` in an existing repository. Returns the commit.
    pub fn commit(&self, name: &str, files: &[(&str, &str)]) -> String {
        let path = &self.repository(name);
        for (file, content) in files {
            let file = path.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            if *content == BUSYBOX {
                fs::copy(busybox().unwrap(), file).unwrap();
            } else {
                fs::write(file, content).unwrap();
            }
        }
        git(path, &["add", "--all"]);
        git(path, &["commit", "--quiet", "--message=Change"]);
        git(path, &["rev-parse", "HEAD"])
    }

    /// Runs the workflow for `commit` of `repository`, with further `inputs`.
    pub async fn build(
        &self,
        repository: &str,
        commit: &str,
        inputs: &[(&str, &str)],
    ) -> JobResult {
        self.build_with(WORKFLOW, repository, commit, inputs).await
    }

    /// As [`Self::build`], with another workflow.
    pub async fn build_with(
        &self,
        workflow: &str,
        repository: &str,
        commit: &str,
        inputs: &[(&str, &str)],
    ) -> JobResult {
        let run_id = self.runs.fetch_add(1, Ordering::Relaxed);
        let build_id = format!("{run_id:026}");
        let image = format!("{}/apps/alice-shop-web", self.registry.address);
        let all = [
            ("build_id", build_id.as_str()),
            ("repository", repository),
            ("ref", commit),
            ("image", image.as_str()),
            ("tag", "latest"),
        ];
        let all = all.iter().chain(inputs);
        let inputs = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let job = Job { workflow, inputs: &inputs, run_id, attempt: 1 };
        let mut log = String::new();
        let mut on_event = |event: Event<'_>| {
            if let Event::Line(line) = event {
                log += line;
                log.push('\n');
            }
        };
        let result = self.machine.run(&job, &|| false, &mut on_event).await.unwrap();
        // Each job of GitHub has a new machine.
        self.engine.remove_containers();
        JobResult::new(result, log)
    }

    /// Builds the image of a directory with a Dockerfile, without the workflow, as `docker.io/NAME`.
    pub async fn publish(&self, context: &Path, name: &str) {
        publish(&self.machine, context, name).await.unwrap();
    }
}

/// The content of a file that is to be a static busybox.
pub const BUSYBOX: &str = "<busybox>";

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Alice", "-c", "user.email=alice@example.org"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
