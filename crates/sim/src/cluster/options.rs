//! How a simulated cluster is set up.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Images that cannot be pulled without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateImages {
    /// All images whose name begins so: `registry.example/team/`.
    pub prefix: String,
    pub username: String,
    pub password: String,
}

#[derive(Clone)]
pub struct ClusterOptions {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub control: Option<SocketAddr>,
    /// The bearer token that may do everything that is not denied. None: any token.
    pub token: Option<String>,
    /// Whose token it is, as refusals name them.
    pub user: String,
    /// Further tokens, and whose they are. They may do only what a Role gives them.
    pub accounts: BTreeMap<String, String>,
    /// How long each step of the controllers and of the nodes takes. One step counts as one
    /// second wherever an object gives a time in seconds.
    pub step: Duration,
    /// By how much every answer is later.
    pub delay: Duration,
    /// Whether the Gateway API is installed.
    pub gateway_api: bool,
    /// As `ops/rbac.yaml` leaves a cluster: the namespace that first deployments are tried in is there, and
    /// whoever has the token may make namespaces `nk-…` only.
    pub prepared: bool,
    pub private_images: Vec<PrivateImages>,
    /// A control plane alone: no node takes a pod, nothing gives storage, addresses or routes.
    pub bare: bool,
    /// Seconds by which the clock is ahead.
    pub clock_offset: i64,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            control: None,
            token: None,
            user: "system:serviceaccount:default:deployer".to_owned(),
            accounts: BTreeMap::new(),
            step: Duration::from_secs(1),
            delay: Duration::ZERO,
            gateway_api: true,
            prepared: false,
            private_images: Vec::new(),
            bare: false,
            clock_offset: 0,
        }
    }
}
