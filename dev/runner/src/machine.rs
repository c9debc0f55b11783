//! A machine with the tools of a job, on which jobs run one after the other.

use crate::git_server::GitServer;
use anyhow::Result;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub struct Machine {
    /// Where `docker`, the programs and GitHub's cache are.
    pub directory: PathBuf,
    /// `HOST:PORT`, without TLS.
    pub registry: String,
    /// Where the source repositories are.
    pub git: GitServer,
    /// The repository variables of the builder repository.
    pub variables: BTreeMap<String, String>,
}

impl Machine {
    /// Puts a `docker` command on the machine: `docker buildx` is the real buildx, and `docker login` stores
    /// the credentials as Docker does. `engine` is the engine's socket.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn put_docker(&self, buildx: &Path, engine: &Path) -> Result<()> {
        let docker = format!(
            "#!/bin/sh\nexport DOCKER_HOST=unix://{}\ncase $1 in\n\
             buildx) shift; exec {} \"$@\" ;;\n\
             login) shift; mkdir -p \"$HOME/.docker\"; exec skopeo login --tls-verify=false \
             --authfile \"$HOME/.docker/config.json\" \"$@\" ;;\n\
             *) echo \"docker: no such command: $1\" >&2; exit 1 ;;\nesac\n",
            engine.display(),
            buildx.display()
        );
        let programs = self.directory.join("bin");
        fs::create_dir_all(&programs)?;
        fs::write(programs.join("docker"), docker)?;
        fs::set_permissions(programs.join("docker"), fs::Permissions::from_mode(0o755))?;
        Ok(())
    }
}
