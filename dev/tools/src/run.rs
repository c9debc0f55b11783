//! `make run`: runs the simulations of GitHub and Kubernetes in this process, and Spin or the local host in
//! another, until Ctrl-C. Real systems can take the place of simulated ones.

use crate::{
    host_process::{HostOptions, HostProcess},
    local_instance::{
        APP_CLIENT_ID, BUILDER, EVERYBODY_ORGANISATION, JWT_ISSUER, Secrets, load_secrets,
    },
    readiness::{Readiness, fetch_readiness},
    spin::Host,
};
use anyhow::{Result, bail};
use nokube_sim::{
    AppKey, ClusterOptions, GitHubOptions, Job, SimulatedCluster, SimulatedGitHub, WebhookTarget,
};
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::UnboundedSender,
};

/// The namespace of the platform's images in the registry.
pub const REGISTRY_NAMESPACE: &str = "local";
/// What every account has in the list of its repositories, with simulated builds.
const SAMPLE_REPOSITORIES: [&str; 3] = ["blog", "private-notes", "shop"];
pub const APPS_DOMAIN: &str = "apps.localhost";

/// Real systems in place of simulated ones.
#[derive(Default)]
pub struct RealSystems {
    pub builds: Option<RealBuilds>,
    pub cluster: Option<RealCluster>,
    pub host: HostOptions,
}

pub struct RealBuilds {
    /// Folders of Git repositories by `OWNER/NAME`: those that the simulated GitHub has.
    pub repositories: BTreeMap<String, PathBuf>,
    /// Takes the jobs of workflow runs.
    pub runner: UnboundedSender<Job>,
    /// `HOST:PORT` of a registry without TLS, as in the names of images.
    pub registry: String,
}

pub struct RealCluster {
    /// The origin of the API server.
    pub url: String,
    pub token: String,
    /// NAMESPACE/NAME
    pub gateway: String,
}

/// The signals that ask this program to end.
pub struct StopSignals([Signal; 3]);

impl StopSignals {
    /// To be called before anything is started, so that it is stopped whenever this program is.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn register() -> io::Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Waits for one of them.
    pub async fn received(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Serves the platform until a signal.
///
/// # Errors
/// Something does not start, or the platform ends by itself.
pub async fn run(
    host: &Host,
    listen: SocketAddr,
    state_dir: &Path,
    stop: &mut StopSignals,
    real: RealSystems,
) -> Result<()> {
    let secrets = load_secrets(state_dir)?;
    let mut settings = settings(&secrets, &format!("http://{listen}"));
    let mut messages = Vec::new();
    if let Some(builds) = &real.builds {
        let registry_url = format!("http://{}", builds.registry);
        settings
            .extend([("registry", builds.registry.clone()), ("registry_api_url", registry_url)]);
    }
    let builds = if real.builds.is_some() { "are real" } else { "take about ten seconds" };
    let github = start_github(listen, &secrets, real.builds).await?;
    messages.push(format!("Simulated GitHub on {} (builds {builds})", github.url()));
    messages.push(format!(
        "To push a commit: curl -X POST {}/_push/YOUR-LOGIN/shop (docs/simulation.md)",
        github.url()
    ));
    for name in ["github_sign_in_url", "github_api_url", "registry_api_url"] {
        settings.entry(name).or_insert_with(|| github.url());
    }
    // It stops when it is dropped.
    let _simulated_cluster = match &real.cluster {
        Some(cluster) => {
            settings.extend(cluster_settings(cluster));
            None
        }
        None => {
            let cluster = start_cluster(&secrets).await?;
            let url = cluster.url();
            messages
                .push(format!("Simulated cluster on {url} (pods are ready after a few seconds)"));
            let token = secrets.cluster_token.clone();
            settings.extend([("kubernetes_api_url", url), ("kubernetes_token", token)]);
            Some(cluster)
        }
    };
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut process = HostProcess::spawn(host, listen, state_dir, &settings, &real.host)?;

    let result = tokio::select! {
        result = serve(&mut process, &secrets, &messages) => result,
        () = stop.received() => Ok(()),
    };
    process.stop().await;
    result?;
    println!("Stopped.");
    Ok(())
}

/// Prints the URLs when the platform is ready. Returns only if the platform ends by itself, which is an error.
async fn serve(process: &mut HostProcess, secrets: &Secrets, messages: &[String]) -> Result<()> {
    let url = process.started().await?;
    print_readiness(&url, &secrets.session).await;
    for message in messages {
        println!("{message}");
    }
    println!("Open {url} in a browser and sign in with any name. `admin` is the administrator.");
    println!("For a bearer token: make token USER=alice");
    println!("Serving {url}");
    let status = process.ended().await?;
    bail!("the platform has ended ({status}); its last output says why")
}

async fn start_github(
    listen: SocketAddr,
    secrets: &Secrets,
    builds: Option<RealBuilds>,
) -> Result<SimulatedGitHub> {
    let url = format!("http://{listen}/api/v1/webhooks/github");
    let (repositories, runner) = builds.map(|builds| (builds.repositories, builds.runner)).unzip();
    SimulatedGitHub::start(GitHubOptions {
        builder_repository: BUILDER.into(),
        app: Some(AppKey {
            client_id: APP_CLIENT_ID.into(),
            private_key_pem: secrets.app_key.replace("\\n", "\n"),
        }),
        oauth: Some((APP_CLIENT_ID.into(), secrets.client.clone())),
        webhook: Some(WebhookTarget { url, secret: secrets.webhook.clone() }),
        repositories,
        sample_repositories: SAMPLE_REPOSITORIES.map(str::to_owned).into(),
        runner,
        ..GitHubOptions::default()
    })
    .await
}

async fn start_cluster(secrets: &Secrets) -> Result<SimulatedCluster> {
    SimulatedCluster::start(ClusterOptions {
        token: Some(secrets.cluster_token.clone()),
        platform_rbac: true,
        ..ClusterOptions::default()
    })
    .await
}

/// The platform's settings, except for the URLs of other systems.
fn settings(secrets: &Secrets, platform_url: &str) -> BTreeMap<&'static str, String> {
    [
        ("auth_jwt_secret", secrets.jwt.as_str()),
        ("auth_session_secret", &secrets.session),
        ("platform_url", platform_url),
        ("github_oauth_client_id", APP_CLIENT_ID),
        ("github_oauth_client_secret", &secrets.client),
        ("auth_allowed_organisations", EVERYBODY_ORGANISATION),
        ("auth_administrators", "admin, jwt:admin"),
        ("auth_jwt_issuer", JWT_ISSUER),
        ("auth_jwt_subjects_are_github_logins", "true"),
        ("github_builder_repository", BUILDER),
        ("github_app_client_id", APP_CLIENT_ID),
        ("github_app_private_key", &secrets.app_key),
        ("github_webhook_secret", &secrets.webhook),
        ("registry_namespace", REGISTRY_NAMESPACE),
        ("secret_names_key", &secrets.names_key),
        ("apps_domain", APPS_DOMAIN),
        ("apps_routing", "gateway"),
        ("apps_gateway", "gateway/main"),
        ("apps_certificates", "shared"),
        // Short, so that a developer soon sees a lost build as failed. The simulated GitHub forgets its runs
        // when it stops.
        ("build_quiet_seconds", "3"),
        ("build_grace_seconds", "60"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn cluster_settings(cluster: &RealCluster) -> [(&'static str, String); 3] {
    [
        ("kubernetes_api_url", cluster.url.clone()),
        ("kubernetes_token", cluster.token.clone()),
        ("apps_gateway", cluster.gateway.clone()),
    ]
}

/// Prints the checks that failed, if any.
async fn print_readiness(url: &str, secret: &str) {
    match fetch_readiness(&reqwest::Client::new(), url, url, secret).await {
        Ok(Readiness { ready: true, .. }) => println!("The platform is ready."),
        Ok(Readiness { checks, .. }) => {
            println!("The platform is not ready; {url}/ready says:");
            for check in checks.iter().filter(|check| !check.ok) {
                println!("  {}: {}", check.name, check.detail);
            }
        }
        Err(error) => println!("{url}/ready cannot be read: {error}"),
    }
}
