//! Sign-in in a browser on this computer: the platform's page sends the browser back to a port of this program with a
//! code, which is exchanged for a token.

use super::{
    Bearer, CLIENT_ID, Method,
    api_token::host_name,
    listener::{Granted, Listener, TIME_LIMIT},
    pkce::Pkce,
};
use crate::{
    Error, Exit, Result,
    api::{
        Client,
        identity::{AuthorizationCodeGrant, IssuedToken},
    },
    config::Origin,
    output::Output,
    text,
};
use tokio::task::spawn_blocking;

/// `None` if this computer cannot listen or has no browser: the device flow works there.
pub async fn sign_in(output: &Output, client: &Client, method: Method) -> Result<Option<Bearer>> {
    let Some(listener) = Listener::bind().await else { return Ok(None) };
    let pkce = Pkce::new()?;
    let redirect_uri = listener.redirect_uri();
    let url = authorize_url(client, &pkce, &redirect_uri);
    let instruction = if method.no_browser {
        text!("Open this address to sign in:", "Ouvrez cette adresse pour vous connecter :")
    } else {
        let opened = url.clone();
        let result = spawn_blocking(move || webbrowser::open(&opened)).await;
        if !matches!(result, Ok(Ok(()))) {
            return Ok(None);
        }
        text!(
            "Your browser opens. If it does not, open this address yourself:",
            "Votre navigateur s’ouvre. Sinon, ouvrez vous-même cette adresse :"
        )
    };
    output.note(&instruction);
    output.note(&url);
    let waiting = text!(
        "Waiting for your answer in the browser",
        "En attente de votre réponse dans le navigateur"
    );
    let Granted { code, issuer } = {
        let _progress = output.progress(&waiting);
        listener.code(&pkce.state, TIME_LIMIT).await?
    };
    check_issuer(client.origin(), issuer.as_deref())?;
    let grant = AuthorizationCodeGrant {
        grant_type: "authorization_code",
        client_id: CLIENT_ID,
        code: &code,
        redirect_uri: &redirect_uri,
        code_verifier: &pkce.verifier,
    };
    let request = client.post("/api/v1/auth/token").form(&grant)?;
    let issued = request.receive::<IssuedToken>().await?;
    Ok(Some(Bearer(issued.typed.access_token)))
}

fn authorize_url(client: &Client, pkce: &Pkce, redirect_uri: &str) -> String {
    let query = [
        ("response_type", "code".to_owned()),
        ("client_id", CLIENT_ID.to_owned()),
        ("redirect_uri", redirect_uri.to_owned()),
        ("code_challenge", pkce.challenge()),
        ("code_challenge_method", "S256".to_owned()),
        ("state", pkce.state.clone()),
        ("device", host_name()),
    ];
    client.origin().url("/authorize", &query).into()
}

/// Fails if another platform than `origin` has made the code (RFC 9207). A hostile one could otherwise send the browser on
/// to the page of a platform that the person trusts, and would be given the code of that.
fn check_issuer(origin: &Origin, issuer: Option<&str>) -> Result<()> {
    let issuer = issuer.and_then(|issuer| Origin::parse(issuer).ok());
    // A platform that is forwarded to this computer has another address.
    if origin.is_loopback() || issuer.as_ref() == Some(origin) {
        return Ok(());
    }
    let Some(issuer) = issuer else {
        return Err(Error::new(
            Exit::NotAllowed,
            text!(
                "The answer does not say that it comes from {origin}, so it was not used.",
                "La réponse ne dit pas qu’elle vient de {origin} : elle n’a pas été utilisée."
            ),
        ));
    };
    Err(Error::new(
        Exit::NotAllowed,
        text!(
            "The answer comes from {issuer} and not from {origin}, so it was not used.",
            "La réponse vient de {issuer} et non de {origin} : elle n’a pas été utilisée."
        ),
    )
    .next(text!(
        "If {issuer} is the address of your platform: nokube login {issuer}",
        "Si {issuer} est l’adresse de votre plateforme : nokube login {issuer}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_another_platform_is_not_sent() {
        let origin = |text: &str| Origin::parse(text).unwrap();
        let check = |at: &str, issuer| check_issuer(&origin(at), issuer);
        assert!(check("a.example.com", Some("https://a.example.com")).is_ok());
        assert!(check("127.0.0.1:3000", Some("https://a.example.com")).is_ok());
        for other in [None, Some(""), Some("https://b.example.com"), Some("http://a.example.com")] {
            let error = check("a.example.com", other).unwrap_err();
            assert_eq!(error.exit, Exit::NotAllowed, "{other:?}");
        }
    }
}
