//! Runs the platform on one machine with a simulated GitHub: what `make run` and `make token` call.

mod instance;
mod run;
mod token;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::net::SocketAddr;

/// Runs NoKube on this machine with a simulated GitHub
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the platform until Ctrl-C
    Run {
        /// Where to listen
        #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000")]
        listen: SocketAddr,
    },
    /// Print a bearer token for the local instance
    Token {
        /// The user's login, as at GitHub
        user: String,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Run { listen } => run::run(listen).await,
        Command::Token { user } => token::print(&user),
    }
}
