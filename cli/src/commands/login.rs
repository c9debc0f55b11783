//! `nokube login`.

use crate::{
    Error, Outcome, Result,
    api::{Client, identity::Me, tokens::TokenCreated},
    args::account::Login,
    config::Origin,
    context::Context,
    credentials::Place,
    login::{self, Method},
    output::{clean, time},
    text,
};
use serde_json::json;

pub async fn run(context: &Context, args: Login) -> Result<Outcome> {
    let origin = origin(context, &args)?;
    origin.require_private()?;
    let name = name(context, &args, &origin)?;
    let client = context.anonymous_client(&origin)?;
    let earlier = context.credentials()?.token(&origin).await?;
    check_platform(&client).await?;
    let method = Method { device: args.device, no_browser: args.no_browser };
    let bearer = login::sign_in(context, &client, method).await?;
    let created = login::create_api_token(&client, &bearer).await?;
    let client = client.with_token(Some(created.token.clone()));
    let kept = keep(context, &client, &name, &created, earlier).await;
    if kept.is_err() {
        // Nobody has this token.
        let _ = client.revoke_own_token().await;
    }
    let place = kept?;
    let me = client.me().await?;
    report(context, &name, &me, &created, &origin, place)?;
    Ok(Outcome::Done)
}

fn origin(context: &Context, args: &Login) -> Result<Origin> {
    match &args.url {
        // A name of the configuration is as good as its address.
        Some(url) => match context.config()?.origin(url)? {
            Some(origin) => Ok(origin),
            None => Origin::parse(url),
        },
        None => context.platform().map(|platform| platform.origin).map_err(|error| {
            if context.options.platform.is_some() {
                return error;
            }
            let next = text!(
                "Name its address: nokube login https://nokube.example.com",
                "Indiquez son adresse : nokube login https://nokube.example.com"
            );
            Error { next: vec![next], ..error }
        }),
    }
}

/// The name in the configuration: the given one, the present one, or the host.
fn name(context: &Context, args: &Login, origin: &Origin) -> Result<String> {
    let config = context.config()?;
    let name = match (&args.name, config.name(origin)) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => origin.authority(),
    };
    if name.is_empty() || name.contains(['/', ' ']) {
        return Err(Error::usage(text!(
            "{name:?} cannot be the name of a platform.",
            "{name:?} ne peut pas être le nom d’une plateforme."
        )));
    }
    match config.origin(&name)? {
        Some(other) if other != *origin => Err(Error::usage(text!(
            "{name} is the name of {other}.",
            "{name} est le nom de {other}."
        ))
        .next(text!("Choose another one with --name", "Choisissez-en un autre avec --name"))),
        _ => Ok(name),
    }
}

/// A wrong address is better noticed before the browser opens.
async fn check_platform(client: &Client) -> Result<()> {
    let answer = client.get("/health").send().await;
    if answer.as_ref().is_ok_and(|answer| answer.text().trim() == "alive") {
        return Ok(());
    }
    let origin = client.origin();
    match answer {
        Err(error) if error.problem.is_some() || error.exit == crate::Exit::Unavailable => {
            Err(error)
        }
        _ => Err(Error::not_found(text!(
            "There is no NoKube platform at {origin}.",
            "Il n’y a pas de plateforme NoKube à {origin}."
        ))
        .next(text!("Check the address.", "Vérifiez l’adresse."))),
    }
}

/// Stores the token and the platform, and revokes the token that this computer had before.
async fn keep(
    context: &Context,
    client: &Client,
    name: &str,
    created: &TokenCreated,
    earlier: Option<String>,
) -> Result<Place> {
    let (origin, credentials) = (client.origin(), context.credentials()?);
    let place = credentials.store(origin, &created.token).await?;
    let mut config = context.config()?;
    config.add(name, origin);
    config.save(&context.config_folder()?)?;
    if earlier.is_some() {
        // It may have been revoked or have expired.
        let _ = client.with_token(earlier).revoke_own_token().await;
    }
    Ok(place)
}

fn report(
    context: &Context,
    name: &str,
    me: &Me,
    created: &TokenCreated,
    origin: &Origin,
    place: Place,
) -> Result<()> {
    let output = &context.output;
    if output.is_json() {
        let stored = match place {
            Place::Keyring => "keyring",
            Place::File => "file",
        };
        output.json(&json!({
            "platform": name, "url": origin.to_string(), "username": me.username,
            "token_id": created.id, "expires_at": created.expires_at, "stored_in": stored,
        }));
        return Ok(());
    }
    let (username, expires) = (clean(&me.username), time::date(created.expires_at));
    output.print(&text!(
        "You are signed in to {origin} as {username}.",
        "Vous êtes connecté à {origin} en tant que {username}."
    ));
    let place = match place {
        Place::Keyring => text!("this computer's keyring", "le trousseau de cet ordinateur"),
        Place::File => context.credentials()?.path().display().to_string(),
    };
    output.note(&text!(
        "The token is in {place}, and valid until {expires}.",
        "Le jeton est dans {place}, et valide jusqu’au {expires}."
    ));
    if let Some(default) = context.config()?.default.filter(|default| default != name) {
        output.note(&text!(
            "{default} stays the default platform: use --platform {name}, or `nokube platforms use {name}`.",
            "{default} reste la plateforme par défaut : utilisez --platform {name}, ou `nokube platforms use {name}`."
        ));
    }
    if context.environment.token.is_some() {
        output.note(&text!(
            "NOKUBE_TOKEN is set, and is used in place of this token.",
            "NOKUBE_TOKEN est défini, et remplace ce jeton."
        ));
    }
    Ok(())
}
