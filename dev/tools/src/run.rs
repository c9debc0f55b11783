//! `make run`: runs the simulation (GitHub and Kubernetes) and the local host, in two processes, until
//! Ctrl-C.

use crate::{
    local_instance::{
        APP_CLIENT_ID, BUILDER, EVERYBODY_ORGANISATION, JWT_ISSUER, Secrets, load_secrets,
        write_settings,
    },
    readiness::{Readiness, fetch_readiness},
};
use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    signal::unix::{SignalKind, signal},
};

type OutputLines = Lines<BufReader<ChildStdout>>;

pub async fn run(listen: SocketAddr, state_dir: &Path) -> Result<()> {
    let secrets = load_secrets(state_dir)?;
    let (mut simulation, github_url, cluster_url) = start_simulation(listen, &secrets).await?;
    let (mut host, url, lines) =
        start_local_host(listen, state_dir, &secrets, &github_url, &cluster_url).await?;
    tokio::spawn(forward_output(lines));

    print_readiness(&url, &secrets.session).await;
    println!("Simulated GitHub on {github_url} (a build takes about ten seconds)");
    println!("Simulated cluster on {cluster_url} (pods are ready after a few seconds)");
    println!("Open {url} in a browser and sign in with any name. `admin` is the administrator.");
    println!("For a bearer token: make token USER=alice");
    println!("Serving {url}");

    let mut terminated = signal(SignalKind::terminate())?;
    let ended_process = tokio::select! {
        _ = tokio::signal::ctrl_c() => None,
        _ = terminated.recv() => None,
        _ = host.wait() => Some("the local host"),
        _ = simulation.wait() => Some("the simulation"),
    };
    stop(&mut host).await;
    stop(&mut simulation).await;
    match ended_process {
        Some(name) => bail!("{name} has ended; its last output says why"),
        None => {
            println!("Stopped.");
            Ok(())
        }
    }
}

/// Returns the simulation's process, and the URLs of the simulated GitHub and the simulated cluster.
async fn start_simulation(
    listen: SocketAddr,
    secrets: &Secrets,
) -> Result<(Child, String, String)> {
    let mut command = sibling_program("nokube-sim")?;
    command
        .args(["--listen", "127.0.0.1:0", "--builder-repository", BUILDER])
        .args(["--cluster-listen", "127.0.0.1:0"])
        .args(["--app-client-id", APP_CLIENT_ID, "--oauth-client-id", APP_CLIENT_ID])
        .args(["--webhook-url", &format!("http://{listen}/api/v1/webhooks/github")])
        .env("SIM_APP_PRIVATE_KEY", &secrets.app_key)
        .env("SIM_CLIENT_SECRET", &secrets.client)
        .env("SIM_WEBHOOK_SECRET", &secrets.webhook)
        .env("SIM_CLUSTER_TOKEN", &secrets.cluster_token);
    let (child, mut lines) = spawn(command)?;
    let github = read_url(&mut lines, "Simulated GitHub on ").await?;
    let cluster = read_url(&mut lines, "Simulated cluster on ").await?;
    tokio::spawn(forward_output(lines));
    Ok((child, github, cluster))
}

/// Returns the local host's process, the platform's URL, and the rest of the output.
async fn start_local_host(
    listen: SocketAddr,
    state_dir: &Path,
    secrets: &Secrets,
    github: &str,
    cluster: &str,
) -> Result<(Child, String, OutputLines)> {
    let platform_url = format!("http://{listen}");
    let variables = [
        ("auth_jwt_secret", secrets.jwt.as_str()),
        ("auth_session_secret", &secrets.session),
        ("platform_url", &platform_url),
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
    ];
    // Replaces .env, which may have the settings of a real platform.
    let settings = write_settings(state_dir, &variables)?;
    let mut command = sibling_program("local-host")?;
    command.args(["--listen", &listen.to_string(), "--state-dir"]).arg(state_dir);
    command.arg("--env-file").arg(settings);
    for (name, _) in variables {
        // Variables of a real platform in the environment must not connect the local instance to its cluster.
        if ["github_", "kubernetes_", "registry_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(format!("SPIN_VARIABLE_{}", name.to_uppercase()));
        }
    }
    let (child, mut lines) = spawn(command)?;
    let url = read_url(&mut lines, "Serving ").await?;
    Ok((child, url, lines))
}

/// A program in the folder of this one.
fn sibling_program(name: &str) -> Result<Command> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        bail!("{} is not built; `make run` builds it", path.display());
    }
    Ok(Command::new(path))
}

fn spawn(mut command: Command) -> Result<(Child, OutputLines)> {
    // In its own process group: Ctrl-C interrupts only this process, which then stops the others in order.
    let child = command.stdout(Stdio::piped()).process_group(0).kill_on_drop(true).spawn();
    let mut child = child.with_context(|| {
        format!("start {}", PathBuf::from(command.as_std().get_program()).display())
    })?;
    let stdout = child.stdout.take().context("the child process has no output")?;
    Ok((child, BufReader::new(stdout).lines()))
}

/// Reads lines until one starts with `prefix`, which is followed by a URL. Prints the other lines.
async fn read_url(lines: &mut OutputLines, prefix: &str) -> Result<String> {
    while let Some(line) = lines.next_line().await? {
        match line.strip_prefix(prefix) {
            Some(url) => return Ok(url.trim().to_owned()),
            None => println!("{line}"),
        }
    }
    bail!("a program did not start; the lines above say why")
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
