//! Starts a simulated cluster and stops it.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::control::ClusterControl;
use super::options::ClusterOptions;
use super::server_state::ServerState;
use super::{control_api, http};
use crate::traffic::server::serve;

/// A running simulation of a cluster. It stops when it is dropped.
///
/// It dereferences to [`ClusterControl`], which inspects and steers it.
pub struct SimulatedCluster {
    control: ClusterControl,
    control_url: Option<String>,
    tasks: Vec<JoinHandle<()>>,
}

/// The namespace for dry runs, as in `ops/rbac.yaml`.
fn preview_namespace() -> Value {
    let label = "pod-security.kubernetes.io";
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": "nokube-preview", "labels": {
            format!("{label}/enforce"): "baseline", format!("{label}/warn"): "baseline",
        } },
    })
}

impl SimulatedCluster {
    /// Listens on the addresses of the options. The cluster has the namespaces of a new cluster.
    ///
    /// # Errors
    /// If an address is in use.
    pub async fn start(options: ClusterOptions) -> anyhow::Result<Self> {
        let listen = async |address| {
            let listener = TcpListener::bind(address).await;
            listener.with_context(|| format!("cannot listen on {address}"))
        };
        let listener = listen(options.listen).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let control_address = options.control;
        let platform_rbac = options.platform_rbac;
        let server = Arc::new(ServerState::new(options, origin));
        let control = ClusterControl::new(server.clone());
        if platform_rbac {
            let put = server.cluster().put(preview_namespace(), server.now());
            put.map_err(|error| anyhow!(error.message))?;
        }
        let mut tasks = vec![
            tokio::spawn(serve(listener, http::router(&server))),
            tokio::spawn(server.clone().run_controllers()),
        ];
        let mut control_url = None;
        if let Some(address) = control_address {
            let listener = listen(address).await?;
            control_url = Some(format!("http://{}", listener.local_addr()?));
            tasks.push(tokio::spawn(serve(listener, control_api::router(control.clone()))));
        }
        Ok(Self { control, control_url, tasks })
    }

    /// The address of the control API.
    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.control_url.clone()
    }
}

impl Drop for SimulatedCluster {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Deref for SimulatedCluster {
    type Target = ClusterControl;

    fn deref(&self) -> &ClusterControl {
        &self.control
    }
}
