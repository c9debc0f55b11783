//! GitHub's own list of deliveries, and redelivery.

use axum::extract::Query;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, ok, reply};
use super::call::Call;
use crate::render::time;
use crate::webhooks::{Delivery, DeliveryState};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Page {
    per_page: Option<usize>,
    status: Option<String>,
}

/// `webhook-config`: the secret is never shown.
pub async fn config_of_app(call: Call) -> Answer {
    call.app()?;
    let target = call.hub.mailbox.target();
    let secret = target.as_ref().filter(|target| !target.secret.is_empty()).map(|_| "********");
    let mut config = json!({
        "url": target.as_ref().map_or("", |target| &target.url),
        "content_type": "json", "insecure_ssl": "0",
    });
    if let (Some(config), Some(secret)) = (config.as_object_mut(), secret) {
        config.insert("secret".to_owned(), json!(secret));
    }
    ok(&config)
}

pub async fn list_of_app(call: Call, Query(page): Query<Page>) -> Answer {
    call.app()?;
    deliveries(&call, &page)
}

pub async fn list(call: Call, Query(page): Query<Page>) -> Answer {
    call.repository("repository_hooks", false)?;
    deliveries(&call, &page)
}

fn deliveries(call: &Call, page: &Page) -> Answer {
    let known = |delivery: &&Delivery| {
        !matches!(delivery.state, DeliveryState::Held | DeliveryState::NoTarget)
    };
    let fits = |delivery: &&Delivery| match page.status.as_deref() {
        Some("success") => was_received(delivery),
        Some("failure") => !was_received(delivery),
        _ => true,
    };
    let all = call.hub.mailbox.deliveries();
    let size = page.per_page.unwrap_or(30).clamp(1, 100);
    let newest = all.iter().rev().filter(known).filter(fits).take(size);
    let installation = call.hub.app.as_ref().map(|_| {
        let owner = call.hub.options.builder_repository.split('/').next().unwrap_or_default();
        call.hub.model().grants.installation(owner)
    });
    let now = time(call.now);
    ok(&newest.map(|delivery| item(delivery, installation, &now)).collect::<Value>())
}

fn was_received(delivery: &Delivery) -> bool {
    delivery.status_code.is_some_and(|status| (200..300).contains(&status))
}

/// `hook-delivery-item`
fn item(delivery: &Delivery, installation: Option<u64>, now: &str) -> Value {
    let received = was_received(delivery);
    let status = match delivery.status_code {
        _ if received => "OK".to_owned(),
        Some(status) => format!("Invalid HTTP Response: {status}"),
        None => "timed out".to_owned(),
    };
    json!({
        "id": delivery.id, "guid": delivery.guid,
        "delivered_at": delivery.delivered_at.map_or_else(|| now.to_owned(), time),
        "redelivery": delivery.redelivery,
        "duration": std::time::Duration::from_millis(delivery.duration_ms).as_secs_f64(),
        "status": status, "status_code": delivery.status_code.unwrap_or(504),
        "event": delivery.event, "action": delivery.action,
        "installation_id": installation, "repository_id": delivery.repository_id,
        "throttled_at": null,
    })
}

pub async fn redeliver_of_app(call: Call) -> Answer {
    call.app()?;
    again(&call)
}

pub async fn redeliver(call: Call) -> Answer {
    call.repository("repository_hooks", true)?;
    again(&call)
}

fn again(call: &Call) -> Answer {
    if call.hub.mailbox.redeliver(call.number("id")?) {
        Ok(reply(StatusCode::ACCEPTED, &json!({})))
    } else {
        Err(Refusal::not_found())
    }
}
