//! Runs the simulated GitHub, and a simulated cluster beside it if asked to, for a newcomer and for trying things out.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use nokube_sim::{AppKey, Cluster, ClusterOptions, Options, Sim, Webhook};
use tokio::signal::unix::{SignalKind, signal};

/// Stands in for GitHub, its Actions and its registry, and for a Kubernetes cluster.
///
/// Secrets come from the environment only: SIM_APP_PRIVATE_KEY (or SIM_APP_PRIVATE_KEY_FILE),
/// SIM_TOKEN, SIM_CLIENT_SECRET, SIM_WEBHOOK_SECRET, SIM_REGISTRY_TOKEN, SIM_CLUSTER_TOKEN.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve GitHub's API and the registry
    #[arg(long, env = "SIM_LISTEN", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Where to serve the control API (off by default)
    #[arg(long, env = "SIM_CONTROL")]
    control: Option<SocketAddr>,
    /// The builder repository
    #[arg(long, env = "SIM_BUILDER_REPOSITORY", default_value = "nokube/builder")]
    builder_repository: String,
    /// The file of its workflow
    #[arg(long, env = "SIM_WORKFLOW", default_value = "build.yml")]
    workflow: String,
    /// The client id of the App; needs its private key in the environment
    #[arg(long, env = "SIM_APP_CLIENT_ID")]
    app_client_id: Option<String>,
    /// The client id with which people sign in; needs SIM_CLIENT_SECRET
    #[arg(long, env = "SIM_OAUTH_CLIENT_ID")]
    oauth_client_id: Option<String>,
    /// Where events go
    #[arg(long, env = "SIM_WEBHOOK_URL")]
    webhook_url: Option<String>,
    /// Send a ping to the webhook at the start
    #[arg(long)]
    ping: bool,
    /// Milliseconds that each step of a run takes
    #[arg(long, env = "SIM_STEP_MS", default_value_t = 1000)]
    step_ms: u64,
    /// Also serve /api/v3 as GitHub Enterprise Server does
    #[arg(long)]
    ghes: bool,
    /// Answer dispatches with 204, without the run's id
    #[arg(long)]
    dispatch_204: bool,
    /// Who may pull private packages, with SIM_REGISTRY_TOKEN
    #[arg(long, env = "SIM_REGISTRY_USER")]
    registry_user: Option<String>,
    /// Make new packages private
    #[arg(long)]
    private_packages: bool,
    /// Seconds by which the clock is ahead
    #[arg(long, env = "SIM_CLOCK_OFFSET", default_value_t = 0, allow_negative_numbers = true)]
    clock_offset: i64,
    /// Where to serve a cluster's API (off by default)
    #[arg(long, env = "SIM_CLUSTER_LISTEN")]
    cluster_listen: Option<SocketAddr>,
    /// Where to serve the cluster's control API (off by default)
    #[arg(long, env = "SIM_CLUSTER_CONTROL", requires = "cluster_listen")]
    cluster_control: Option<SocketAddr>,
    /// Milliseconds that each step of the cluster takes
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
        Some(options) => Some(Cluster::start(options).await?),
        None => None,
    };
    let sim = Sim::start(options(arguments)?).await?;
    println!("Simulated GitHub on {}", sim.url());
    if let Some(control) = sim.control_url() {
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

/// None unless a cluster is asked for.
fn cluster_options(given: &Arguments) -> Option<ClusterOptions> {
    Some(ClusterOptions {
        listen: given.cluster_listen?,
        control: given.cluster_control,
        token: secret("SIM_CLUSTER_TOKEN"),
        step: Duration::from_millis(given.cluster_step_ms),
        gateway_api: !given.no_gateway_api,
        prepared: true,
        clock_offset: given.clock_offset,
        ..ClusterOptions::default()
    })
}

fn options(given: Arguments) -> anyhow::Result<Options> {
    let app = match given.app_client_id {
        None => None,
        Some(client_id) => {
            let private_key_pem = private_key()?;
            Some(AppKey { client_id, private_key_pem })
        }
    };
    let webhook = given.webhook_url.map(|url| {
        let secret = secret("SIM_WEBHOOK_SECRET").unwrap_or_default();
        Webhook { url, secret }
    });
    let registry_credentials = match given.registry_user {
        None => None,
        Some(user) => {
            let token = secret("SIM_REGISTRY_TOKEN");
            Some((user, token.context("a registry user needs SIM_REGISTRY_TOKEN")?))
        }
    };
    Ok(Options {
        listen: given.listen,
        control: given.control,
        builder_repository: given.builder_repository,
        workflow: given.workflow,
        app,
        token: secret("SIM_TOKEN"),
        oauth: given.oauth_client_id.zip(secret("SIM_CLIENT_SECRET")),
        webhook,
        ping: given.ping,
        step: Duration::from_millis(given.step_ms),
        ghes: given.ghes,
        dispatch_204: given.dispatch_204,
        registry_credentials,
        private_packages: given.private_packages,
        clock_offset: given.clock_offset,
        ..Options::default()
    })
}

fn secret(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn private_key() -> anyhow::Result<String> {
    if let Some(file) = secret("SIM_APP_PRIVATE_KEY_FILE").map(PathBuf::from) {
        return std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()));
    }
    let key = secret("SIM_APP_PRIVATE_KEY");
    // A PEM on one line, as .env files have it.
    let key = key.map(|key| key.replace("\\n", "\n"));
    key.context("an App needs SIM_APP_PRIVATE_KEY or SIM_APP_PRIVATE_KEY_FILE")
}
