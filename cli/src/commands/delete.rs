//! `nokube delete`.

use crate::{Outcome, Result, api::segment, args::lifecycle::Delete, context::Context, text};
use serde_json::json;

pub async fn run(context: &Context, args: Delete) -> Result<Outcome> {
    let Delete { service, volumes } = &args;
    let deployment = context.deployment_id(service).await?;
    let project = context.project().await?.full_name();
    let question = match volumes {
        true => text!(
            "Delete the deployment of {service} in {project}, and its volume with all data?",
            "Supprimer le déploiement de {service} dans {project}, et son volume avec toutes ses données ?"
        ),
        false => text!(
            "Delete the deployment of {service} in {project}? Its volume stays.",
            "Supprimer le déploiement de {service} dans {project} ? Son volume reste."
        ),
    };
    context.output.confirm(&question)?;
    let path = format!("/api/v1/deployments/{}", segment(&deployment));
    let request = context.client().await?.delete(path);
    request.flag("volumes", *volumes).send().await?;
    if context.output.is_json() {
        context.output.json(&json!({ "deleted": deployment, "volumes": volumes }));
        return Ok(Outcome::Done);
    }
    context.output.note(&text!(
        "The deployment of {service} is deleted. What is saved of it stays: nokube services remove {service}",
        "Le déploiement de {service} est supprimé. Ce qui en est enregistré reste : nokube services remove {service}"
    ));
    Ok(Outcome::Done)
}
