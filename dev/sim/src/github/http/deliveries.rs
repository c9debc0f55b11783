//! The App's webhook: its configuration, its deliveries, and redelivery.

use axum::extract::Query;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::RequestContext;
use super::response::{ApiResult, json_response, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::render::{extend, time};
use crate::github::webhooks::{Delivery, DeliveryState};

#[derive(Debug, Deserialize)]
pub struct ListQuery {
    per_page: Option<usize>,
    /// `success` or `failure`.
    status: Option<String>,
}

/// `webhook-config`, with the secret masked.
pub async fn webhook_config(context: RequestContext) -> ApiResult {
    context.require_app()?;
    let target = context.state.deliveries.target().unwrap_or_default();
    let config = json!({"url": target.url, "content_type": "json", "insecure_ssl": "0"});
    let secret = if target.secret.is_empty() { json!({}) } else { json!({"secret": "********"}) };
    ok_json(&extend(config, secret))
}

/// Newest first, without deliveries that GitHub has not sent yet.
pub async fn list(context: RequestContext, Query(query): Query<ListQuery>) -> ApiResult {
    context.require_app()?;
    let is_listed = |delivery: &&Delivery| {
        !matches!(delivery.state, DeliveryState::Held | DeliveryState::NoTarget)
            && match query.status.as_deref() {
                Some("success") => was_received(delivery),
                Some("failure") => !was_received(delivery),
                _ => true,
            }
    };
    let all = context.state.deliveries.deliveries();
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let newest = all.iter().rev().filter(is_listed).take(per_page);
    let (owner, _) = context.state.options.builder();
    let installation = context.state.model().installations.id_for_account(owner);
    let now = time(context.now);
    ok_json(&newest.map(|delivery| item(delivery, installation, &now)).collect::<Value>())
}

fn was_received(delivery: &Delivery) -> bool {
    delivery.status_code.is_some_and(|status| (200..300).contains(&status))
}

/// `hook-delivery-item`
fn item(delivery: &Delivery, installation: u64, now: &str) -> Value {
    let status = match delivery.status_code {
        _ if was_received(delivery) => "OK".to_owned(),
        Some(status) => format!("Invalid HTTP Response: {status}"),
        None => "timed out".to_owned(),
    };
    json!({
        "id": delivery.id, "guid": delivery.guid,
        "delivered_at": delivery.delivered_at.map_or_else(|| now.to_owned(), time),
        "redelivery": delivery.redelivery, "duration": delivery.duration.as_secs_f64(),
        "status": status, "status_code": delivery.status_code.unwrap_or(504),
        "event": delivery.event, "action": delivery.action,
        "installation_id": installation, "repository_id": delivery.repository_id,
        "throttled_at": null,
    })
}

pub async fn redeliver(context: RequestContext) -> ApiResult {
    context.require_app()?;
    match context.state.deliveries.redeliver(context.id_param("id")?) {
        true => Ok(json_response(StatusCode::ACCEPTED, &json!({}))),
        false => Err(ApiError::not_found()),
    }
}
