//! The API token of this computer.

use super::Bearer;
use crate::{
    Result,
    api::{
        Client,
        tokens::{NewToken, TokenCreated},
    },
    text,
};

/// What the command line needs. Somebody who finds the token cannot make another one with it.
pub const SCOPES: [&str; 4] = ["read", "build", "deploy", "projects"];
const MAX_NAME: usize = 60;

/// Creates the token that this computer keeps. It is valid for the platform's default of 90 days.
pub async fn create_api_token(client: &Client, bearer: &Bearer) -> Result<TokenCreated> {
    let name = format!("nokube on {}", host_name()).chars().take(MAX_NAME).collect();
    let scopes = SCOPES.map(str::to_owned).into();
    let client = client.with_token(Some(bearer.reveal().to_owned()));
    let request = client.post("/api/v1/auth/tokens");
    let created = request.json(&NewToken { name, scopes, expires_at: None })?.receive().await;
    created.map(|created| created.typed).map_err(|error| match error.reason() {
        Some("too_many_tokens") => {
            let origin = client.origin();
            error.next(text!(
                "Revoke some at {origin}/account, and sign in again.",
                "Révoquez-en sur {origin}/account, puis reconnectez-vous."
            ))
        }
        _ => error,
    })
}

/// The name of this computer, without characters that a page would not show.
pub fn host_name() -> String {
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    let is_shown = |character: &char| character.is_ascii_graphic() || *character == ' ';
    let name: String = name.chars().filter(is_shown).take(MAX_NAME).collect();
    if name.trim().is_empty() { "unknown".to_owned() } else { name }
}
