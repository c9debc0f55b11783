//! Sends deliveries one after the other, signed as GitHub signs them. As on GitHub, there are no
//! automatic retries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Delivery, DeliveryState, HOOK_ID};
use crate::github::options::WebhookTarget;
use crate::github::server_state::ServerState;
use crate::hash;

/// GitHub's own limit.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends pending deliveries until the task is aborted.
pub(crate) async fn send_all(state: Arc<ServerState>, client: reqwest::Client) {
    let queue = &state.deliveries;
    loop {
        while let Some((target, delivery)) = queue.next() {
            let started = Instant::now();
            let result = send(&client, &target, &delivery, queue.is_enterprise_server).await;
            let now = state.now();
            queue.state().update(delivery.id, |delivery| {
                delivery.duration = started.elapsed();
                delivery.delivered_at = Some(now);
                delivery.status_code = result.as_ref().ok().copied();
                delivery.state =
                    if result.is_ok() { DeliveryState::Answered } else { DeliveryState::Failed };
            });
        }
        queue.wake_sender.notified().await;
    }
}

/// Returns the status of the response.
async fn send(
    client: &reqwest::Client,
    target: &WebhookTarget,
    delivery: &Delivery,
    is_enterprise_server: bool,
) -> anyhow::Result<u16> {
    let mut request = client
        .post(&target.url)
        .timeout(RESPONSE_TIMEOUT)
        .header("Content-Type", "application/json")
        .header("Accept", "*/*")
        .header("User-Agent", "GitHub-Hookshot/044aadd")
        .header("X-GitHub-Delivery", &delivery.guid)
        .header("X-GitHub-Event", &delivery.event)
        .header("X-GitHub-Hook-ID", HOOK_ID.to_string())
        .header("X-GitHub-Hook-Installation-Target-Type", delivery.target.0)
        .header("X-GitHub-Hook-Installation-Target-ID", delivery.target.1.to_string());
    if is_enterprise_server {
        request = request
            .header("X-GitHub-Enterprise-Version", "3.19.0")
            .header("X-GitHub-Enterprise-Host", "github.example.com");
    }
    if !target.secret.is_empty() {
        let signature = webhook_signature(&target.secret, &delivery.body)?;
        request = request.header("X-Hub-Signature-256", signature);
    }
    let response = request.body(delivery.body.clone()).send().await?;
    Ok(response.status().as_u16())
}

/// The value of `X-Hub-Signature-256` for a body.
pub fn webhook_signature(secret: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    Ok(format!("sha256={}", hash::hex(&mac.finalize().into_bytes())))
}
