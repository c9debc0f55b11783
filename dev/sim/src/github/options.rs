//! The configuration of a simulated GitHub.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::job::Job;

/// The GitHub App that the product authenticates as.
#[derive(Clone)]
pub struct AppKey {
    pub client_id: String,
    /// PKCS#1 or PKCS#8. Signatures are verified with its public half.
    pub private_key_pem: String,
}

/// Where webhooks are sent.
#[derive(Clone, Default)]
pub struct WebhookTarget {
    pub url: String,
    /// Webhooks are not signed if it is empty.
    pub secret: String,
}

#[derive(Clone)]
pub struct GitHubOptions {
    /// Where GitHub's API and the registry are served. Port 0 selects a free port.
    pub listen: SocketAddr,
    /// `owner/name`
    pub builder_repository: String,
    /// The workflow's file name.
    pub workflow: String,
    pub app: Option<AppKey>,
    /// A personal access token with all permissions.
    pub token: Option<String>,
    /// Client id and client secret of the OAuth app through which users sign in.
    pub oauth: Option<(String, String)>,
    pub webhook: Option<WebhookTarget>,
    /// How long each step of a workflow run takes.
    pub step: Duration,
    /// Also serve `/api/v3` as GitHub Enterprise Server does.
    pub ghes: bool,
    /// Respond to dispatches with 204 and without the run's id, for every API version.
    pub dispatch_204: bool,
    /// User and token that may pull private packages from the registry.
    pub registry_credentials: Option<(String, String)>,
    /// Whether packages are private.
    pub private_packages: bool,
    /// Record responses too, for tests that check them.
    pub record_responses: bool,
    /// Git repositories on this machine by `owner/name`: the only ones that exist. Without it every valid name is
    /// a repository, with invented commits.
    pub repositories: Option<BTreeMap<String, PathBuf>>,
    /// Names of repositories that every account has in its lists.
    pub sample_repositories: Vec<String>,
    /// Takes the jobs of workflow runs, in place of the simulated runner.
    pub runner: Option<UnboundedSender<Job>>,
}

impl GitHubOptions {
    /// Owner and name of the builder repository.
    pub(super) fn builder(&self) -> (&str, &str) {
        self.builder_repository.split_once('/').unwrap_or((&self.builder_repository, ""))
    }

    /// The folder of a repository on this machine.
    pub(super) fn local_repository(&self, full_name: &str) -> Option<&Path> {
        let mut repositories = self.repositories.iter().flatten();
        let found = repositories.find(|(name, _)| name.eq_ignore_ascii_case(full_name));
        found.map(|(_, folder)| folder.as_path())
    }
}

impl Default for GitHubOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            builder_repository: "nokube/builder".to_owned(),
            workflow: "build.yml".to_owned(),
            app: None,
            token: None,
            oauth: None,
            webhook: None,
            step: Duration::from_secs(1),
            ghes: false,
            dispatch_204: false,
            registry_credentials: None,
            private_packages: false,
            record_responses: false,
            repositories: None,
            sample_repositories: Vec::new(),
            runner: None,
        }
    }
}
