//! The readiness of a running platform, from `GET /ready`.

use nokube_domain::{Timestamp, origin, session::SigningKeys};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Readiness {
    pub ready: bool,
    /// Whether the platform accepted the caller as an operator, and the checks have details.
    pub in_full: bool,
    pub checks: Vec<Check>,
}

#[derive(Deserialize)]
pub struct Check {
    pub name: String,
    pub ok: bool,
    pub detail: String,
}

/// Requests the readiness as an operator. `secret` is the platform's session secret or JWT secret,
/// `platform_url` its setting of that name.
///
/// # Errors
/// There is no response, or it is not a platform's.
pub async fn fetch_readiness(
    client: &reqwest::Client,
    url: &str,
    platform_url: &str,
    secret: &str,
) -> reqwest::Result<Readiness> {
    let issuer = origin::parse_platform_origin(platform_url).unwrap_or_default();
    let keys = SigningKeys { issuer: &issuer, secret, previous_secret: "" };
    let mut request = client.get(format!("{}/ready", url.trim_end_matches('/')));
    if let Ok(proof) = keys.sign_operator_proof(Timestamp::now().as_second()) {
        request = request.bearer_auth(proof);
    }
    // A platform that is not ready responds 503 with the same body.
    request.send().await?.json().await
}
