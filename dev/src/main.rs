//! Runs the platform on one machine with a simulated GitHub: what `make run` and `make token` call.

mod instance;
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

/// Runs NoKube on this machine with a simulated GitHub
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
    /// Print the operator's settings as a table
    Settings {
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
        Command::Settings { manifest } => print_settings(&manifest),
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

fn print_settings(manifest: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest);
    let text = text.with_context(|| format!("read {}", manifest.display()))?;
    print!("{}", settings::table(&text)?);
    Ok(())
}
