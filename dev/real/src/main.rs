//! The program behind `make run CLUSTER=real BUILD=real`: the platform as `make run` serves it, with a real
//! Kubernetes and real builds on this machine in place of simulated ones.

mod cluster;
mod forward;
mod repositories;
mod systems;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use nokube_dev::{
    run::{self, StopSignals},
    spin::Host,
};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
use systems::Systems;

/// Serve the platform with simulated GitHub, and with real builds or a real Kubernetes, until Ctrl-C
#[derive(Parser)]
struct Arguments {
    /// The folder of the local instance: its secrets, its store, its images
    #[arg(long, default_value = ".nokube")]
    state_dir: PathBuf,
    /// Run it with this `spin`, in place of the local host
    #[arg(long)]
    spin: Option<PathBuf>,
    /// The address and port to listen on
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    #[arg(long, value_enum, default_value = "simulated")]
    cluster: ClusterKind,
    #[arg(long, value_enum, default_value = "simulated")]
    build: BuildKind,
    #[command(flatten)]
    builds: systems::BuildOptions,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClusterKind {
    Simulated,
    /// Started for this instance
    Real,
    /// The one that `make cluster` holds
    Running,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BuildKind {
    Simulated,
    Real,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<()> {
    let mut stop = StopSignals::register()?;
    let started = async {
        let builds = (arguments.build == BuildKind::Real).then_some(&arguments.builds);
        Systems::start(&arguments.state_dir, builds, arguments.cluster).await
    };
    let (systems, real) = tokio::select! {
        started = started => started?,
        () = stop.received() => return Ok(()),
    };
    let host = arguments.spin.map_or(Host::LocalHost, Host::Spin);
    let result = run::run(&host, arguments.listen, &arguments.state_dir, &mut stop, real).await;
    systems.stop().await?;
    result
}
