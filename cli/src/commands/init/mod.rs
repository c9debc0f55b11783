//! `nokube init`: writes a nokube.toml for the services that are found in the repository.

mod draft;
mod repository;

use super::import::{self, Compose, destination::Destination};
use crate::{
    Outcome, Result,
    args::file::{Init, Target},
    context::Context,
    detect::{Build, DEFAULT_PORT, Detected, Found, detect, service_name},
    text,
};
use repository::Repository;
use serde_json::json;

pub async fn run(context: &Context, args: Init) -> Result<Outcome> {
    let repository = Repository::read().await?;
    let Target { force, output } = args.target;
    let destination = Destination::new(output, force, &repository.root)?;
    let detected = detect(&repository.files, &repository.name);
    if let Some(compose) = compose_file(context, &repository, &detected)? {
        return import::write(context, compose, &destination);
    }
    let Detected { mut services, has_release_process, .. } = detected;
    if services.is_empty() {
        context.output.note(&text!(
            "There is no Dockerfile, and no language that is known. The file has a service that buildpacks build.",
            "Il n’y a ni Dockerfile, ni langage connu. Le fichier a un service construit par des buildpacks."
        ));
        services.push(unknown_service(&repository.name));
    }
    ask(context, &mut services)?;
    let draft = draft::of(&services, project(context));
    destination.write(context, &draft.render())?;
    report(context, &destination, &services, has_release_process);
    Ok(Outcome::Done)
}

fn unknown_service(repository: &str) -> Found {
    Found {
        name: service_name(repository),
        context: ".".into(),
        build: Build::Buildpacks { language: None },
        port: Some(DEFAULT_PORT),
        process: None,
    }
}

/// The Compose file, if it is imported. Without a question it is if it has a service that is built here.
fn compose_file(
    context: &Context,
    repository: &Repository,
    detected: &Detected,
) -> Result<Option<Compose>> {
    let Some(file) = &detected.compose_file else { return Ok(None) };
    let compose = Compose::read(&repository.root.join(file), &repository.root).ok();
    let Some(compose) = compose.filter(Compose::has_services) else { return Ok(None) };
    let others = match detected.services.is_empty() {
        true => text!("No, write an empty service", "Non, écrire un service vide"),
        false => text!("No, use the other files", "Non, utiliser les autres fichiers"),
    };
    let choices = [(text!("Yes", "Oui"), true), (others, false)];
    let question = text!("Import the services of {file}?", "Importer les services de {file} ?");
    let answer = match context.options.yes {
        true => None,
        false => context.output.choose(&question, &choices, |(text, _)| text.clone())?,
    };
    Ok(answer.is_none_or(|(_, imports)| *imports).then_some(compose))
}

/// Asks for what the files do not say. Without a terminal, and with `--yes`, it is the defaults.
fn ask(context: &Context, services: &mut [Found]) -> Result<()> {
    if context.options.yes {
        return Ok(());
    }
    if let [only] = services {
        let question = text!("Name of the service", "Nom du service");
        if let Some(name) = context.output.ask(&question, Some(&only.name))? {
            only.name = service_name(&name);
        }
    }
    for service in services.iter_mut().filter(|service| service.has_unknown_port()) {
        service.port = ask_port(context, &service.name)?;
    }
    Ok(())
}

/// Asks until the answer is a port. `None` if no question can be asked.
fn ask_port(context: &Context, name: &str) -> Result<Option<u16>> {
    let question = text!("The port on which {name} listens", "Le port sur lequel {name} écoute");
    loop {
        let answer = context.output.ask(&question, Some(&DEFAULT_PORT.to_string()))?;
        let Some(answer) = answer else { return Ok(None) };
        match answer.trim().parse::<u16>() {
            Ok(port) if port > 0 => return Ok(Some(port)),
            _ => context.output.note(&text!(
                "A port is a number from 1 to 65535.",
                "Un port est un nombre de 1 à 65535."
            )),
        }
    }
}

/// The project that was given, if it is a name.
fn project(context: &Context) -> Option<String> {
    let given = context.options.project.as_deref()?;
    let name = given.rsplit('/').next()?;
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number && name.parse::<nokube_domain::name::ProjectName>().is_ok())
        .then(|| name.to_owned())
}

fn report(
    context: &Context,
    destination: &Destination,
    services: &[Found],
    has_release_process: bool,
) {
    let output = &context.output;
    if has_release_process {
        output.note(&text!(
            "The process `release` of the Procfile is not carried over: run it when the program starts.",
            "Le processus `release` du Procfile n’est pas repris : exécutez-le au démarrage du programme."
        ));
    }
    for service in services.iter().filter(|service| service.has_unknown_port()) {
        let name = &service.name;
        output.note(&text!(
            "{name}: nothing says on which port it listens. container_port is {DEFAULT_PORT}; change it if that is wrong.",
            "{name} : rien ne dit sur quel port il écoute. container_port est {DEFAULT_PORT} ; changez-le si c’est faux."
        ));
    }
    let names: Vec<_> = services.iter().map(|service| service.name.as_str()).collect();
    destination.report(context, &names, &json!({}));
}
