//! What a running platform says at `/ready`.

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Ready {
    pub ready: bool,
    pub checks: Vec<Check>,
}

#[derive(Deserialize)]
pub struct Check {
    pub name: String,
    pub ok: bool,
    pub detail: String,
}

/// # Errors
/// There is no answer, or it is none of a platform's.
pub async fn ask(client: &reqwest::Client, url: &str) -> reqwest::Result<Ready> {
    let url = format!("{}/ready", url.trim_end_matches('/'));
    // Unready is said by 503, with the same body.
    client.get(url).send().await?.json().await
}
