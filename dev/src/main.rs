//! What `make run`, `make token`, `make settings` and `make doctor` call.

mod doctor;
mod instance;
mod ready;
mod run;
mod settings;
mod token;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Runs NoKube on this machine with a simulated GitHub, and helps to run it for real
#[derive(Parser)]
struct Arguments {
    /// The folder of the local instance: its secrets, and what the platform keeps
    #[arg(long, global = true, default_value = ".nokube")]
    state_dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the platform until Ctrl-C
    Run {
        /// Where to listen, an address and a port such as 127.0.0.1:3000
        #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000")]
        listen: SocketAddr,
    },
    /// Print a bearer token for the local instance
    Token {
        /// The user's login, as at GitHub
        user: String,
    },
    /// Look at a running platform and at its GitHub App, and say what is wrong and what to do
    Doctor {
        /// The platform's address, if it is not where platform_url says
        #[arg(long)]
        url: Option<String>,
        /// A file with the platform's variables, besides the environment [default: .env; without one,
        /// those of `make run`]
        #[arg(long)]
        env_file: Option<PathBuf>,
        /// The manifest that the variables stand in
        #[arg(long, default_value = "spin.toml")]
        manifest: PathBuf,
        /// Have GitHub send lost webhooks again
        #[arg(long)]
        redeliver: bool,
    },
    /// Print the operator's settings as a table
    Settings {
        /// As the variables of a SpinApp instead
        #[arg(long)]
        spinapp: bool,
        /// The manifest that they stand in
        #[arg(default_value = "spin.toml")]
        manifest: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { state_dir, command } = Arguments::parse();
    let done = match command {
        Command::Run { listen } => run::run(listen, &state_dir).await,
        Command::Token { user } => token::print(&state_dir, &user),
        Command::Doctor { url, env_file, manifest, redeliver } => {
            let local = [PathBuf::from(".env"), instance::settings(&state_dir)];
            let usual = local.into_iter().find(|file| env_file.is_none() && file.exists());
            doctor::run(&manifest, env_file.or(usual).as_deref(), url, redeliver).await
        }
        Command::Settings { spinapp, manifest } => print_settings(spinapp, &manifest),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A sentence; where in the program it was made helps nobody here.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_settings(spinapp: bool, manifest: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest);
    let text = text.with_context(|| format!("read {}", manifest.display()))?;
    print!("{}", if spinapp { settings::spinapp(&text) } else { settings::table(&text)? });
    Ok(())
}
