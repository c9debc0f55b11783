//! The programs of a cluster, which `scripts/cluster-programs` compiles.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The environment variable with the folder that `scripts/cluster-programs` prints.
pub const PROGRAMS_VARIABLE: &str = "NOKUBE_CLUSTER_PROGRAMS";

const NAMES: &[&str] = &[
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
    "kube-router",
    "coredns",
    "metrics-server",
    "traefik",
    "pause",
    "app",
    "load",
];

#[derive(Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// The folder of `NOKUBE_CLUSTER_PROGRAMS`.
    pub fn find() -> Result<Self> {
        let folder = std::env::var_os(PROGRAMS_VARIABLE).filter(|folder| !folder.is_empty());
        let folder = folder.with_context(|| {
            format!(
                "no programs for the cluster: run `make test-cluster` or `make cluster`, or set \
                 {PROGRAMS_VARIABLE} to the folder that `scripts/cluster-programs` prints"
            )
        })?;
        let folder = PathBuf::from(folder);
        let missing: Vec<_> =
            NAMES.iter().copied().filter(|name| !folder.join(name).is_file()).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            bail!("{PROGRAMS_VARIABLE}={} does not contain {missing}", folder.display());
        }
        Ok(Self(folder))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }
}
