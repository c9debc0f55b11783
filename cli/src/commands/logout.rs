//! `nokube logout`.

use crate::{
    Error, Exit, Outcome, Result, args::account::Logout, config::Origin, context::Context, text,
};
use serde_json::json;

/// What became of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedOut {
    /// There was none.
    Before,
    Revoked,
    /// It is forgotten here, but the platform did not revoke it, for this reason.
    StillValid(String),
}

pub async fn run(context: &Context, _args: Logout) -> Result<Outcome> {
    let origin = context.platform()?.origin;
    let signed_out = sign_out(context, &origin).await?;
    report(context, &origin, &signed_out);
    Ok(Outcome::Done)
}

/// Revokes this computer's token for a platform, and forgets it in any case.
pub async fn sign_out(context: &Context, origin: &Origin) -> Result<SignedOut> {
    let credentials = context.credentials()?;
    let Some(token) = credentials.token(origin).await? else { return Ok(SignedOut::Before) };
    let client = context.anonymous_client(origin)?.with_token(Some(token));
    let revoked = client.revoke_own_token().await;
    credentials.forget(origin).await?;
    match revoked {
        Ok(()) => Ok(SignedOut::Revoked),
        // It has expired, or somebody else has revoked it, perhaps at the same moment.
        Err(error) if is_gone(&error) => Ok(SignedOut::Revoked),
        Err(error) => Ok(SignedOut::StillValid(error.message)),
    }
}

fn is_gone(error: &Error) -> bool {
    match error.exit {
        Exit::NotAllowed => true,
        Exit::NotFound => error.problem.is_some(),
        _ => false,
    }
}

pub fn report(context: &Context, origin: &Origin, signed_out: &SignedOut) {
    let output = &context.output;
    if output.is_json() {
        let revoked = !matches!(signed_out, SignedOut::StillValid(_));
        output.json(&json!({ "url": origin.to_string(), "revoked": revoked }));
        return;
    }
    output.print(&match signed_out {
        SignedOut::Before => text!(
            "This computer is not signed in to {origin}.",
            "Cet ordinateur n’est pas connecté à {origin}."
        ),
        SignedOut::Revoked => text!(
            "You are signed out of {origin}; the token is revoked.",
            "Vous êtes déconnecté de {origin} ; le jeton est révoqué."
        ),
        SignedOut::StillValid(reason) => text!(
            "The token is deleted from this computer, but not revoked: {reason}\nIt stays valid until it expires. \
             Revoke it at {origin}/account.",
            "Le jeton est supprimé de cet ordinateur, mais pas révoqué : {reason}\nIl reste valide jusqu’à son \
             expiration. Révoquez-le sur {origin}/account."
        ),
    });
    if context.token_of_environment(origin).is_some() {
        output.note(&text!(
            "NOKUBE_TOKEN is set: commands go on using it.",
            "NOKUBE_TOKEN est défini : les commandes continuent de l’utiliser."
        ));
    }
}
