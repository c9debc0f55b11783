//! A real registry, and everything that was pushed to it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

pub struct Registry {
    /// `HOST:PORT`
    pub address: String,
    registry: nokube_dev_runner::registry::Registry,
}

impl Registry {
    /// Starts it with an empty storage in `directory`.
    pub async fn start(directory: &Path) -> Self {
        let registry = nokube_dev_runner::registry::Registry::start(directory, 0).await.unwrap();
        Self { address: registry.address.clone(), registry }
    }

    /// The manifest of a tag or digest, as JSON.
    pub fn manifest(&self, repository: &str, reference: &str) -> Value {
        let accept = "Accept: application/vnd.oci.image.index.v1+json, \
                      application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json";
        let url = format!("http://{}/v2/{repository}/manifests/{reference}", self.address);
        let output = Command::new("curl").args(["-fsS", "-H", accept, &url]).output().unwrap();
        assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The content of a blob as JSON.
    pub fn blob(&self, digest: &str) -> Value {
        serde_json::from_slice(&fs::read(self.blob_path(digest)).unwrap()).unwrap()
    }

    fn blob_path(&self, digest: &str) -> PathBuf {
        let hash = digest.strip_prefix("sha256:").unwrap();
        let blobs = self.registry.storage.join("docker/registry/v2/blobs/sha256");
        blobs.join(&hash[..2]).join(hash).join("data")
    }

    /// The names of all published blobs and manifests whose content, uncompressed, contains `text`.
    pub fn containing(&self, text: &str) -> Vec<String> {
        let script = "find \"$1\" -name data -type f | while read -r file; do \
                      zcat -f < \"$file\" | grep -aqF -e \"$2\" && echo \"$file\"; done; true";
        let output = Command::new("bash")
            .args(["-c", script, "bash"])
            .arg(self.registry.storage.join("docker/registry/v2/blobs"))
            .arg(text)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect()
    }
}
