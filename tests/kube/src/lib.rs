//! A real Kubernetes control plane on one machine, for tests: etcd, the API server and its controllers. It
//! has no nodes; a scripted [`Kubelet`] reports the status of pods.
//!
//! ```ignore
//! let cluster = Cluster::shared().await?;
//! let admin = cluster.admin()?;
//! let namespace = cluster.create_namespace("shop", &json!({})).await?;
//! let kubelet = Kubelet::start(&admin, &namespace).await?;
//! admin.apply(&deployment).await?.ok()?;
//! kubelet.set_behaviour("app=web", 1, &PodBehaviour::Ready).await?;
//! ```
#![allow(clippy::indexing_slicing)] // Tests.

mod kubeconfig;
mod kubelet;
mod process;
pub mod requests;
mod servers;

pub use kubelet::{Kubelet, PodBehaviour, RunningKubelet};
pub use nokube_dev_cluster::{Client, FIELD_MANAGER, Response, condition_status};

use anyhow::{Context, Result};
use nokube_dev_cluster::{http, service_account};
use serde_json::{Value, json};
use servers::Servers;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The environment variable with the path of a kubeconfig. The tests then use its cluster instead of
/// starting one.
pub const KUBECONFIG_VARIABLE: &str = "NOKUBE_TEST_KUBECONFIG";

pub struct Cluster {
    url: String,
    ca_pem: String,
    ca_file: PathBuf,
    token: String,
    /// Stops the servers when the cluster is dropped.
    _servers: Option<Servers>,
    _folder: Option<TempDir>,
}

impl Cluster {
    /// The cluster that all tests of this process share. It stops with the process.
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// Starts a cluster, or uses the one of `NOKUBE_TEST_KUBECONFIG`.
    ///
    /// # Errors
    /// If neither is possible; the message says what to do.
    pub async fn start() -> Result<Self> {
        match std::env::var_os(KUBECONFIG_VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => {
                Self::from_kubeconfig(Path::new(&path)).await.context(KUBECONFIG_VARIABLE)
            }
            None => Self::start_servers().await,
        }
    }

    async fn start_servers() -> Result<Self> {
        let servers = Servers::start().await?;
        let cluster = Self {
            url: servers.url.clone(),
            ca_pem: servers.ca_pem.clone(),
            ca_file: servers.ca_file.clone(),
            token: servers.admin_token.clone(),
            _folder: None,
            _servers: None,
        };
        let crd_path = servers.assets.join("gateway.networking.k8s.io_httproutes.yaml");
        let crd = fs::read_to_string(&crd_path)
            .with_context(|| format!("the Gateway API's {}", crd_path.display()))?;
        cluster.admin()?.apply_yaml(&crd).await?;
        Ok(Self { _servers: Some(servers), ..cluster })
    }

    /// Uses the cluster of a kubeconfig's current context.
    pub async fn from_kubeconfig(path: &Path) -> Result<Self> {
        let access = kubeconfig::read(path)?;
        let folder = TempDir::with_prefix("nokube-kube-")?;
        let ca_file = folder.path().join(servers::CA_FILE);
        fs::write(&ca_file, &access.ca_pem)?;
        let token = match (access.token, access.identity) {
            (Some(token), _) => token,
            (None, identity) => {
                let http = http::client(&access.ca_pem, identity.as_deref())?;
                service_account::create_admin_token(&Client::new(http, &access.url)).await?
            }
        };
        let cluster = Self {
            url: access.url,
            ca_pem: access.ca_pem,
            ca_file,
            token,
            _servers: None,
            _folder: Some(folder),
        };
        let all_permissions = json!({ "verb": "*", "group": "*", "resource": "*" });
        cluster
            .admin()?
            .wait_until_allowed(&all_permissions)
            .await
            .context("an administrator is needed")?;
        Ok(cluster)
    }

    /// `https://…`, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate authority of the API server.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// An administrator's bearer token.
    pub fn admin_token(&self) -> &str {
        &self.token
    }

    /// An HTTP client that trusts this cluster's certificate authority. Each test needs its own, because
    /// connections end with the test's async runtime.
    pub fn http(&self) -> Result<reqwest::Client> {
        http::client(&self.ca_pem, None)
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Result<Client> {
        Ok(Client::new(self.http()?, &self.url))
    }

    pub fn client_with_token(&self, token: &str) -> Result<Client> {
        Ok(self.anonymous()?.with_token(token))
    }

    /// A client with an administrator's token.
    pub fn admin(&self) -> Result<Client> {
        self.client_with_token(&self.token)
    }

    /// Creates a service account if it does not exist, and a token for it. The test must bind roles to the
    /// account to give it permissions.
    pub async fn service_account_token(&self, namespace: &str, name: &str) -> Result<String> {
        service_account::create_token(&self.admin()?, namespace, name).await
    }

    /// Creates a namespace with a random name, and waits until pods can be created in it.
    pub async fn create_namespace(&self, prefix: &str, labels: &Value) -> Result<String> {
        let name = format!("{prefix}-{:08x}", fastrand::u32(..));
        let admin = self.admin()?;
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name, "labels": labels },
        });
        admin.create("/api/v1/namespaces", &namespace).await?.expect(201)?;
        let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
        admin.wait_until(&account, |_| true).await?;
        Ok(name)
    }
}
