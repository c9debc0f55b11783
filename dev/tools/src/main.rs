//! The program behind `make run`, `make token` and `make settings`.

mod settings;
mod token;

use anyhow::{Context, Error, Result};
use clap::{Parser, Subcommand};
use nokube_dev::{
    run::{self, RealSystems, StopSignals},
    spin::{self, Host},
};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Development and operations tools of NoKube
#[derive(Parser)]
struct Arguments {
    /// The folder of the local instance: its secrets and its store
    #[arg(long, global = true, default_value = ".nokube")]
    state_dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the `spin` that `make run` uses, or nothing for the local host; to standard error, why
    ChooseHost,
    /// Serve the platform with simulated GitHub and Kubernetes until Ctrl-C
    Run {
        /// Run it with this `spin`, in place of the local host
        #[arg(long)]
        spin: Option<PathBuf>,
        /// The address and port to listen on
        #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000")]
        listen: SocketAddr,
    },
    /// Print a bearer token for the local instance
    Token {
        /// The user's GitHub login
        user: String,
    },
    /// Print the settings as a Markdown table
    Settings {
        /// Print the variables of a SpinApp instead
        #[arg(long)]
        spinapp: bool,
        /// Print the manifest for a hosted Spin instead
        #[arg(long, conflicts_with = "spinapp")]
        hosted: bool,
        /// The manifest that declares the settings
        #[arg(default_value = "spin.toml")]
        manifest: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { state_dir, command } = Arguments::parse();
    let result = match command {
        Command::ChooseHost => print_host(),
        Command::Run { spin, listen } => {
            let host = spin.map_or(Host::LocalHost, Host::Spin);
            serve(&host, listen, &state_dir).await
        }
        Command::Token { user } => token::print_token(&state_dir, &user),
        Command::Settings { spinapp, hosted, manifest } => {
            print_settings(spinapp, hosted, &manifest)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(host: &Host, listen: SocketAddr, state_dir: &Path) -> Result<()> {
    let mut stop = StopSignals::register()?;
    run::run(host, listen, state_dir, &mut stop, RealSystems::default()).await
}

fn print_host() -> Result<()> {
    match spin::choose_from_environment().map_err(Error::msg)? {
        Host::Spin(program) => println!("{}", program.display()),
        Host::LocalHost => {}
    }
    Ok(())
}

fn print_settings(spinapp: bool, hosted: bool, manifest: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest);
    let text = text.with_context(|| format!("read {}", manifest.display()))?;
    let document = match (spinapp, hosted) {
        (true, _) => settings::spinapp_patch(&text),
        (_, true) => settings::hosted_manifest(&text)?,
        (false, false) => settings::settings_table(&text)?,
    };
    print!("{document}");
    Ok(())
}
