//! Which platform a command is for, and with which token.

use super::Context;
use crate::{
    Error, Exit, Result,
    api::Client,
    config::{Config, Origin},
    text,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its name in the configuration, if it is there.
    pub name: Option<String>,
    pub origin: Origin,
}

impl Context {
    /// `--platform`, else `NOKUBE_URL`, else `NOKUBE_PLATFORM`, else the default one.
    pub fn platform(&self) -> Result<Platform> {
        let config = self.config()?;
        let environment = &self.environment;
        let given = self.options.platform.as_ref().or(environment.url.as_ref());
        let given = given.or(environment.platform.as_ref()).or(config.default.as_ref());
        let Some(given) = given else { return Err(no_platform()) };
        resolve(&config, given)
    }

    /// The client of the platform, signed in.
    pub async fn client(&self) -> Result<&Client> {
        self.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client> {
        let Platform { origin, .. } = self.platform()?;
        origin.require_private()?;
        let token = match self.token_of_environment(&origin) {
            Some(token) => token,
            None => {
                let stored = self.credentials()?.token(&origin).await?;
                stored.ok_or_else(|| not_signed_in(&origin))?
            }
        };
        Client::new(origin, Some(token), self.output.clone())
    }

    /// `NOKUBE_TOKEN`. If `NOKUBE_URL` is set too, it is only for that address.
    pub fn token_of_environment(&self, origin: &Origin) -> Option<String> {
        let is_for_another =
            self.environment.url.as_ref().is_some_and(|url| {
                Origin::parse(url).map_or(true, |for_origin| for_origin != *origin)
            });
        if is_for_another { None } else { self.environment.token.clone() }
    }

    /// A client without a token, for what everybody may ask.
    pub fn anonymous_client(&self, origin: &Origin) -> Result<Client> {
        Client::new(origin.clone(), None, self.output.clone())
    }
}

/// A platform by its name or its address.
fn resolve(config: &Config, given: &str) -> Result<Platform> {
    if let Some(origin) = config.origin(given)? {
        return Ok(Platform { name: Some(given.to_owned()), origin });
    }
    if given.contains(['.', ':']) || given == "localhost" {
        let origin = Origin::parse(given)?;
        let name = config.name(&origin).map(str::to_owned);
        return Ok(Platform { name, origin });
    }
    let names: Vec<_> = config.platforms.keys().map(String::as_str).collect();
    let names = names.join(", ");
    Err(Error::usage(text!(
        "There is no platform named {given}.",
        "Aucune plateforme ne s’appelle {given}."
    ))
    .next(if names.is_empty() {
        text!("Sign in to one: nokube login URL", "Connectez-vous à une : nokube login URL")
    } else {
        text!("The platforms are {names}.", "Les plateformes sont {names}.")
    }))
}

fn no_platform() -> Error {
    let message = text!(
        "You are not signed in to any platform.",
        "Vous n’êtes connecté à aucune plateforme."
    );
    Error::new(Exit::NotAllowed, message).next(text!(
        "Sign in: nokube login https://nokube.example.com. In CI, set NOKUBE_URL and NOKUBE_TOKEN.",
        "Connectez-vous : nokube login https://nokube.example.com. En CI, définissez NOKUBE_URL et NOKUBE_TOKEN."
    ))
}

fn not_signed_in(origin: &Origin) -> Error {
    let message =
        text!("You are not signed in to {origin}.", "Vous n’êtes pas connecté à {origin}.");
    Error::new(Exit::NotAllowed, message)
        .next(text!("Sign in: nokube login {origin}", "Connectez-vous : nokube login {origin}"))
}
