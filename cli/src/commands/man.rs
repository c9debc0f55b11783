//! `nokube man`.

use crate::{
    Outcome, Result,
    args::{Cli, tools::Man},
    config::file_error,
    context::Context,
    text,
};
use clap::CommandFactory;

pub fn run(context: &Context, args: &Man) -> Result<Outcome> {
    let command = Cli::command();
    let Some(folder) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| crate::Error::failed(error.to_string()))?;
        context.output.print_raw(&page);
        return Ok(Outcome::Done);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| file_error(folder, &error))?;
    let folder = folder.display();
    context.output.note(&text!(
        "The manual pages are in {folder}.",
        "Les pages de manuel sont dans {folder}."
    ));
    Ok(Outcome::Done)
}
