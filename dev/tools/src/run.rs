//! `make run`: runs the simulations of GitHub and Kubernetes in this process, and the local host in another,
//! until Ctrl-C.

use crate::{
    local_instance::{
        APP_CLIENT_ID, BUILDER, EVERYBODY_ORGANISATION, JWT_ISSUER, Secrets, load_secrets,
        write_settings,
    },
    readiness::{Readiness, fetch_readiness},
};
use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use nokube_sim::{
    AppKey, ClusterOptions, GitHubOptions, SimulatedCluster, SimulatedGitHub, WebhookTarget,
};
use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    signal::unix::{SignalKind, signal},
};

type OutputLines = Lines<BufReader<ChildStdout>>;

pub async fn run(listen: SocketAddr, state_dir: &Path) -> Result<()> {
    let secrets = load_secrets(state_dir)?;
    let github = start_github(listen, &secrets).await?;
    let cluster = start_cluster(&secrets).await?;
    let (github_url, cluster_url) = (github.url(), cluster.url());
    let url = format!("http://{listen}");
    let settings = settings(&secrets, &url, &github_url, &cluster_url);
    let (mut host, url, lines) = start_local_host(listen, state_dir, &settings).await?;
    tokio::spawn(forward_output(lines));

    print_readiness(&url, &secrets.session).await;
    println!("Simulated GitHub on {github_url} (a build takes about ten seconds)");
    println!("Simulated cluster on {cluster_url} (pods are ready after a few seconds)");
    println!("Open {url} in a browser and sign in with any name. `admin` is the administrator.");
    println!("For a bearer token: make token USER=alice");
    println!("Serving {url}");

    let mut terminated = signal(SignalKind::terminate())?;
    let has_ended = tokio::select! {
        _ = tokio::signal::ctrl_c() => false,
        _ = terminated.recv() => false,
        _ = host.wait() => true,
    };
    stop(&mut host).await;
    ensure!(!has_ended, "the local host has ended; its last output says why");
    println!("Stopped.");
    Ok(())
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

/// Returns the local host's process, the platform's URL, and the rest of the output.
async fn start_local_host(
    listen: SocketAddr,
    state_dir: &Path,
    variables: &[(&str, &str)],
) -> Result<(Child, String, OutputLines)> {
    // Replaces .env, which may have the settings of a real platform.
    let settings = write_settings(state_dir, variables)?;
    let program = std::env::current_exe()?.with_file_name("local-host");
    ensure!(program.exists(), "{} is not built; `make run` builds it", program.display());
    let mut command = Command::new(program);
    command.args(["--listen", &listen.to_string(), "--state-dir"]).arg(state_dir);
    command.arg("--env-file").arg(settings);
    for (name, _) in variables {
        // Variables of a real platform in the environment must not connect the local instance to its cluster.
        if ["github_", "kubernetes_", "registry_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(format!("SPIN_VARIABLE_{}", name.to_uppercase()));
        }
    }
    // In its own process group: Ctrl-C interrupts only this process, which then stops the other.
    let child = command.stdout(Stdio::piped()).process_group(0).kill_on_drop(true).spawn();
    let mut child = child.context("start the local host")?;
    let mut lines = BufReader::new(child.stdout.take().context("it has no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        match line.strip_prefix("Serving ") {
            Some(url) => return Ok((child, url.trim().to_owned(), lines)),
            None => println!("{line}"),
        }
    }
    bail!("the local host did not start; the lines above say why")
}

async fn forward_output(mut lines: OutputLines) {
    while let Ok(Some(line)) = lines.next_line().await {
        println!("{line}");
    }
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

async fn stop(child: &mut Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        // Fails if the process has just ended.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
    if tokio::time::timeout(Duration::from_secs(8), child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}
