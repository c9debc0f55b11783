//! A real Kubernetes control plane on one machine, for the tests: etcd, the API server and its
//! controllers, with a player for the nodes that are not there.
//!
//! ```ignore
//! let cluster = Cluster::shared().await?;
//! let admin = cluster.admin()?;
//! let namespace = cluster.namespace("shop", &json!({})).await?;
//! let node = Kubelet::start(&admin, &namespace).await?;
//! admin.apply(&deployment).await?.ok()?;
//! node.make("app=web", 1, &Fate::Ready).await?;
//! ```
#![allow(clippy::indexing_slicing)] // Tests.

mod account;
mod client;
mod http;
mod keys;
mod kubeconfig;
mod kubelet;
mod process;
pub mod requests;
mod servers;

pub use client::{Answer, Client, MANAGER, condition};
pub use kubelet::{Fate, Kubelet, Playing};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use servers::Servers;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A cluster of somebody else's to test against, in place of one that is started.
pub const KUBECONFIG: &str = "NOKUBE_TEST_KUBECONFIG";

pub struct Cluster {
    url: String,
    ca_pem: String,
    ca_file: PathBuf,
    token: String,
    /// Kept so that it ends with this value.
    _servers: Option<Servers>,
    _folder: Option<TempDir>,
}

impl Cluster {
    /// The cluster of this test process. It ends with the process.
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// A cluster of one's own, or the one that `NOKUBE_TEST_KUBECONFIG` names. Where there is
    /// neither, the error says what to do.
    pub async fn start() -> Result<Self> {
        match std::env::var_os(KUBECONFIG).filter(|path| !path.is_empty()) {
            Some(path) => Self::named(Path::new(&path)).await.context(KUBECONFIG),
            None => Self::own().await,
        }
    }

    async fn own() -> Result<Self> {
        let servers = Servers::start().await?;
        let cluster = Self {
            url: servers.url.clone(),
            ca_pem: servers.ca_pem.clone(),
            ca_file: servers.ca_file.clone(),
            token: servers.admin_token.clone(),
            _folder: None,
            _servers: None,
        };
        let routes = servers.assets.join("gateway.networking.k8s.io_httproutes.yaml");
        let routes = fs::read_to_string(&routes)
            .with_context(|| format!("the Gateway API's {}", routes.display()))?;
        cluster.admin()?.apply_yaml(&routes).await?;
        Ok(Self { _servers: Some(servers), ..cluster })
    }

    /// The cluster that the current context of a kubeconfig names.
    pub async fn named(path: &Path) -> Result<Self> {
        let access = kubeconfig::read(path)?;
        let folder = TempDir::with_prefix("nokube-kube-")?;
        let ca_file = folder.path().join(keys::CA);
        fs::write(&ca_file, &access.ca_pem)?;
        let token = match (access.token, access.identity) {
            (Some(token), _) => token,
            (None, identity) => {
                let http = http::client(&access.ca_pem, identity.as_deref())?;
                account::administrator(&Client::new(http, &access.url)).await?
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
        let everything = json!({ "verb": "*", "group": "*", "resource": "*" });
        cluster.admin()?.until_may(&everything).await.context("an administrator is needed")?;
        Ok(cluster)
    }

    /// `https://…`, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate that the server's is to be checked against.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The token of an administrator.
    pub fn admin_token(&self) -> &str {
        &self.token
    }

    /// A client that trusts this cluster. Every test asks for its own, because connections end
    /// with a test's runtime.
    pub fn http(&self) -> Result<reqwest::Client> {
        http::client(&self.ca_pem, None)
    }

    /// Nobody in particular: no token.
    pub fn anybody(&self) -> Result<Client> {
        Ok(Client::new(self.http()?, &self.url))
    }

    /// Whoever this token belongs to.
    pub fn bearer(&self, token: &str) -> Result<Client> {
        Ok(self.anybody()?.with_token(token))
    }

    /// An administrator.
    pub fn admin(&self) -> Result<Client> {
        self.bearer(&self.token)
    }

    /// The token of a service account, which is created where it is missing. Rights come from the
    /// roles that the test binds to it.
    pub async fn account_token(&self, namespace: &str, name: &str) -> Result<String> {
        account::token(&self.admin()?, namespace, name).await
    }

    /// Creates a namespace whose name begins so, and waits until pods can be made in it.
    pub async fn namespace(&self, prefix: &str, labels: &Value) -> Result<String> {
        let name = format!("{prefix}-{:08x}", fastrand::u32(..));
        let admin = self.admin()?;
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name, "labels": labels },
        });
        admin.create("/api/v1/namespaces", &namespace).await?.expect(201)?;
        let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
        admin.until(&account, |_| true).await?;
        Ok(name)
    }
}
