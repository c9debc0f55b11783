//! Registration of a GitHub App from a manifest: the page, which registers without confirmation, and
//! the exchange of its code for the App's settings. The simulation has one App: every registration
//! returns that App's id and keys.
//!
//! <https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest>

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::oauth::redirect;
use super::response::{ApiResult, json_response};
use crate::github::model::api_error::ApiError;
use crate::github::model::installations::AppVersion;
use crate::github::render::{Links, app as render, extend};
use crate::github::server_state::ServerState;
use crate::hash;

#[derive(Deserialize)]
pub struct Registration {
    manifest: String,
}

/// Registers the App of the submitted form, without asking the user to confirm.
pub async fn register(
    State(state): State<Arc<ServerState>>,
    Query(query): Query<BTreeMap<String, String>>,
    Form(form): Form<Registration>,
) -> Response {
    let manifest: Value = serde_json::from_str(&form.manifest).unwrap_or_default();
    let url = |name| Url::parse(manifest.get(name)?.as_str()?).ok();
    // Every App gets these events, and GitHub refuses a manifest that lists them.
    let is_automatic =
        |event: &Value| event.as_str().is_some_and(|event| event.starts_with("installation"));
    let events = manifest.get("default_events").and_then(Value::as_array);
    if events.is_some_and(|events| events.iter().any(is_automatic)) {
        return (StatusCode::UNPROCESSABLE_ENTITY, "Default events unsupported").into_response();
    }
    let (Some(_), Some(mut redirect_url)) = (url("url"), url("redirect_url")) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "Invalid GitHub App configuration")
            .into_response();
    };
    let code: String = hash::random().chars().take(40).collect();
    state.runtime().app_manifests.insert(code.clone(), manifest);
    redirect_url.query_pairs_mut().append_pair("code", &code);
    if let Some(state) = query.get("state") {
        redirect_url.query_pairs_mut().append_pair("state", state);
    }
    redirect(redirect_url.as_str())
}

/// Exchanges a code for the App's settings, once. Needs no credentials.
pub async fn convert(State(state): State<Arc<ServerState>>, Path(code): Path<String>) -> ApiResult {
    let manifest = state.runtime().app_manifests.remove(&code).ok_or_else(ApiError::not_found)?;
    let app = state.options.app.as_ref().ok_or_else(ApiError::not_found)?;
    let (owner, _) = state.options.builder();
    let links = Links::new(&state.origin, "");
    let body = extend(
        render::app(&links, &app.client_id, owner, &AppVersion::current()),
        json!({
            "name": manifest.get("name"), "external_url": manifest.get("url"),
            "permissions": manifest.get("default_permissions"),
            "events": manifest.get("default_events"),
            "client_secret": state.options.oauth.as_ref().map(|(_, secret)| secret),
            "webhook_secret": state.deliveries.target().map(|target| target.secret),
            "pem": app.private_key_pem,
        }),
    );
    Ok(json_response(StatusCode::CREATED, &body))
}
