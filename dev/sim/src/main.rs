//! Runs the simulated GitHub, and optionally a simulated Kubernetes cluster, for local development.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use nokube_sim::{
    AppKey, ClusterOptions, GitHubOptions, SimulatedCluster, SimulatedGitHub, WebhookTarget,
};
use tokio::signal::unix::{SignalKind, signal};

/// Simulates GitHub with its Actions and container registry, and a Kubernetes cluster.
///
/// Secrets come from the environment only: SIM_APP_PRIVATE_KEY (or SIM_APP_PRIVATE_KEY_FILE),
/// SIM_TOKEN, SIM_CLIENT_SECRET, SIM_WEBHOOK_SECRET, SIM_REGISTRY_TOKEN, SIM_CLUSTER_TOKEN.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve GitHub's API and the registry
    #[arg(long, env = "SIM_LISTEN", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Where to serve GitHub's control API (off by default)
    #[arg(long, env = "SIM_CONTROL")]
    control: Option<SocketAddr>,
    /// The builder repository, OWNER/NAME
    #[arg(long, env = "SIM_BUILDER_REPOSITORY", default_value = "nokube/builder")]
    builder_repository: String,
    /// The file name of its workflow
    #[arg(long, env = "SIM_WORKFLOW", default_value = "build.yml")]
    workflow: String,
    /// The client id of the GitHub App. Its private key must be in the environment
    #[arg(long, env = "SIM_APP_CLIENT_ID")]
    app_client_id: Option<String>,
    /// The client id for sign-ins. Needs SIM_CLIENT_SECRET
    #[arg(long, env = "SIM_OAUTH_CLIENT_ID")]
    oauth_client_id: Option<String>,
    /// Where webhooks are sent
    #[arg(long, env = "SIM_WEBHOOK_URL")]
    webhook_url: Option<String>,
    /// Send a ping event at the start
    #[arg(long)]
    ping: bool,
    /// Milliseconds that each step of a workflow run takes
    #[arg(long, env = "SIM_STEP_MS", default_value_t = 1000)]
    step_ms: u64,
    /// Also serve /api/v3, as GitHub Enterprise Server does
    #[arg(long)]
    ghes: bool,
    /// Respond to workflow dispatches with 204, without the run's id
    #[arg(long)]
    dispatch_204: bool,
    /// The user that may pull private packages, with SIM_REGISTRY_TOKEN
    #[arg(long, env = "SIM_REGISTRY_USER")]
    registry_user: Option<String>,
    /// Make new packages private
    #[arg(long)]
    private_packages: bool,
    /// How many seconds the clocks are ahead
    #[arg(long, env = "SIM_CLOCK_OFFSET", default_value_t = 0, allow_negative_numbers = true)]
    clock_offset: i64,
    /// Where to serve the API of a Kubernetes cluster (off by default)
    #[arg(long, env = "SIM_CLUSTER_LISTEN")]
    cluster_listen: Option<SocketAddr>,
    /// Where to serve the cluster's control API (off by default)
    #[arg(long, env = "SIM_CLUSTER_CONTROL", requires = "cluster_listen")]
    cluster_control: Option<SocketAddr>,
    /// Milliseconds that each step of the cluster's controllers and nodes takes
    #[arg(long, env = "SIM_CLUSTER_STEP_MS", default_value_t = 1000)]
    cluster_step_ms: u64,
    /// Leave the Gateway API out of the cluster
    #[arg(long)]
    no_gateway_api: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let cluster = match cluster_options(&arguments) {
        Some(options) => Some(SimulatedCluster::start(options).await?),
        None => None,
    };
    let github = SimulatedGitHub::start(github_options(arguments)?).await?;
    println!("Simulated GitHub on {}", github.url());
    if let Some(control) = github.control_url() {
        println!("Control API on {control}");
    }
    if let Some(cluster) = &cluster {
        println!("Simulated cluster on {}", cluster.url());
        if let Some(control) = cluster.control_url() {
            println!("Control API of the cluster on {control}");
        }
    }
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// None without the option for the cluster's address.
fn cluster_options(arguments: &Arguments) -> Option<ClusterOptions> {
    Some(ClusterOptions {
        listen: arguments.cluster_listen?,
        control: arguments.cluster_control,
        token: secret("SIM_CLUSTER_TOKEN"),
        step: Duration::from_millis(arguments.cluster_step_ms),
        gateway_api: !arguments.no_gateway_api,
        platform_rbac: true,
        clock_offset: arguments.clock_offset,
        ..ClusterOptions::default()
    })
}

fn github_options(arguments: Arguments) -> anyhow::Result<GitHubOptions> {
    let app = match arguments.app_client_id {
        None => None,
        Some(client_id) => {
            let private_key_pem = private_key()?;
            Some(AppKey { client_id, private_key_pem })
        }
    };
    let webhook = arguments.webhook_url.map(|url| {
        let secret = secret("SIM_WEBHOOK_SECRET").unwrap_or_default();
        WebhookTarget { url, secret }
    });
    let registry_credentials = match arguments.registry_user {
        None => None,
        Some(user) => {
            let token = secret("SIM_REGISTRY_TOKEN");
            Some((user, token.context("a registry user needs SIM_REGISTRY_TOKEN")?))
        }
    };
    Ok(GitHubOptions {
        listen: arguments.listen,
        control: arguments.control,
        builder_repository: arguments.builder_repository,
        workflow: arguments.workflow,
        app,
        token: secret("SIM_TOKEN"),
        oauth: arguments.oauth_client_id.zip(secret("SIM_CLIENT_SECRET")),
        webhook,
        ping: arguments.ping,
        step: Duration::from_millis(arguments.step_ms),
        ghes: arguments.ghes,
        dispatch_204: arguments.dispatch_204,
        registry_credentials,
        private_packages: arguments.private_packages,
        clock_offset: arguments.clock_offset,
        ..GitHubOptions::default()
    })
}

/// None if the variable is not set or empty.
fn secret(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn private_key() -> anyhow::Result<String> {
    if let Some(file) = secret("SIM_APP_PRIVATE_KEY_FILE").map(PathBuf::from) {
        return std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()));
    }
    let key = secret("SIM_APP_PRIVATE_KEY");
    // In .env files a PEM is on one line with escaped line breaks.
    let key = key.map(|key| key.replace("\\n", "\n"));
    key.context("an App needs SIM_APP_PRIVATE_KEY or SIM_APP_PRIVATE_KEY_FILE")
}
