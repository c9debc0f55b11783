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
use super::response::{ApiError, ApiResult, json_response};
use crate::github::render::{Links, app as render};
use crate::github::server_state::{ServerState, owner_and_name};
use crate::hash;

#[derive(Deserialize)]
pub struct Registration {
    manifest: String,
}

#[derive(Deserialize)]
struct Manifest {
    url: String,
    redirect_url: String,
}

/// Registers the App of the submitted form, without asking the user to confirm.
pub async fn register(
    State(state): State<Arc<ServerState>>,
    Query(query): Query<BTreeMap<String, String>>,
    Form(form): Form<Registration>,
) -> Response {
    let json = serde_json::from_str::<Value>(&form.manifest).ok();
    let manifest = json.clone().and_then(|json| serde_json::from_value::<Manifest>(json).ok());
    let manifest = manifest.filter(|manifest| Url::parse(&manifest.url).is_ok());
    let redirect_url = manifest.and_then(|manifest| Url::parse(&manifest.redirect_url).ok());
    let (Some(mut redirect_url), Some(json)) = (redirect_url, json) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "Invalid GitHub App configuration")
            .into_response();
    };
    let mut runtime = state.runtime();
    let code =
        hash::sha256(format!("{}{}", form.manifest, runtime.app_manifests.len()).into_bytes());
    let code = code.get(..40).unwrap_or_default().to_owned();
    runtime.app_manifests.insert(code.clone(), json);
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
    let owner = owner_and_name(&state.options.builder_repository).map_or("", |(owner, _)| owner);
    let links = Links { web: state.origin.clone(), api: state.origin.clone() };
    let mut body = render::app(&links, &app.client_id, owner);
    let secret = state.deliveries.target().map(|target| target.secret);
    let fields = [
        ("name", manifest.get("name").cloned()),
        ("external_url", manifest.get("url").cloned()),
        ("permissions", manifest.get("default_permissions").cloned()),
        ("events", manifest.get("default_events").cloned()),
        ("client_secret", state.options.oauth.as_ref().map(|(_, secret)| json!(secret))),
        ("webhook_secret", Some(json!(secret))),
        ("pem", Some(json!(app.private_key_pem))),
    ];
    for (name, value) in fields {
        if let (Some(body), Some(value)) = (body.as_object_mut(), value) {
            body.insert(name.to_owned(), value);
        }
    }
    Ok(json_response(StatusCode::CREATED, &body))
}
