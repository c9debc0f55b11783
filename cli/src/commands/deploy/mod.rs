//! `nokube deploy`.

pub mod request;
pub mod saved;

use crate::{
    Error, Exit, Outcome, Result,
    api::{Client, Received, dry_run::DryRun},
    args::deploy::Deploy,
    commands::{configuration, deployed},
    context::Context,
    follow::difference,
    output::clean,
    text,
};
use request::Image;
use saved::{Fields, Saved};

pub async fn run(context: &Context, args: Deploy) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let image = match (&args.build, &args.image) {
        (Some(build), _) => Some(Image::Build(build.clone())),
        (None, Some(image)) => Some(Image::Name(image.clone())),
        (None, None) => None,
    };
    let body = body(context, &service, image).await?;
    if args.dry_run {
        let dry_run = request::dry_run(context.client().await?, &body).await?;
        return Ok(print_dry_run(context, &dry_run));
    }
    let created = request::send(context.client().await?, &body).await?;
    Ok(deployed::follow(context, created, &args.wait).await?.print(&context.output))
}

/// The request: what is saved, or for a certain image the complete configuration.
async fn body(context: &Context, service: &str, image: Option<Image>) -> Result<Fields> {
    let (client, project) = (context.client().await?, context.project().await?);
    let saved = Saved::load(client, project.id, service).await?;
    let (configuration, image) = match (saved.last_configuration(), image) {
        (_, None) if saved.configuration.is_some() => {
            return Ok(request::of_saved(project.id, service, None));
        }
        (Some(configuration), Some(image)) => (configuration.clone(), image),
        (None, Some(image @ Image::Name(_))) => (Fields::new(), image),
        (Some(configuration), None) => {
            let build = newest_build(client, project.id, &saved, service).await?;
            (configuration.clone(), Image::Build(build))
        }
        (None, _) => return Err(no_configuration(service)),
    };
    let secrets = request::secrets_of_release(&saved)?;
    Ok(request::complete(project, service, configuration, image, &secrets))
}

async fn newest_build(
    client: &Client,
    project: u64,
    saved: &Saved,
    service: &str,
) -> Result<String> {
    let newest = match &saved.service {
        Some(service) => configuration::newest_build(client, project, service).await?,
        None => None,
    };
    newest.ok_or_else(|| {
        Error::new(
            Exit::Rejected,
            text!(
                "No build of {service} has succeeded yet.",
                "Aucun build de {service} n’a encore réussi."
            ),
        )
        .next(text!("Build it: nokube build {service}", "Construisez-le : nokube build {service}"))
    })
}

fn no_configuration(service: &str) -> Error {
    Error::new(
        Exit::Rejected,
        text!("Nothing says how to deploy {service}.", "Rien ne dit comment déployer {service}."),
    )
    .next(text!(
        "Add [services.{service}.deployment] to nokube.toml, then: nokube up {service}",
        "Ajoutez [services.{service}.deployment] à nokube.toml, puis : nokube up {service}"
    ))
}

/// Prints what a deployment would do.
pub fn print_dry_run(context: &Context, dry_run: &Received<DryRun>) -> Outcome {
    let output = &context.output;
    match output.is_json() {
        true => output.json(&dry_run.json),
        false => {
            for line in difference::of_dry_run(dry_run) {
                output.print(&output.styled_result(line.style, &line.text));
            }
            if let Some(url) = &dry_run.access_url {
                output.print(&text!("Address: {url}", "Adresse : {url}", url = clean(url)));
            }
        }
    }
    if dry_run.accepted { Outcome::Done } else { Outcome::Failed(Exit::Rejected) }
}
