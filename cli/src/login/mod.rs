//! Signing in: in a browser on this computer (authorization code with PKCE, RFC 8252), or with a code that is entered in
//! any browser (device flow, RFC 8628). Both give a bearer token of some minutes with all rights, which is only used to
//! create an API token, or for one request that needs it.

mod api_token;
mod browser;
mod device;
mod listener;
mod pkce;

pub use api_token::{SCOPES, create_api_token, host_name};

use crate::{Error, Exit, Result, api::Client, context::Context, output::clean, text};
use std::fmt;

/// The client id of this program at every platform.
const CLIENT_ID: &str = "nokube-cli";

/// How to sign in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Method {
    /// With the device flow.
    pub device: bool,
    /// Print the address in place of opening a browser.
    pub no_browser: bool,
}

/// A bearer token with all rights, valid for some minutes.
pub struct Bearer(String);

impl Bearer {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Bearer")
    }
}

/// Signs in. `client` has no token.
pub async fn sign_in(context: &Context, client: &Client, method: Method) -> Result<Bearer> {
    let environment = &context.environment;
    let use_browser = method.no_browser || (!environment.is_ssh && environment.has_display);
    if method.device || !use_browser {
        return device::sign_in(&context.output, client).await;
    }
    match browser::sign_in(&context.output, client, method).await? {
        Some(bearer) => Ok(bearer),
        None => device::sign_in(&context.output, client).await,
    }
}

/// A client that may do what needs the scope `account`. API tokens cannot have it, so the person signs in again.
pub async fn account_client(context: &Context) -> Result<Client> {
    let client = context.client().await?;
    let me = client.me().await?;
    if me.scopes.iter().any(|scope| scope == "account") {
        return Ok(client.clone());
    }
    context.output.note(&text!(
        "API tokens may not manage tokens, so this needs you to sign in again, for this command only.",
        "Les jetons d’API ne peuvent pas gérer les jetons : reconnectez-vous, pour cette commande seulement."
    ));
    let anonymous = context.anonymous_client(client.origin())?;
    let bearer = sign_in(context, &anonymous, Method::default()).await?;
    let signed_in = anonymous.with_token(Some(bearer.0));
    let other = signed_in.me().await?;
    if other.username == me.username {
        return Ok(signed_in);
    }
    let (other, expected) = (clean(&other.username), clean(&me.username));
    Err(Error::new(
        Exit::NotAllowed,
        text!(
            "You have signed in as {other}, but the command line is signed in as {expected}.",
            "Vous vous êtes connecté en tant que {other}, mais la ligne de commande l’est en tant que {expected}."
        ),
    )
    .next(text!(
        "Sign in as {expected} in the browser, or sign the command line in as {other}: nokube login",
        "Connectez-vous en tant que {expected} dans le navigateur, ou changez la ligne de commande : nokube login"
    )))
}
