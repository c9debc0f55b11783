//! Webhook deliveries: GitHub's list of them, and redelivery.

use axum::extract::Query;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::RequestContext;
use super::response::{ApiError, ApiResult, json_response, ok_json};
use crate::github::model::access::Level;
use crate::github::render::time;
use crate::github::webhooks::{Delivery, DeliveryState};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    per_page: Option<usize>,
    /// `success` or `failure`.
    status: Option<String>,
}

/// `webhook-config`, with the secret masked.
pub async fn app_webhook_config(context: RequestContext) -> ApiResult {
    context.require_app()?;
    let target = context.state.deliveries.target();
    let secret = target.as_ref().filter(|target| !target.secret.is_empty()).map(|_| "********");
    let mut config = json!({
        "url": target.as_ref().map_or("", |target| &target.url),
        "content_type": "json", "insecure_ssl": "0",
    });
    if let (Some(config), Some(secret)) = (config.as_object_mut(), secret) {
        config.insert("secret".to_owned(), json!(secret));
    }
    ok_json(&config)
}

pub async fn list_for_app(context: RequestContext, Query(query): Query<ListQuery>) -> ApiResult {
    context.require_app()?;
    list(&context, &query)
}

pub async fn list_for_repository(
    context: RequestContext,
    Query(query): Query<ListQuery>,
) -> ApiResult {
    context.repository("repository_hooks", Level::Read)?;
    list(&context, &query)
}

/// Newest first, without deliveries that GitHub has not sent yet.
fn list(context: &RequestContext, query: &ListQuery) -> ApiResult {
    let is_listed = |delivery: &&Delivery| {
        !matches!(delivery.state, DeliveryState::Held | DeliveryState::NoTarget)
    };
    let matches_status = |delivery: &&Delivery| match query.status.as_deref() {
        Some("success") => was_received(delivery),
        Some("failure") => !was_received(delivery),
        _ => true,
    };
    let all = context.state.deliveries.deliveries();
    let per_page = query.per_page.unwrap_or(30).clamp(1, 100);
    let newest = all.iter().rev().filter(is_listed).filter(matches_status).take(per_page);
    let installation = context.state.app.as_ref().map(|_| {
        let owner = context.state.options.builder_repository.split('/').next().unwrap_or_default();
        context.state.model().installations.id_for_account(owner)
    });
    let now = time(context.now);
    ok_json(&newest.map(|delivery| item(delivery, installation, &now)).collect::<Value>())
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

pub async fn redeliver_for_app(context: RequestContext) -> ApiResult {
    context.require_app()?;
    redeliver(&context)
}

pub async fn redeliver_for_repository(context: RequestContext) -> ApiResult {
    context.repository("repository_hooks", Level::Write)?;
    redeliver(&context)
}

fn redeliver(context: &RequestContext) -> ApiResult {
    if context.state.deliveries.redeliver(context.id_param("id")?) {
        Ok(json_response(StatusCode::ACCEPTED, &json!({})))
    } else {
        Err(ApiError::not_found())
    }
}
