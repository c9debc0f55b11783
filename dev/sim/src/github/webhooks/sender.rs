//! Sends deliveries one after the other, signed as GitHub signs them. As on GitHub, there are no
//! automatic retries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::HOOK_ID;
use super::delivery::{Delivery, DeliveryState};
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
                delivery.duration_ms =
                    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                delivery.delivered_at = Some(now);
                match result {
                    Ok((status, body)) => {
                        delivery.state = DeliveryState::Answered;
                        delivery.status_code = Some(status);
                        delivery.response = body;
                    }
                    Err(error) => {
                        delivery.state = DeliveryState::Failed;
                        delivery.response = error.to_string();
                    }
                }
            });
        }
        queue.wake_sender.notified().await;
    }
}

/// Returns the status and the beginning of the response's body.
async fn send(
    client: &reqwest::Client,
    target: &WebhookTarget,
    delivery: &Delivery,
    is_enterprise_server: bool,
) -> anyhow::Result<(u16, String)> {
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
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_default();
    Ok((status, body.chars().take(1000).collect()))
}

/// The value of `X-Hub-Signature-256` for a body.
pub fn webhook_signature(secret: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    Ok(format!("sha256={}", hash::hex(&mac.finalize().into_bytes())))
}
