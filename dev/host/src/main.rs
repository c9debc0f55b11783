//! `local-host`: serves the application of a `spin.toml`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use local_host::{App, Console, Limits, Options, Pooling};
use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// An endless loop in a component blocks its thread, which may be the one that polls the network. Spawning a
/// task makes another thread take over.
const WAKE_INTERVAL: Duration = Duration::from_millis(100);

/// Serves a Spin application without Spin.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The manifest
    #[arg(long, short = 'f', default_value = "spin.toml")]
    from: PathBuf,
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The folder of `.spin/`, which contains the key-value store [default: the manifest's folder]
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Spin's runtime configuration file: key-value stores and TLS
    #[arg(long)]
    runtime_config_file: Option<PathBuf>,
    /// A file with lines SPIN_VARIABLE_NAME=value [default: .env beside the manifest]
    #[arg(long)]
    env_file: Option<PathBuf>,
    /// A variable's value; overrides all other sources
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = parse_name_value)]
    variables: Vec<(String, String)>,
    /// Seconds by which the components' wall clock is ahead
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    clock_offset_seconds: i64,
    #[command(flatten)]
    limits: Limits,
    /// Allocate memory and stacks for each instance, without Spin's limit of 1,000
    #[arg(long)]
    disable_pooling: bool,
    /// At the end, print how often the components used stores and network
    #[arg(long)]
    counts: bool,
}

fn parse_name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_string(), value.to_string())),
        None => Err("expected NAME=VALUE".to_string()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Signals are handled on this thread. Components run on other threads, which they may block with an
    // endless loop.
    let main = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (main, workers) = match (main, Runtime::new()) {
        (Ok(main), Ok(workers)) => (main, workers),
        (Err(error), _) | (_, Err(error)) => return report_error(&error.into()),
    };
    let result = main.block_on(run(arguments, workers.handle()));
    workers.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report_error(&error),
    }
}

fn report_error(error: &anyhow::Error) -> ExitCode {
    eprintln!("local-host: {error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: Arguments, workers: &Handle) -> Result<()> {
    // First, so that a signal during the start is not lost.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let default_env_file = arguments.from.parent().unwrap_or(Path::new("")).join(".env");
    let print_counts = arguments.counts;
    let options = Options {
        listen: arguments.listen,
        state_dir: arguments.state_dir.unwrap_or_default(),
        runtime_config: arguments.runtime_config_file,
        env_file: Some(arguments.env_file.unwrap_or(default_env_file)),
        variables: arguments.variables.into_iter().collect(),
        use_environment: true,
        clock_offset: arguments.clock_offset_seconds,
        limits: arguments.limits,
        console: Console::Stdout,
    };
    let pooling = match arguments.disable_pooling {
        true => Pooling::Disabled,
        false => Pooling::Enabled,
    };
    let load = move || App::load_with(&arguments.from, pooling);
    let start = workers.spawn(async {
        let app = tokio::task::spawn_blocking(load).await??;
        let running = app.serve(options).await?;
        println!("Serving {}", running.url());
        for (route, target) in app.routes() {
            println!("  {target}: {}{route}", running.url());
        }
        anyhow::Ok(running)
    });
    let running = tokio::select! {
        running = start => running??,
        _ = interrupted.recv() => return Ok(()),
        _ = terminated.recv() => return Ok(()),
    };
    let mut wake_interval = tokio::time::interval(WAKE_INTERVAL);
    loop {
        tokio::select! {
            _ = interrupted.recv() => break,
            _ = terminated.recv() => break,
            _ = wake_interval.tick() => drop(workers.spawn(async {})),
        }
    }
    if print_counts {
        println!("{}", running.counts());
    }
    // Like Spin, ends running requests at once.
    drop(running);
    Ok(())
}
