//! The program behind `make run`, `make token`, `make settings` and `make doctor`.

mod doctor;
mod settings;
mod token;

use anyhow::{Context, Error, Result};
use clap::{Parser, Subcommand};
use nokube_dev::{
    local_instance,
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
    /// Check a running platform and its GitHub App, and say what is wrong and what to do
    Doctor {
        /// The platform's address [default: the setting platform_url]
        #[arg(long)]
        url: Option<String>,
        /// A file with settings, besides the environment [default: .env if it exists, otherwise the settings
        /// of `make run`]
        #[arg(long)]
        env_file: Option<PathBuf>,
        /// The manifest that declares the settings
        #[arg(long, default_value = "spin.toml")]
        manifest: PathBuf,
        /// Request that GitHub sends lost webhooks again
        #[arg(long)]
        redeliver: bool,
    },
    /// Print the settings as a Markdown table
    Settings {
        /// Print the variables of a SpinApp instead
        #[arg(long)]
        spinapp: bool,
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
        Command::Doctor { url, env_file, manifest, redeliver } => {
            let default_files = [PathBuf::from(".env"), local_instance::settings_path(&state_dir)];
            let default_file =
                default_files.into_iter().find(|file| env_file.is_none() && file.exists());
            doctor::run(&manifest, env_file.or(default_file).as_deref(), url, redeliver).await
        }
        Command::Settings { spinapp, manifest } => print_settings(spinapp, &manifest),
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

fn print_settings(spinapp: bool, manifest: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest);
    let text = text.with_context(|| format!("read {}", manifest.display()))?;
    print!(
        "{}",
        if spinapp { settings::spinapp_patch(&text) } else { settings::settings_table(&text)? }
    );
    Ok(())
}
