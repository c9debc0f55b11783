//! What a running platform says at `/ready`.

use nokube_domain::{Timestamp, origin, session::Keys};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Ready {
    pub ready: bool,
    pub in_full: bool,
    pub checks: Vec<Check>,
}

#[derive(Deserialize)]
pub struct Check {
    pub name: String,
    pub ok: bool,
    pub detail: String,
}

/// Strangers are told less: `secret` is the platform's own, of sessions or of its issuer; `platform` what its
/// `platform_url` says.
///
/// # Errors
/// There is no answer, or it is none of a platform's.
pub async fn ask(
    client: &reqwest::Client,
    url: &str,
    platform: &str,
    secret: &str,
) -> reqwest::Result<Ready> {
    let issuer = origin::platform(platform).unwrap_or_default();
    let keys = Keys { issuer: &issuer, secret, previous: "" };
    let mut request = client.get(format!("{}/ready", url.trim_end_matches('/')));
    if let Ok(proof) = keys.operator(Timestamp::now().as_second()) {
        request = request.bearer_auth(proof);
    }
    // Unready is said by 503, with the same body.
    request.send().await?.json().await
}
