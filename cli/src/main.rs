//! `nokube`: parses the arguments, runs the command, prints its error, and ends with its exit status.

use clap::Parser;
use nokube_cli::{
    Error, Outcome, Result,
    args::{Cli, usage},
    commands,
    context::Context,
    environment::Environment,
    output::Output,
};
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let language = environment.language();
    language.set();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let json = env::args_os().any(|argument| argument == "--json");
            return usage::report(&error, language, json).into();
        }
    };
    let output = Output::new(&cli.global, &environment);
    match run(cli, environment, output.clone()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed(exit)) => exit.into(),
        Err(error) => {
            output.error(&error);
            error.exit.into()
        }
    }
}

/// One thread is enough: commands wait for the network.
fn run(cli: Cli, environment: Environment, output: Output) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::failed(error.to_string()))?;
    let context = Context::new(cli.global, environment, output);
    let outcome = runtime.block_on(commands::run(&context, cli.command));
    // A blocking read of standard input or of the keyring must not keep the process.
    runtime.shutdown_background();
    outcome
}
