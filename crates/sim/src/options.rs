//! How a simulated GitHub is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The GitHub App that the product signs in as.
#[derive(Clone)]
pub struct AppKey {
    pub client_id: String,
    /// PKCS#1 or PKCS#8. Only its public half is used.
    pub private_key_pem: String,
}

/// Where events go.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    pub secret: String,
}

#[derive(Clone)]
pub struct Options {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub control: Option<SocketAddr>,
    /// `owner/name`
    pub builder_repository: String,
    /// The workflow's file name.
    pub workflow: String,
    pub app: Option<AppKey>,
    /// A personal access token that may do everything.
    pub token: Option<String>,
    /// Client id and secret with which people sign in through somebody's platform.
    pub oauth: Option<(String, String)>,
    pub webhook: Option<Webhook>,
    /// Send a `ping` as soon as a webhook is configured.
    pub ping: bool,
    /// How long each step of a run takes.
    pub step: Duration,
    /// Also serve `/api/v3` as GitHub Enterprise Server does.
    pub ghes: bool,
    /// Answer dispatches with 204 even where 200 with the run's id is promised.
    pub dispatch_204: bool,
    /// User and token that may pull private packages.
    pub registry_credentials: Option<(String, String)>,
    /// Whether new packages are private, as they are on the real registry.
    pub private_packages: bool,
    /// Seconds by which the simulation's clock is ahead.
    pub clock_offset: i64,
    /// Keep what was answered, for tests that look at it.
    pub keep_answers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            control: None,
            builder_repository: "nokube/builder".to_owned(),
            workflow: "build.yml".to_owned(),
            app: None,
            token: None,
            oauth: None,
            webhook: None,
            ping: false,
            step: Duration::from_secs(1),
            ghes: false,
            dispatch_204: false,
            registry_credentials: None,
            private_packages: false,
            clock_offset: 0,
            keep_answers: false,
        }
    }
}
