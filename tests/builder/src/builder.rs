//! A builder with everything that it reaches: a machine, an engine, a registry, source repositories.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{
    engine::Engine,
    git_server::GitServer,
    job::{JobResult, Machine},
    registry::Registry,
};

/// The workflow as it stands.
pub const WORKFLOW: &str = include_str!("../../../builder/.github/workflows/build.yml");

pub struct Builder {
    pub engine: Engine,
    pub registry: Registry,
    pub machine: Machine,
    runs: AtomicU32,
    // Dropped last: the others use its files.
    directory: tempfile::TempDir,
}

impl Builder {
    /// Starts a registry and an engine. Images from `docker.io` come from the registry.
    ///
    /// # Panics
    /// `NOKUBE_BUILDER_PROGRAMS` is not the folder with buildx, buildkitd and buildctl.
    pub fn start() -> Self {
        let programs = std::env::var("NOKUBE_BUILDER_PROGRAMS");
        let programs = PathBuf::from(programs.expect("run these tests with `make test-builder`"));
        let directory = tempfile::Builder::new().prefix("nokube-builder-").tempdir().unwrap();
        let path = directory.path();
        let registry = Registry::start(path);
        let engine = Engine::start(path, &programs, &registry.address);
        let git = GitServer::start(&path.join("sources"));
        let buildx = programs.join("buildx");
        let mut machine = Machine::new(path, &buildx, &engine.socket, &registry.address, git);
        let prefix = format!("{}/apps/", registry.address);
        machine.variables.insert("NOKUBE_IMAGE_PREFIX".into(), prefix);
        machine.variables.insert("NOKUBE_SBOM_IMAGE".into(), SBOM_IMAGE.into());
        let builder = Self { engine, registry, machine, runs: AtomicU32::new(1), directory };
        builder.publish_sbom_generator();
        builder
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
                fs::copy(busybox(), file).unwrap();
            } else {
                fs::write(file, content).unwrap();
            }
        }
        git(path, &["add", "--all"]);
        git(path, &["commit", "--quiet", "--message=Change"]);
        git(path, &["rev-parse", "HEAD"])
    }

    /// Runs the workflow for `commit` of `repository`, with further `inputs`.
    pub fn build(&self, repository: &str, commit: &str, inputs: &[(&str, &str)]) -> JobResult {
        self.build_with(WORKFLOW, repository, commit, inputs)
    }

    /// As [`Self::build`], with another workflow.
    pub fn build_with(
        &self,
        workflow: &str,
        repository: &str,
        commit: &str,
        inputs: &[(&str, &str)],
    ) -> JobResult {
        let run_id = self.runs.fetch_add(1, Ordering::Relaxed);
        let build_id = format!("{run_id:026}");
        let image = format!("{}/apps/alice-shop-web", self.registry.address);
        let mut all = vec![
            ("build_id", build_id.as_str()),
            ("repository", repository),
            ("ref", commit),
            ("image", image.as_str()),
            ("tag", "latest"),
        ];
        all.extend(inputs);
        let result = self.machine.run(workflow, &all, run_id);
        // Each job of GitHub has a new machine.
        self.engine.remove_containers();
        result
    }

    /// The scanner's image is not available here. This one follows the same protocol:
    /// `docs/attestations/sbom-protocol.md` of BuildKit.
    fn publish_sbom_generator(&self) {
        let context = self.directory.path().join("sbom");
        fs::create_dir_all(&context).unwrap();
        fs::copy(busybox(), context.join("sh")).unwrap();
        let statement = r#"{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3","name":"test"}}"#;
        let script =
            format!("echo '{statement}' > \"$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json\"\n");
        fs::write(context.join("scan"), script).unwrap();
        let dockerfile =
            "FROM scratch\nCOPY sh /bin/sh\nCOPY scan /scan\nENTRYPOINT [\"/bin/sh\", \"/scan\"]\n";
        fs::write(context.join("Dockerfile"), dockerfile).unwrap();
        self.publish(&context, SBOM_IMAGE);
    }

    /// Builds the image of a directory with a Dockerfile, without the workflow, as `docker.io/NAME`.
    pub fn publish(&self, context: &Path, name: &str) {
        let home = self.directory.path().join("publisher");
        fs::create_dir_all(&home).unwrap();
        let docker = |arguments: &[&str]| {
            let output = Command::new(self.machine.directory.join("bin/docker"))
                .arg("buildx")
                .args(arguments)
                .env("HOME", &home)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        if !home.join(".docker/buildx/instances/publisher").exists() {
            docker(&["create", "--name", "publisher", "--driver", "docker-container"]);
        }
        let output = format!("--output=type=image,push=true,name={}/{name}", self.registry.address);
        let context = context.to_str().unwrap();
        docker(&["build", "--builder=publisher", "--provenance=false", &output, context]);
    }
}

const SBOM_IMAGE: &str = "nokube/sbom-scanner:test";

/// The content of a file that is to be a static busybox.
pub const BUSYBOX: &str = "<busybox>";

fn busybox() -> &'static str {
    ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists()).unwrap()
}

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
