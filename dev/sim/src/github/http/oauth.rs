//! OAuth sign-in: the web flow with PKCE and the device flow. The pages accept any login without a
//! password.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use reqwest::Url;
use serde_json::{Value, json};

use super::response::json_response;
use crate::github::model::repositories::login_exists;
use crate::github::server_state::ServerState;

type FormFields = BTreeMap<String, String>;

fn get<'a>(fields: &'a FormFields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// The sign-in page: a form that asks for a login and sends it as the query parameter `login`. With that
/// parameter the user is signed in without a page, so clients without a browser can sign in too.
pub async fn authorize(
    State(state): State<Arc<ServerState>>,
    Query(query): Query<FormFields>,
) -> Response {
    let is_known =
        state.options.oauth.as_ref().is_some_and(|(id, _)| id == get(&query, "client_id"));
    let redirect_uri = Url::parse(get(&query, "redirect_uri"));
    let (true, Ok(mut redirect_uri)) = (is_known, redirect_uri) else {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let login = get(&query, "login");
    if !login_exists(login) {
        return form_page("Sign in to the simulated GitHub", "/login/oauth/authorize", &query);
    }
    let challenge = query.get("code_challenge").cloned();
    let now = state.now();
    let code = state.model().users.issue_code(login, get(&query, "redirect_uri"), challenge, now);
    redirect_uri
        .query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", get(&query, "state"));
    redirect(redirect_uri.as_str())
}

pub fn redirect(location: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
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

/// The fields of a body: a form or JSON.
fn body_fields(headers: &HeaderMap, body: &Bytes) -> FormFields {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.starts_with("application/json")) {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    let mut url = match Url::parse("http://form.invalid/") {
        Ok(url) => url,
        Err(_) => return FormFields::new(),
    };
    url.set_query(std::str::from_utf8(body).ok());
    url.query_pairs().into_owned().collect()
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
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = body_fields(&headers, &body);
    let Some((client_id, client_secret)) = &state.options.oauth else {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let now = state.now();
    let is_device = get(&fields, "grant_type") == "urn:ietf:params:oauth:grant-type:device_code";
    // The device flow needs no client secret.
    let is_authenticated = get(&fields, "client_id") == client_id
        && (is_device || get(&fields, "client_secret") == client_secret);
    if !is_authenticated {
        return oauth_error("incorrect_client_credentials");
    }
    let token = if is_device {
        state.model().users.exchange_device_code(get(&fields, "device_code"), now)
    } else {
        let text = |name: &str| fields.get(name).map(String::as_str);
        let (uri, verifier) = (text("redirect_uri"), text("code_verifier"));
        state.model().users.exchange_code(get(&fields, "code"), uri, verifier, now)
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
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = body_fields(&headers, &body);
    let is_known =
        state.options.oauth.as_ref().is_some_and(|(id, _)| id == get(&fields, "client_id"));
    if !is_known {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    }
    let (device_code, user_code) = state.model().users.start_device_flow(state.now());
    let body: Value = json!({
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
