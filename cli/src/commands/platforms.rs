//! `nokube platforms`. It sends no requests, except to sign out of one that is removed.

use super::logout;
use crate::{
    Error, Outcome, Result,
    args::account::{Platforms, PlatformsCommand},
    config::{Config, Origin},
    context::Context,
    output::Table,
    text,
};
use serde_json::json;

pub async fn run(context: &Context, args: Platforms) -> Result<Outcome> {
    let mut config = context.config()?;
    match args.command {
        None => list(context, &config),
        Some(PlatformsCommand::Use { name }) => {
            known(&config, &name)?;
            config.default = Some(name);
            config.save(&context.config_folder()?)?;
            list(context, &config);
        }
        Some(PlatformsCommand::Remove { name }) => {
            let origin = known(&config, &name)?;
            let signed_out = logout::sign_out(context, &origin).await?;
            config.remove(&name);
            config.save(&context.config_folder()?)?;
            logout::report(context, &origin, &signed_out);
        }
    }
    Ok(Outcome::Done)
}

fn known(config: &Config, name: &str) -> Result<Origin> {
    config.origin(name)?.ok_or_else(|| {
        Error::not_found(text!(
            "There is no platform named {name}.",
            "Aucune plateforme ne s’appelle {name}."
        ))
        .next(text!("`nokube platforms` lists them.", "`nokube platforms` les liste."))
    })
}

fn list(context: &Context, config: &Config) {
    let output = &context.output;
    let is_default = |name: &str| config.default.as_deref() == Some(name);
    if output.is_json() {
        let platforms: Vec<_> = config
            .platforms
            .iter()
            .map(|(name, url)| json!({ "name": name, "url": url, "default": is_default(name) }))
            .collect();
        output.json(&json!({ "platforms": platforms }));
        return;
    }
    if config.platforms.is_empty() {
        output.note(&text!(
            "There is no platform yet. Sign in to one: nokube login URL",
            "Il n’y a pas encore de plateforme. Connectez-vous à une : nokube login URL"
        ));
        return;
    }
    let mut table = Table::new([text!("name", "nom"), text!("address", "adresse"), String::new()]);
    for (name, url) in &config.platforms {
        let note = if is_default(name) { text!("default", "par défaut") } else { String::new() };
        table.row([name.as_str().into(), url.as_str().into(), note.into()]);
    }
    output.table(&table);
}
