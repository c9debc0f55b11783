//! `local-host`: serves the application of a `spin.toml`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use local_host::{App, Console, Limits, Options};
use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// An endless loop may have taken the thread that watched the network; another
/// one takes over as soon as it is given something to do.
const WAKE: Duration = Duration::from_millis(100);

/// Longer than a stop takes that goes well.
const END: Duration = Duration::from_secs(8);

/// Serves a Spin application without Spin.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The manifest.
    #[arg(long, short = 'f', default_value = "spin.toml")]
    from: PathBuf,
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Where `.spin/` with the key-value store is [default: the manifest's folder]
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Spin's runtime configuration: key-value stores and TLS.
    #[arg(long)]
    runtime_config_file: Option<PathBuf>,
    /// Entries SPIN_VARIABLE_NAME=value [default: .env beside the manifest]
    #[arg(long)]
    env_file: Option<PathBuf>,
    /// A variable's value, over every other source.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = pair)]
    variables: Vec<(String, String)>,
    /// How far the components' clock is ahead.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    clock_offset_seconds: i64,
    #[arg(long, default_value_t = Limits::default().max_instance_reuse_count)]
    max_instance_reuse_count: usize,
    #[arg(long, default_value_t = Limits::default().max_instance_concurrent_reuse_count)]
    max_instance_concurrent_reuse_count: usize,
    /// Seconds an instance without requests is kept.
    #[arg(long, default_value = "1", value_parser = duration)]
    idle_instance_timeout: Duration,
    /// Seconds a request may take [default: for ever]
    #[arg(long, value_parser = duration)]
    request_timeout: Option<Duration>,
    /// Bytes of memory an instance may have [default: no limit]
    #[arg(long)]
    max_instance_memory: Option<usize>,
    /// Print at the end how often the components used store and network.
    #[arg(long)]
    counts: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_string(), value.to_string())),
        None => Err("it is NAME=VALUE".to_string()),
    }
}

/// Seconds, with or without their `s`; or another unit of Spin's.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1e-3), ("us", 1e-6), ("μs", 1e-6), ("ns", 1e-9), ("s", 1.0), ("", 1.0)];
    let split = |(unit, seconds)| Some((text.strip_suffix(unit)?, seconds));
    let (number, unit) = units.into_iter().find_map(split).unwrap_or((text, 1.0));
    let number: f64 =
        number.parse().map_err(|_| "it is seconds, or a number with ms, us or ns".to_string())?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Signals are awaited on this thread, apart from the components: one in an
    // endless loop holds its thread, which must not hold the end.
    let main = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (main, workers) = match (main, Runtime::new()) {
        (Ok(main), Ok(workers)) => (main, workers),
        (Err(error), _) | (_, Err(error)) => return fail(&error.into()),
    };
    let outcome = main.block_on(run(arguments, workers.handle()));
    workers.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("local-host: {error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: Arguments, workers: &Handle) -> Result<()> {
    // Before anything else: a signal during the start must not be lost.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let beside = arguments.from.parent().unwrap_or(Path::new("")).join(".env");
    let counts = arguments.counts;
    let options = Options {
        listen: arguments.listen,
        state_dir: arguments.state_dir.unwrap_or_default(),
        runtime_config: arguments.runtime_config_file,
        env_file: Some(arguments.env_file.unwrap_or(beside)),
        variables: arguments.variables.into_iter().collect(),
        use_environment: true,
        clock_offset: arguments.clock_offset_seconds,
        limits: Limits {
            max_instance_reuse_count: arguments.max_instance_reuse_count,
            max_instance_concurrent_reuse_count: arguments.max_instance_concurrent_reuse_count,
            idle_instance_timeout: arguments.idle_instance_timeout,
            request_timeout: arguments.request_timeout,
            memory: arguments.max_instance_memory,
        },
        console: Console::Stdout,
    };
    let start = workers.spawn(async {
        let app = tokio::task::spawn_blocking(move || App::load(&arguments.from)).await??;
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
    let mut wake = tokio::time::interval(WAKE);
    loop {
        tokio::select! {
            _ = interrupted.recv() => break,
            _ = terminated.recv() => break,
            _ = wake.tick() => drop(workers.spawn(async {})),
        }
    }
    if counts {
        println!("{}", running.counts());
    }
    // With every thread in an endless loop nothing ends of its own accord.
    tokio::time::timeout(END, running.stop()).await.unwrap_or(Ok(()))
}
