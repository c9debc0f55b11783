//! OAuth sign-in: the web flow with PKCE and the device flow. The pages accept any login without a
//! password.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use reqwest::Url;
use serde_json::json;

use super::response::json_response;
use crate::github::model::repositories::login_exists;
use crate::github::server_state::ServerState;

type FormFields = BTreeMap<String, String>;

fn get<'a>(fields: &'a FormFields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// The client secret, if this is the client id of the OAuth app.
fn client_secret<'a>(state: &'a ServerState, client_id: &str) -> Option<&'a str> {
    let (id, secret) = state.options.oauth.as_ref()?;
    (id == client_id).then_some(secret.as_str())
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not Found").into_response()
}

/// The sign-in page: a form that asks for a login and sends it as the query parameter `login`. With that
/// parameter the user is signed in without a page, so clients without a browser can sign in too.
pub async fn authorize(
    State(state): State<Arc<ServerState>>,
    Query(query): Query<FormFields>,
) -> Response {
    let redirect_uri = Url::parse(get(&query, "redirect_uri"));
    let (Some(_), Ok(mut redirect_uri)) =
        (client_secret(&state, get(&query, "client_id")), redirect_uri)
    else {
        return not_found();
    };
    let login = get(&query, "login");
    if !login_exists(login) {
        return form_page("Sign in to the simulated GitHub", "/login/oauth/authorize", &query);
    }
    let challenge = query.get("code_challenge").cloned();
    let code = state.model().users.issue_code(login, get(&query, "redirect_uri"), challenge);
    redirect_uri
        .query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", get(&query, "state"));
    redirect(redirect_uri.as_str())
}

pub fn redirect(location: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

/// A page with a form that asks for a login. The other fields are sent along unchanged.
fn form_page(title: &str, action: &str, hidden: &FormFields) -> Response {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let fields: String = hidden
        .iter()
        .filter(|(name, _)| *name != "login")
        .map(|(name, value)| {
            if name == "user_code" && value.is_empty() {
                return "<label>Code <input name=\"user_code\" required></label> ".to_owned();
            }
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
        })
        .collect();
    Html(format!(
        "<!doctype html><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1>\
         <form action=\"{action}\">{fields}<label>Login <input name=\"login\" autofocus required>\
         </label> <button>Sign in</button></form>"
    ))
    .into_response()
}

/// GitHub's OAuth endpoints send errors with status 200.
fn oauth_error(error: &str) -> Response {
    let description = format!("Error of the simulated GitHub: {error}");
    let docs = "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps";
    let body = json!({ "error": error, "error_description": description, "error_uri": docs });
    json_response(StatusCode::OK, &body)
}

pub async fn access_token(
    State(state): State<Arc<ServerState>>,
    Form(fields): Form<FormFields>,
) -> Response {
    let is_device = get(&fields, "grant_type") == "urn:ietf:params:oauth:grant-type:device_code";
    let token = match client_secret(&state, get(&fields, "client_id")) {
        // The device flow needs no client secret.
        Some(_) if is_device => {
            state.model().users.exchange_device_code(get(&fields, "device_code"))
        }
        Some(secret) if secret == get(&fields, "client_secret") => {
            let text = |name: &str| fields.get(name).map(String::as_str);
            let (uri, verifier) = (text("redirect_uri"), text("code_verifier"));
            state.model().users.exchange_code(get(&fields, "code"), uri, verifier)
        }
        _ => Err("incorrect_client_credentials"),
    };
    match token {
        Ok(token) => json_response(
            StatusCode::OK,
            &json!({ "access_token": token, "token_type": "bearer", "scope": "" }),
        ),
        Err(error) => oauth_error(error),
    }
}

pub async fn device_code(
    State(state): State<Arc<ServerState>>,
    Form(fields): Form<FormFields>,
) -> Response {
    if client_secret(&state, get(&fields, "client_id")).is_none() {
        return not_found();
    }
    let (device_code, user_code) = state.model().users.start_device_flow();
    let body = json!({
        "device_code": device_code, "user_code": user_code,
        "verification_uri": format!("{}/login/device", state.origin),
        "expires_in": 900, "interval": 5,
    });
    json_response(StatusCode::OK, &body)
}

/// The page on which the user enters the code that the device shows.
pub async fn device(
    State(state): State<Arc<ServerState>>,
    Query(query): Query<FormFields>,
) -> Response {
    let (code, login) = (get(&query, "user_code"), get(&query, "login"));
    if code.is_empty() || !login_exists(login) {
        let mut form = query.clone();
        form.insert("user_code".into(), code.to_owned());
        return form_page("Connect a device to the simulated GitHub", "/login/device", &form);
    }
    match state.model().users.approve_device(code, login) {
        true => "The device is connected.\n".into_response(),
        false => (StatusCode::NOT_FOUND, "There is no such code.\n").into_response(),
    }
}
