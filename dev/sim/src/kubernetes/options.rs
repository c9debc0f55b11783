//! The options of a simulated cluster.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Images that can only be pulled with credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateImages {
    /// The beginning of the images' names: `registry.example/team/`.
    pub prefix: String,
    pub username: String,
    pub password: String,
}

#[derive(Clone)]
pub struct ClusterOptions {
    /// Where to serve the API server. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// The bearer token of the only user, who may do everything that a test has not denied. If None,
    /// requests need no token.
    pub token: Option<String>,
    /// The user's name, which error messages contain.
    pub user: String,
    /// How long each step of the controllers and nodes takes. For fields of objects in seconds, such
    /// as deadlines, a step counts as one second.
    pub step: Duration,
    /// Delays every response.
    pub delay: Duration,
    /// Whether the Gateway API is installed.
    pub gateway_api: bool,
    /// Whether `ops/rbac.yaml` and `ops/admission` are applied: the namespace for dry runs exists, and
    /// the ValidatingAdmissionPolicies deny what the platform tries to find out whether they do.
    pub platform_rbac: bool,
    pub private_images: Vec<PrivateImages>,
    /// Without nodes: pods are never scheduled.
    pub control_plane_only: bool,
    /// How many seconds the clock is ahead.
    pub clock_offset: i64,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: None,
            user: "system:serviceaccount:default:deployer".to_owned(),
            step: Duration::from_secs(1),
            delay: Duration::ZERO,
            gateway_api: true,
            platform_rbac: false,
            private_images: Vec::new(),
            control_plane_only: false,
            clock_offset: 0,
        }
    }
}
