//! Sends events one after the other, signed as GitHub signs them, and never twice by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Delivery, DeliveryState, HOOK_ID};
use crate::hub::Hub;
use crate::model::ids;
use crate::options::Webhook;

/// Sends what is in the outbox, for as long as the simulation lives.
pub(crate) async fn send_all(hub: Arc<Hub>, client: reqwest::Client) {
    let mailbox = &hub.mailbox;
    loop {
        while let Some((target, delivery)) = mailbox.next() {
            let begin = Instant::now();
            let answer = send(&client, &target, &delivery, mailbox.ghes).await;
            let now = hub.now();
            mailbox.inner().update(delivery.id, |delivery| {
                delivery.duration_ms =
                    u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
                delivery.delivered_at = Some(now);
                match answer {
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
        mailbox.wake.notified().await;
    }
}

async fn send(
    client: &reqwest::Client,
    target: &Webhook,
    delivery: &Delivery,
    ghes: bool,
) -> anyhow::Result<(u16, String)> {
    let mut request = client
        .post(&target.url)
        .timeout(Duration::from_secs(10))
        .header("Content-Type", "application/json")
        .header("Accept", "*/*")
        .header("User-Agent", "GitHub-Hookshot/044aadd")
        .header("X-GitHub-Delivery", &delivery.guid)
        .header("X-GitHub-Event", &delivery.event)
        .header("X-GitHub-Hook-ID", HOOK_ID.to_string())
        .header("X-GitHub-Hook-Installation-Target-Type", delivery.target.0)
        .header("X-GitHub-Hook-Installation-Target-ID", delivery.target.1.to_string());
    if ghes {
        request = request
            .header("X-GitHub-Enterprise-Version", "3.19.0")
            .header("X-GitHub-Enterprise-Host", "github.example.com");
    }
    if !target.secret.is_empty() {
        let signature = signature(&target.secret, &delivery.body)?;
        request = request.header("X-Hub-Signature-256", signature);
    }
    let response = request.body(delivery.body.clone()).send().await?;
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_default();
    Ok((status, body.chars().take(1000).collect()))
}

/// `X-Hub-Signature-256` of a body.
pub fn signature(secret: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    Ok(format!("sha256={}", ids::hex(&mac.finalize().into_bytes())))
}
