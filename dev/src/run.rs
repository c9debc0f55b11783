//! `make run`: the simulated GitHub and cluster, and the local host, two processes, until Ctrl-C.

use crate::{
    instance::{self, APP_CLIENT_ID, BUILDER, EVERYBODY, ISSUER, Secrets, secrets},
    ready::{self, Ready},
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

pub async fn run(listen: SocketAddr, state_dir: &Path) -> Result<()> {
    let secrets = secrets(state_dir)?;
    let (mut outside, github_url, cluster_url) = simulation(listen, &secrets).await?;
    let (mut host, url, lines) =
        local_host(listen, state_dir, &secrets, &github_url, &cluster_url).await?;
    tokio::spawn(forward(lines));

    say_whether_ready(&url, &secrets.session).await;
    println!("Simulated GitHub on {github_url} (a build takes some ten seconds)");
    println!("Simulated cluster on {cluster_url} (pods are ready after some seconds)");
    println!("Open {url} in a browser and sign in as anybody; `admin` is the administrator.");
    println!("A token for trying things out: make token USER=alice");
    println!("Serving {url}");

    let mut terminated = signal(SignalKind::terminate())?;
    let ended = tokio::select! {
        _ = tokio::signal::ctrl_c() => None,
        _ = terminated.recv() => None,
        _ = host.wait() => Some("the local host"),
        _ = outside.wait() => Some("the simulation"),
    };
    stop(&mut host).await;
    stop(&mut outside).await;
    match ended {
        Some(who) => bail!("{who} ended by itself; its last lines say why"),
        None => {
            println!("Stopped.");
            Ok(())
        }
    }
}

/// The simulated GitHub and the simulated cluster: one process, two addresses.
async fn simulation(listen: SocketAddr, secrets: &Secrets) -> Result<(Child, String, String)> {
    let mut command = sibling("nokube-sim")?;
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
    let github = announced(&mut lines, "Simulated GitHub on ").await?;
    let cluster = announced(&mut lines, "Simulated cluster on ").await?;
    tokio::spawn(forward(lines));
    Ok((child, github, cluster))
}

async fn local_host(
    listen: SocketAddr,
    state_dir: &Path,
    secrets: &Secrets,
    github: &str,
    cluster: &str,
) -> Result<(Child, String, Lines<BufReader<ChildStdout>>)> {
    let platform = format!("http://{listen}");
    let variables = [
        ("auth_jwt_secret", secrets.jwt.as_str()),
        ("auth_session_secret", &secrets.session),
        ("platform_url", &platform),
        ("github_oauth_client_id", APP_CLIENT_ID),
        ("github_oauth_client_secret", &secrets.client),
        ("github_sign_in_url", github),
        // Anybody may try things out on their own machine; `admin` is the administrator.
        ("auth_allowed_organisations", EVERYBODY),
        ("auth_administrators", "admin, jwt:admin"),
        ("auth_jwt_issuer", ISSUER),
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
        // Short, so that a build which was lost is told so while one watches: the simulated GitHub
        // forgets its runs when it stops.
        ("build_quiet_seconds", "3"),
        ("build_grace_seconds", "60"),
    ];
    // In place of .env: a real platform's settings have no part in this. The environment's count, but for
    // what leads outside.
    let settings = instance::set(state_dir, &variables)?;
    let mut command = sibling("local-host")?;
    command.args(["--listen", &listen.to_string(), "--state-dir"]).arg(state_dir);
    command.arg("--env-file").arg(settings);
    for (name, _) in variables {
        // A shell that has a real platform's settings must not lead from here to its cluster.
        if ["github_", "kubernetes_", "registry_"].iter().any(|outside| name.starts_with(outside)) {
            command.env_remove(format!("SPIN_VARIABLE_{}", name.to_uppercase()));
        }
    }
    let (child, mut lines) = spawn(command)?;
    let url = announced(&mut lines, "Serving ").await?;
    Ok((child, url, lines))
}

/// A program that was built beside this one.
fn sibling(name: &str) -> Result<Command> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        bail!("{} is not built; `make run` builds it", path.display());
    }
    Ok(Command::new(path))
}

fn spawn(mut command: Command) -> Result<(Child, Lines<BufReader<ChildStdout>>)> {
    // A group of its own: Ctrl-C comes to us alone, and we stop the two in order.
    let child = command.stdout(Stdio::piped()).process_group(0).kill_on_drop(true).spawn();
    let mut child = child.with_context(|| {
        format!("start {}", PathBuf::from(command.as_std().get_program()).display())
    })?;
    let stdout = child.stdout.take().context("a child without output")?;
    Ok((child, BufReader::new(stdout).lines()))
}

/// Waits for the line that says where a program can be reached.
async fn announced(lines: &mut Lines<BufReader<ChildStdout>>, words: &str) -> Result<String> {
    while let Some(line) = lines.next_line().await? {
        match line.strip_prefix(words) {
            Some(url) => return Ok(url.trim().to_owned()),
            None => println!("{line}"),
        }
    }
    bail!("it did not start; the lines above say why")
}

async fn forward(mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        println!("{line}");
    }
}

/// Says in words what the platform lacks, if anything.
async fn say_whether_ready(url: &str, secret: &str) {
    match ready::ask(&reqwest::Client::new(), url, url, secret).await {
        Ok(Ready { ready: true, .. }) => println!("Everything is set up."),
        Ok(Ready { checks, .. }) => {
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
        // It may have ended in this moment.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    }
    if tokio::time::timeout(Duration::from_secs(8), child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}
