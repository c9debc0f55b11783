//! `nokube help`.

use crate::{
    Error, Outcome, Result,
    args::{Cli, tools::Help},
    context::Context,
    text,
};
use clap::CommandFactory;

pub fn run(context: &Context, args: &Help) -> Result<Outcome> {
    let mut command = Cli::command();
    command.build();
    let mut found = &mut command;
    for name in &args.command {
        found = found.find_subcommand_mut(name).ok_or_else(|| {
            Error::usage(text!("There is no command {name}.", "Il n’y a pas de commande {name}."))
                .next(text!("`nokube help` lists them.", "`nokube help` les liste."))
        })?;
    }
    let help = found.render_help();
    let help =
        if context.output.is_terminal() { help.ansi().to_string() } else { help.to_string() };
    context.output.print(help.trim_end());
    Ok(Outcome::Done)
}
