//! `nokube completions`.

use crate::{
    Outcome, Result,
    args::{Cli, tools::Completions},
    context::Context,
};
use clap::CommandFactory;

pub fn run(context: &Context, args: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "nokube", &mut script);
    context.output.print_raw(&script);
    Ok(Outcome::Done)
}
