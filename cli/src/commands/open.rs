//! `nokube open`.

use crate::{Error, Outcome, Result, args::observe::Open, context::Context, output::clean, text};
use serde_json::json;
use url::Url;

pub async fn run(context: &Context, args: Open) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let id = context.deployment_id(&service).await?;
    let deployment = context.client().await?.deployment(&id).await?;
    let address = deployment.access_url.clone().ok_or_else(|| {
        Error::not_found(text!("{service} has no address.", "{service} n’a pas d’adresse."))
    })?;
    let output = &context.output;
    match output.is_json() {
        true => output.json(&json!({ "access_url": address, "reachable": deployment.reachable })),
        false => output.print(&clean(&address)),
    }
    if deployment.reachable.as_deref() == Some("no") {
        output.note(&text!(
            "Requests do not reach it now. Why: nokube status {service}",
            "Elle n’est pas joignable pour l’instant. Pourquoi : nokube status {service}"
        ));
    }
    if !args.print && !output.is_json() {
        open(&address)?;
    }
    Ok(Outcome::Done)
}

/// Opens an address in a browser.
fn open(address: &str) -> Result<()> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| {
        Error::failed(text!(
            "This address cannot be opened in a browser.",
            "Cette adresse ne s’ouvre pas dans un navigateur."
        ))
    })?;
    webbrowser::open(url.as_str()).map_err(|error| {
        Error::failed(text!(
            "No browser can be opened: {error}",
            "Aucun navigateur ne s’ouvre : {error}"
        ))
    })
}
