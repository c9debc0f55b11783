//! `nokube services`.

mod change;
mod show;

use crate::{
    Error, Exit, Outcome, Result,
    api::{segment, services::Service, typed},
    args::services::{Services, ServicesCommand, SetService},
    context::Context,
    output::{Style, Table, table::Cell},
    text,
};
use serde_json::{Map, Value, json};

pub async fn run(context: &Context, args: Services) -> Result<Outcome> {
    match args.command {
        None => list(context).await,
        Some(ServicesCommand::Show { service }) => {
            show::run(context, service.service.as_deref()).await
        }
        Some(ServicesCommand::Set(args)) => set(context, *args).await,
        Some(ServicesCommand::Remove { service }) => remove(context, &service).await,
    }
}

async fn list(context: &Context) -> Result<Outcome> {
    let project = context.project().await?;
    let path = format!("/api/v1/projects/{}/services", project.id);
    let services = context.client().await?.all(&path, "services").await?;
    let output = &context.output;
    if output.is_json() {
        output.json(&json!({ "services": services }));
        return Ok(Outcome::Done);
    }
    let services: Vec<Service> = typed(services)?;
    match services.is_empty() {
        false => output.table(&table(&services)),
        true => {
            let project = project.full_name();
            output.note(&text!("{project} has no service.", "{project} n’a aucun service."));
        }
    }
    Ok(Outcome::Done)
}

fn table(services: &[Service]) -> Table {
    let mut table = Table::new([
        text!("service", "service"),
        text!("repository", "dépôt"),
        text!("branch", "branche"),
        text!("on push", "à chaque push"),
        text!("previews", "prévisualisations"),
    ]);
    for service in services {
        let source = service.source.as_ref();
        let repository = match source {
            Some(source) => source.repository_url.as_str().into(),
            None => not_saved(),
        };
        let branch = source.and_then(|source| source.branch.as_deref()).unwrap_or_default();
        let previews = Some(service.previews.as_str()).filter(|mode| *mode != "off");
        table.row([
            service.name.as_str().into(),
            repository,
            branch.into(),
            on_push(service).into(),
            previews.unwrap_or_default().into(),
        ]);
    }
    table
}

fn not_saved() -> Cell {
    Cell::styled(text!("not saved", "pas enregistré"), Style::Faint)
}

fn on_push(service: &Service) -> String {
    match (service.build_on_push, service.deploy_on_build) {
        (false, _) => String::new(),
        (true, false) => text!("build", "construire"),
        (true, true) => text!("build, deploy", "construire, déployer"),
    }
}

/// Changes what is saved, or saves it for the first time.
async fn set(context: &Context, args: SetService) -> Result<Outcome> {
    let fields = change::fields(&args)?;
    if fields.is_empty() {
        return Err(Error::usage(text!(
            "Say what to change: nokube services set --help",
            "Dites ce qui doit changer : nokube services set --help"
        )));
    }
    // A new service is not found by looking at those that exist.
    let name = context.service(args.service.service.as_deref()).await?;
    let path =
        format!("/api/v1/projects/{}/services/{}", context.project().await?.id, segment(&name));
    let client = context.client().await?;
    let request = match has_source(context, &name).await? {
        true => client.patch(path),
        false => client.put(path),
    };
    let saved = request.json(&fields)?.receive::<Service>().await;
    let saved = saved.map_err(|error| explain(error, &fields, &name))?;
    match context.output.is_json() {
        true => context.output.json(&saved.json),
        false => show::print(&context.output, &saved),
    }
    Ok(Outcome::Done)
}

async fn has_source(context: &Context, name: &str) -> Result<bool> {
    match context.service_named(name).await {
        Ok(service) => Ok(service.source.is_some()),
        Err(error) if error.exit == Exit::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What to do about a refusal.
fn explain(error: Error, fields: &Map<String, Value>, service: &str) -> Error {
    if error.is_about("repository_url") && !fields.contains_key("repository_url") {
        return error.next(text!(
            "Nothing is saved of it yet. Add --repository URL",
            "Rien n’en est encore enregistré. Ajoutez --repository URL"
        ));
    }
    if error.exit == Exit::NotAllowed {
        return error.next(text!(
            "What is deployed without a click needs the scope deploy too, not only build. `nokube whoami` shows the token's scopes; `nokube login` makes a token with all of them.",
            "Ce qui se déploie sans clic demande aussi le droit deploy, pas seulement build. `nokube whoami` montre les droits du jeton ; `nokube login` en crée un qui les a tous."
        ));
    }
    if error.reason() == Some("needs_github_app") || error.message.contains("/installations/new") {
        return error.next(text!(
            "Then run it again: nokube services set {service} …",
            "Puis recommencez : nokube services set {service} …"
        ));
    }
    error
}

async fn remove(context: &Context, service: &str) -> Result<Outcome> {
    let project = context.project().await?;
    let name = project.full_name();
    context.output.confirm(&text!(
        "Remove what {service} in {name} is built from, and its builds on push? Builds and deployment stay.",
        "Supprimer la source de {service} dans {name}, et ses builds à chaque push ? Les builds et le déploiement restent."
    ))?;
    let path = format!("/api/v1/projects/{}/services/{}", project.id, segment(service));
    context.client().await?.delete(path).send().await?;
    match context.output.is_json() {
        true => context.output.json(&json!({ "removed": service })),
        false => context.output.note(&text!(
            "The source of {service} is removed.",
            "La source de {service} est supprimée."
        )),
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::status::service::tests::service;

    #[test]
    fn the_list_shows_the_source_and_what_a_push_does() {
        let source = json!({
            "repository_url": "https://github.com/acme/shop", "repository_id": 1, "branch": "main", "context": ".",
            "builder": "buildpacks", "has_dockerfile": false, "image_tag": "latest", "submodules": false, "lfs": false,
        });
        let services = [
            service(
                json!({ "source": source, "build_on_push": true, "deploy_on_build": true, "previews": "build" }),
            ),
            service(json!({ "name": "worker" })),
        ];
        let expected = "SERVICE  REPOSITORY                    BRANCH  ON PUSH        PREVIEWS\n\
                        shop     https://github.com/acme/shop  main    build, deploy  build\n\
                        worker   not saved\n";
        assert_eq!(table(&services).render(false), expected);
    }
}
