//! The real cluster: access for the platform, and its entrance on this machine.

use crate::{ClusterKind, forward::Forwarder};
use anyhow::{Context, Result};
use data_encoding::BASE64;
use nokube_dev::run::{APPS_DOMAIN, RealCluster};
use nokube_dev_cluster::{Cluster, Options};
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};

const STARTING: &str = "Starting a real Kubernetes with two nodes (about half a minute): etcd, the control plane, \
    kubelets, containerd, DNS, metrics, an Ingress and Gateway controller, all in namespaces of their own";
const NAMESPACE: &str = "nokube";
const SERVICE_ACCOUNT: &str = "nokube-deployer";

/// A running cluster with its forwarded ports.
pub struct LocalCluster {
    cluster: Cluster,
    kind: ClusterKind,
    forwarders: Vec<Forwarder>,
}

impl LocalCluster {
    /// # Errors
    /// A program is missing, or the cluster does not become ready.
    pub async fn start(kind: ClusterKind) -> Result<(Self, RealCluster)> {
        let cluster = match kind {
            ClusterKind::Running => Cluster::attach()?,
            ClusterKind::Real | ClusterKind::Simulated => {
                println!("{STARTING}");
                Cluster::start(&Options { apps_domain: APPS_DOMAIN.into() }).await?
            }
        };
        let token = create_token(&cluster).await?;
        let entrance: IpAddr = cluster.entrance_address().parse()?;
        let http = Forwarder::start_locally(80, SocketAddr::new(entrance, 80)).await?;
        let https = Forwarder::start_locally(443, SocketAddr::new(entrance, 443)).await?;
        println!("Real cluster: export KUBECONFIG={}", cluster.kubeconfig().display());
        println!(
            "Services open on http://….{APPS_DOMAIN} (ports {} and {} of this machine; with https the browser \
             warns, because the certificate is the cluster's own)",
            http.address.port(),
            https.address.port()
        );
        let access =
            RealCluster { url: cluster.url().to_owned(), token, gateway: "traefik/main".into() };
        Ok((Self { cluster, kind, forwarders: vec![http, https] }, access))
    }

    /// Spin's runtime configuration for access to the API server, as `ops/README.md` describes it.
    ///
    /// # Errors
    /// The API server has no URL with https.
    pub fn runtime_configuration(&self) -> Result<String> {
        let authority = self.cluster.url().strip_prefix("https://").context("no https")?;
        let host = authority.split(':').next().unwrap_or(authority);
        let ca_file = self.cluster.ca_file();
        Ok(format!(
            "log_dir = \"\"\n\n[[client_tls]]\ncomponent_ids = [\"deploy\"]\nhosts = [\"{host}\"]\n\
             ca_roots_file = \"{}\"\n",
            ca_file.display()
        ))
    }

    /// Stops it, unless it ran before.
    ///
    /// # Errors
    /// Something remains.
    pub async fn stop(self) -> Result<()> {
        match self.kind {
            ClusterKind::Running => Ok(()),
            ClusterKind::Real | ClusterKind::Simulated => self.cluster.stop().await,
        }
    }

    /// Forwards a registry on this machine's port to the nodes, which have it under the same name.
    ///
    /// # Errors
    /// The port is in use on the machine's address in the cluster's network.
    pub async fn add_registry(&mut self, name: &str) -> Result<()> {
        let (_, port) = name.rsplit_once(':').context("a registry without a port")?;
        let port = port.parse()?;
        let machine: IpAddr = self.cluster.machine_address().parse()?;
        let address = SocketAddr::new(machine, port);
        let target = SocketAddr::from(([127, 0, 0, 1], port));
        self.forwarders.push(Forwarder::start(address, target).await?);
        self.cluster.add_registry(name, &format!("http://{address}"))
    }
}

/// Applies the platform's roles, and creates a token that does not expire.
async fn create_token(cluster: &Cluster) -> Result<String> {
    let admin = cluster.admin()?;
    admin.apply_permissions().await?;
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "namespace": NAMESPACE,
            "name": "nokube-token",
            "annotations": { "kubernetes.io/service-account.name": SERVICE_ACCOUNT },
        },
        "type": "kubernetes.io/service-account-token",
    });
    admin.apply(&secret).await?.ok()?;
    let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets/nokube-token");
    let token =
        |secret: &Value| secret.pointer("/data/token").and_then(Value::as_str).map(str::to_owned);
    let secret = admin.wait_until(&path, |secret| token(secret).is_some()).await?;
    let token = BASE64.decode(token(&secret).context("no token")?.as_bytes())?;
    Ok(String::from_utf8(token)?)
}
