//! A real registry, and everything that was pushed to it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

pub struct Registry {
    /// `HOST:PORT`
    pub address: String,
    storage: PathBuf,
    process: Child,
}

impl Registry {
    /// Starts Debian's `docker-registry` with an empty storage in `directory`.
    pub fn start(directory: &Path) -> Self {
        let storage = directory.join("registry");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("localhost:{port}");
        let config = format!(
            "version: 0.1\nlog: {{ accesslog: {{ disabled: true }}, level: error }}\n\
             storage: {{ filesystem: {{ rootdirectory: '{}' }} }}\nhttp: {{ addr: '127.0.0.1:{port}' }}\n",
            storage.display()
        );
        let path = directory.join("registry.yml");
        fs::write(&path, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(path).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Self { address, storage, process }
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
        let blobs = self.storage.join("docker/registry/v2/blobs/sha256");
        blobs.join(&hash[..2]).join(hash).join("data")
    }

    /// The names of all published blobs and manifests whose content, uncompressed, contains `text`.
    pub fn containing(&self, text: &str) -> Vec<String> {
        let script = "find \"$1\" -name data -type f | while read -r file; do \
                      zcat -f < \"$file\" | grep -aqF -e \"$2\" && echo \"$file\"; done; true";
        let output = Command::new("bash")
            .args(["-c", script, "bash"])
            .arg(self.storage.join("docker/registry/v2/blobs"))
            .arg(text)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
