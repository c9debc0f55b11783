//! `make run`: runs the simulations of GitHub and Kubernetes in this process, and Spin or the local host in
//! another, until Ctrl-C.

use crate::{
    host_process::HostProcess,
    local_instance::{
        APP_CLIENT_ID, BUILDER, EVERYBODY_ORGANISATION, JWT_ISSUER, Secrets, load_secrets,
    },
    readiness::{Readiness, fetch_readiness},
};
use anyhow::{Result, bail};
use nokube_dev::spin::Host;
use nokube_sim::{
    AppKey, ClusterOptions, GitHubOptions, SimulatedCluster, SimulatedGitHub, WebhookTarget,
};
use std::{net::SocketAddr, path::Path};
use tokio::signal::unix::{SignalKind, signal};

pub async fn run(host: &Host, listen: SocketAddr, state_dir: &Path) -> Result<()> {
    // Before the other process starts, so that it is stopped whenever this one is.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let secrets = load_secrets(state_dir)?;
    let github = start_github(listen, &secrets).await?;
    let cluster = start_cluster(&secrets).await?;
    let (github_url, cluster_url) = (github.url(), cluster.url());
    let url = format!("http://{listen}");
    let settings = settings(&secrets, &url, &github_url, &cluster_url);
    let mut process = HostProcess::spawn(host, listen, state_dir, &settings)?;

    let result = tokio::select! {
        result = serve(&mut process, &secrets, &github_url, &cluster_url) => result,
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
        _ = hung_up.recv() => Ok(()),
    };
    process.stop().await;
    result?;
    println!("Stopped.");
    Ok(())
}

/// Prints the URLs when the platform is ready. Returns only if the platform ends by itself, which is an error.
async fn serve(
    process: &mut HostProcess,
    secrets: &Secrets,
    github_url: &str,
    cluster_url: &str,
) -> Result<()> {
    let url = process.started().await?;
    print_readiness(&url, &secrets.session).await;
    println!("Simulated GitHub on {github_url} (a build takes about ten seconds)");
    println!("Simulated cluster on {cluster_url} (pods are ready after a few seconds)");
    println!("Open {url} in a browser and sign in with any name. `admin` is the administrator.");
    println!("For a bearer token: make token USER=alice");
    println!("Serving {url}");
    let status = process.ended().await?;
    bail!("the platform has ended ({status}); its last output says why")
}

async fn start_github(listen: SocketAddr, secrets: &Secrets) -> Result<SimulatedGitHub> {
    let url = format!("http://{listen}/api/v1/webhooks/github");
    SimulatedGitHub::start(GitHubOptions {
        builder_repository: BUILDER.into(),
        app: Some(AppKey {
            client_id: APP_CLIENT_ID.into(),
            private_key_pem: secrets.app_key.replace("\\n", "\n"),
        }),
        oauth: Some((APP_CLIENT_ID.into(), secrets.client.clone())),
        webhook: Some(WebhookTarget { url, secret: secrets.webhook.clone() }),
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

/// The platform's settings.
fn settings<'a>(
    secrets: &'a Secrets,
    platform_url: &'a str,
    github: &'a str,
    cluster: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("auth_jwt_secret", secrets.jwt.as_str()),
        ("auth_session_secret", &secrets.session),
        ("platform_url", platform_url),
        ("github_oauth_client_id", APP_CLIENT_ID),
        ("github_oauth_client_secret", &secrets.client),
        ("github_sign_in_url", github),
        ("auth_allowed_organisations", EVERYBODY_ORGANISATION),
        ("auth_administrators", "admin, jwt:admin"),
        ("auth_jwt_issuer", JWT_ISSUER),
        ("auth_jwt_subjects_are_github_logins", "true"),
        ("github_api_url", github),
        ("github_builder_repository", BUILDER),
        ("github_app_client_id", APP_CLIENT_ID),
        ("github_app_private_key", &secrets.app_key),
        ("github_webhook_secret", &secrets.webhook),
        ("registry_namespace", "local"),
        ("registry_api_url", github),
        ("kubernetes_api_url", cluster),
        ("kubernetes_token", &secrets.cluster_token),
        ("secret_names_key", &secrets.names_key),
        ("apps_domain", "apps.localhost"),
        ("apps_routing", "gateway"),
        ("apps_gateway", "gateway/main"),
        ("apps_certificates", "shared"),
        // Short, so that a developer soon sees a lost build as failed. The simulated GitHub forgets its runs
        // when it stops.
        ("build_quiet_seconds", "3"),
        ("build_grace_seconds", "60"),
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
