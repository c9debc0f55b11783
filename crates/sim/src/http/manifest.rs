//! Registering an App from a manifest: GitHub's page, on which one agrees at once, and what the code
//! that it gives is exchanged for. The simulation has one App: what is registered becomes that one.
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

use super::answer::{Answer, Refusal, reply};
use super::oauth::redirect;
use crate::hub::{Hub, owner_and_name};
use crate::model::ids;
use crate::render::{Links, app as render};

#[derive(Deserialize)]
pub struct Registration {
    manifest: String,
}

#[derive(Deserialize)]
struct Manifest {
    url: String,
    redirect_url: String,
}

/// Takes the form, as if whoever sent it had agreed.
pub async fn register(
    State(hub): State<Arc<Hub>>,
    Query(asked): Query<BTreeMap<String, String>>,
    Form(form): Form<Registration>,
) -> Response {
    let read = serde_json::from_str::<Value>(&form.manifest).ok();
    let manifest = read.clone().and_then(|read| serde_json::from_value::<Manifest>(read).ok());
    let manifest = manifest.filter(|manifest| Url::parse(&manifest.url).is_ok());
    let back = manifest.and_then(|manifest| Url::parse(&manifest.redirect_url).ok());
    let (Some(mut back), Some(read)) = (back, read) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "Invalid GitHub App configuration")
            .into_response();
    };
    let mut desk = hub.desk();
    let code = ids::sha256(format!("{}{}", form.manifest, desk.manifests.len()).into_bytes());
    let code = code.get(..40).unwrap_or_default().to_owned();
    desk.manifests.insert(code.clone(), read);
    back.query_pairs_mut().append_pair("code", &code);
    if let Some(state) = asked.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    redirect(back.as_str())
}

/// The App of a code, which is good for once. Nobody has to sign in for it.
pub async fn convert(State(hub): State<Arc<Hub>>, Path(code): Path<String>) -> Answer {
    let manifest = hub.desk().manifests.remove(&code).ok_or_else(Refusal::not_found)?;
    let app = hub.options.app.as_ref().ok_or_else(Refusal::not_found)?;
    let owner = owner_and_name(&hub.options.builder_repository).map_or("", |(owner, _)| owner);
    let links = Links { web: hub.origin.clone(), api: hub.origin.clone() };
    let mut body = render::app(&links, &app.client_id, owner);
    let secret = hub.mailbox.target().map(|target| target.secret);
    let own = [
        ("name", manifest.get("name").cloned()),
        ("external_url", manifest.get("url").cloned()),
        ("permissions", manifest.get("default_permissions").cloned()),
        ("events", manifest.get("default_events").cloned()),
        ("client_secret", hub.options.oauth.as_ref().map(|(_, secret)| json!(secret))),
        ("webhook_secret", Some(json!(secret))),
        ("pem", Some(json!(app.private_key_pem))),
    ];
    for (name, value) in own {
        if let (Some(body), Some(value)) = (body.as_object_mut(), value) {
            body.insert(name.to_owned(), value);
        }
    }
    Ok(reply(StatusCode::CREATED, &body))
}
