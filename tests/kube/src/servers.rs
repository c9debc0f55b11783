//! Starts etcd, the API server and the controller manager on free ports.

use crate::process::Process;
use anyhow::{Context, Result, bail};
use nokube_dev_cluster::certificates::{self, Authority};
use serde_json::json;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The environment variable with the folder of the three servers, which `scripts/kube-servers` prints.
pub const ASSETS_VARIABLE: &str = "KUBEBUILDER_ASSETS";

/// The controllers that act on the objects of deployments.
const CONTROLLERS: &[&str] = &[
    "deployment-controller",
    "disruption-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "namespace-controller",
    "persistentvolume-binder-controller",
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
];

/// The certificate authority of the API server, in the folder of the servers.
pub const CA_FILE: &str = "ca.pem";

const MAX_ATTEMPTS: u32 = 3;
const READY_TIMEOUT: Duration = Duration::from_secs(90);

pub struct Servers {
    pub url: String,
    pub ca_pem: String,
    pub ca_file: PathBuf,
    pub admin_token: String,
    pub assets: PathBuf,
    processes: Vec<Process>,
}

impl Servers {
    /// Starts the servers. Retries if another process takes one of the free ports before they listen on it.
    pub async fn start() -> Result<Self> {
        let assets = assets_folder()?;
        let mut last_error = None;
        for _ in 0..MAX_ATTEMPTS {
            match Self::try_start(&assets).await {
                Ok(servers) => return Ok(servers),
                Err(error) if error.to_string().contains("address already in use") => {
                    last_error = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(last_error.unwrap_or_else(|| anyhow::anyhow!("no free port")))
    }

    async fn try_start(assets: &Path) -> Result<Self> {
        // The watchers of the processes remove the folder, even if the test process is killed.
        let root = TempDir::with_prefix("nokube-kube-")?.keep();
        let ca_pem = write_certificates(&root)?;
        let admin_token = format!("admin-{:032x}", fastrand::u128(..));
        fs::write(root.join("tokens.csv"), format!("{admin_token},admin,admin,system:masters\n"))?;
        let [etcd, peer, api] = free_ports()?;
        let url = format!("https://127.0.0.1:{api}");
        fs::write(root.join("controllers.json"), kubeconfig(&url, &root, &admin_token))?;

        let start_process = |name, args| Process::start(&assets.join(name), name, &root, args);
        let mut servers = Self {
            processes: vec![start_process("etcd", etcd_args(&root, etcd, peer))?],
            ca_file: root.join(CA_FILE),
            assets: assets.into(),
            url,
            ca_pem,
            admin_token,
        };
        servers.processes.push(start_process("kube-apiserver", apiserver_args(&root, etcd, api))?);
        servers.wait_until_ready().await?;
        servers.processes.push(start_process("kube-controller-manager", controllers_args(&root))?);
        Ok(servers)
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let client = nokube_dev_cluster::http::client(&self.ca_pem, None)?;
        let started_at = Instant::now();
        loop {
            if let Some(error) = self.processes.iter().find_map(Process::exit_error) {
                bail!("{error}");
            }
            let request = client.get(format!("{}/readyz", self.url)).bearer_auth(&self.admin_token);
            if request.send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            if started_at.elapsed() > READY_TIMEOUT {
                let logs: Vec<_> = self.processes.iter().map(Process::log_tail).collect();
                bail!("the API server is not ready after 90 s:\n{}", logs.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn assets_folder() -> Result<PathBuf> {
    let folder = std::env::var_os(ASSETS_VARIABLE).filter(|folder| !folder.is_empty()).with_context(|| {
        format!(
            "no Kubernetes for the tests: run `make test-kube`, or set {ASSETS_VARIABLE} to the folder \
             that `scripts/kube-servers` prints, or NOKUBE_TEST_KUBECONFIG to a cluster's \
             kubeconfig"
        )
    })?;
    let folder = PathBuf::from(folder);
    for name in ["etcd", "kube-apiserver", "kube-controller-manager"] {
        if !folder.join(name).is_file() {
            bail!("{ASSETS_VARIABLE}={} does not contain {name}", folder.display());
        }
    }
    Ok(folder)
}

/// Writes all certificates and keys. Returns the authority's certificate (PEM).
fn write_certificates(folder: &Path) -> Result<String> {
    let authority = Authority::new()?;
    let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"];
    authority.server(&names)?.write(folder, "server")?;
    authority.client("certified-admin", Some("system:masters"))?.write(folder, "admin")?;
    certificates::account_key()?.write(folder, "accounts")?;
    fs::write(folder.join(CA_FILE), authority.pem())?;
    Ok(authority.pem())
}

/// Finds different free ports. All are held until the last one is found.
fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut listeners = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

fn flags(flags: &[(&str, String)]) -> Vec<String> {
    flags.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

fn etcd_args(root: &Path, port: u16, peer: u16) -> Vec<String> {
    let (url, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
    flags(&[
        ("data-dir", root.join("etcd").display().to_string()),
        ("listen-client-urls", url.clone()),
        ("advertise-client-urls", url),
        ("listen-peer-urls", peer.clone()),
        ("initial-advertise-peer-urls", peer.clone()),
        ("initial-cluster", format!("default={peer}")),
        // The data need not survive the tests.
        ("unsafe-no-fsync", "true".into()),
        ("log-level", "warn".into()),
    ])
}

fn apiserver_args(root: &Path, etcd: u16, port: u16) -> Vec<String> {
    let file = |name| root.join(name).display().to_string();
    flags(&[
        ("etcd-servers", format!("http://127.0.0.1:{etcd}")),
        ("bind-address", "127.0.0.1".into()),
        ("advertise-address", "127.0.0.1".into()),
        ("endpoint-reconciler-type", "none".into()),
        ("secure-port", port.to_string()),
        ("cert-dir", root.display().to_string()),
        ("tls-cert-file", file("server.pem")),
        ("tls-private-key-file", file("server.key")),
        ("client-ca-file", file(CA_FILE)),
        ("token-auth-file", file("tokens.csv")),
        ("authorization-mode", "RBAC".into()),
        ("service-account-issuer", "https://kubernetes.default.svc".into()),
        ("service-account-key-file", file("accounts.pem")),
        ("service-account-signing-key-file", file("accounts.key")),
        ("service-cluster-ip-range", "10.96.0.0/16".into()),
        ("enable-priority-and-fairness", "false".into()),
        ("profiling", "false".into()),
    ])
}

fn controllers_args(root: &Path) -> Vec<String> {
    let file = |name| root.join(name).display().to_string();
    flags(&[
        ("kubeconfig", file("controllers.json")),
        ("controllers", CONTROLLERS.join(",")),
        ("root-ca-file", file(CA_FILE)),
        ("service-account-private-key-file", file("accounts.key")),
        ("leader-elect", "false".into()),
        ("secure-port", "0".into()),
        ("cert-dir", root.display().to_string()),
        ("kube-api-qps", "1000".into()),
        ("kube-api-burst", "2000".into()),
        ("horizontal-pod-autoscaler-sync-period", "1s".into()),
        ("resource-quota-sync-period", "5s".into()),
        ("profiling", "false".into()),
    ])
}

fn kubeconfig(url: &str, root: &Path, token: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "tests",
            "cluster": { "server": url, "certificate-authority": root.join(CA_FILE) },
        }],
        "users": [{ "name": "admin", "user": { "token": token } }],
        "contexts": [{ "name": "tests", "context": { "cluster": "tests", "user": "admin" } }],
        "current-context": "tests",
    })
    .to_string()
}
