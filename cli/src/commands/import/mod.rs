//! `nokube import`: writes a nokube.toml from another file.

pub mod compose;
pub mod destination;

pub use compose::Compose;

use crate::{
    Error, Exit, Outcome, Result,
    args::file::{Import, ImportCommand, Target},
    context::Context,
    git::root,
    output::{Style, clean},
    text,
};
use compose::{Converted, Note};
use destination::Destination;
use nokube_domain::config_file::{self, FileError};
use serde_json::json;
use std::{env, path::Path};

pub async fn run(context: &Context, args: Import) -> Result<Outcome> {
    let ImportCommand::Compose { file, target: Target { force, output } } = args.command;
    let folder = env::current_dir().map_err(|error| Error::failed(error.to_string()))?;
    let file = if file == Path::new("-") { file } else { folder.join(file) };
    let root = file.parent().and_then(root).or_else(|| root(&folder)).unwrap_or(&folder);
    let destination = Destination::new(output, force, root)?;
    let compose = Compose::read(&file, root)?;
    write(context, compose, &destination)
}

/// Writes what was made of a Compose file, and says what is not in it.
pub fn write(context: &Context, compose: Compose, destination: &Destination) -> Result<Outcome> {
    let converted = compose.convert();
    if converted.draft.services.is_empty() {
        print_notes(context, &converted);
        let message = text!(
            "No service of the Compose file is built from this repository.",
            "Aucun service du fichier Compose n’est construit depuis ce dépôt."
        );
        return Err(Error::failed(message).next(text!(
            "An image of a registry needs no nokube.toml: nokube deploy SERVICE --image IMAGE",
            "Une image d’un registre n’a pas besoin de nokube.toml : nokube deploy SERVICE --image IMAGE"
        )));
    }
    let text = converted.draft.render();
    destination.write(context, &text)?;
    let faults = config_file::parse(&text).err().unwrap_or_default();
    if !context.output.is_json() {
        print_notes(context, &converted);
        print_faults(context, &faults);
    }
    let names: Vec<_> = converted.draft.services.iter().map(|it| it.name.as_str()).collect();
    let details = json!({
        "not_carried_over": converted.notes, "secrets": converted.secrets, "errors": faults,
    });
    destination.report(context, &names, &details);
    Ok(if faults.is_empty() { Outcome::Done } else { Outcome::Failed(Exit::ConfigFile) })
}

fn print_notes(context: &Context, converted: &Converted) {
    let output = &context.output;
    if !converted.notes.is_empty() {
        let title = text!("Not carried over:", "Non repris :");
        output.note(&output.styled(Style::Warning, &title));
    }
    for Note { service, field, reason } in &converted.notes {
        let place = if service.is_empty() { field.clone() } else { format!("{service}.{field}") };
        output.note(&format!("  {}: {}", clean(&place), clean(reason)));
    }
    for (service, names) in &converted.secrets {
        let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let command = format!("nokube secrets set --service {service} {names}");
        let title = text!(
            "Secrets of {service}, whose values were not copied:",
            "Secrets de {service}, dont les valeurs n’ont pas été copiées :"
        );
        output.note(&output.styled(Style::Strong, &title));
        output.note(&format!("  {}", clean(&command)));
    }
}

fn print_faults(context: &Context, faults: &[FileError]) {
    if faults.is_empty() {
        return;
    }
    let title = text!("To be changed before `nokube up`:", "À changer avant `nokube up` :");
    context.output.note(&context.output.styled(Style::Bad, &title));
    faults
        .iter()
        .for_each(|fault| context.output.note(&format!("  {}", clean(&fault.to_string()))));
}
