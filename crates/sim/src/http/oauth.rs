//! Signing in: GitHub's pages, on which one is whoever one says, and its OAuth answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use reqwest::Url;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, ok, reply};
use super::call::Call;
use crate::hub::Hub;
use crate::model::access::Caller;
use crate::model::world::is_login;
use crate::render::user;

type Fields = BTreeMap<String, String>;

fn get<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// The page on which one signs in. With `login` one is signed in at once: the page's own form sends
/// it, and so does whoever tries things out without a browser.
pub async fn authorize(State(hub): State<Arc<Hub>>, Query(asked): Query<Fields>) -> Response {
    let known = hub.options.oauth.as_ref().is_some_and(|(id, _)| id == get(&asked, "client_id"));
    let back = Url::parse(get(&asked, "redirect_uri"));
    let (true, Ok(mut back)) = (known, back) else {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let login = get(&asked, "login");
    if !is_login(login) {
        return page("Sign in to the simulated GitHub", "/login/oauth/authorize", &asked);
    }
    let challenge = asked.get("code_challenge").cloned();
    let now = hub.now();
    let code = hub.model().people.authorize(login, get(&asked, "redirect_uri"), challenge, now);
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", get(&asked, "state"));
    redirect(back.as_str())
}

pub fn redirect(to: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// A form that asks for a login and sends everything else on.
fn page(title: &str, action: &str, hidden: &Fields) -> Response {
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

/// GitHub takes forms and JSON here, and refuses with status 200.
fn fields(headers: &HeaderMap, body: &Bytes) -> Fields {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    let mut url = match Url::parse("http://form.invalid/") {
        Ok(url) => url,
        Err(_) => return Fields::new(),
    };
    url.set_query(std::str::from_utf8(body).ok());
    url.query_pairs().into_owned().collect()
}

fn refused(error: &str) -> Response {
    let description = format!("The simulated GitHub says: {error}");
    let docs = "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps";
    let refusal = json!({ "error": error, "error_description": description, "error_uri": docs });
    reply(StatusCode::OK, &refusal)
}

pub async fn access_token(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent = fields(&headers, &body);
    let Some((client_id, client_secret)) = &hub.options.oauth else {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let now = hub.now();
    let is_device = get(&sent, "grant_type") == "urn:ietf:params:oauth:grant-type:device_code";
    // A device holds no secret.
    let credentials = get(&sent, "client_id") == client_id
        && (is_device || get(&sent, "client_secret") == client_secret);
    if !credentials {
        return refused("incorrect_client_credentials");
    }
    let token = if is_device {
        hub.model().people.device_token(get(&sent, "device_code"), now)
    } else {
        let text = |name: &str| sent.get(name).map(String::as_str);
        let (uri, verifier) = (text("redirect_uri"), text("code_verifier"));
        hub.model().people.exchange(get(&sent, "code"), uri, verifier, now)
    };
    match token {
        Ok(token) => reply(
            StatusCode::OK,
            &json!({ "access_token": token, "token_type": "bearer", "scope": "" }),
        ),
        Err(error) => refused(error),
    }
}

pub async fn device_code(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response {
    let sent = fields(&headers, &body);
    let known = hub.options.oauth.as_ref().is_some_and(|(id, _)| id == get(&sent, "client_id"));
    if !known {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    }
    let (device_code, user_code) = hub.model().people.device(hub.now());
    let body: Value = json!({
        "device_code": device_code, "user_code": user_code,
        "verification_uri": format!("{}/login/device", hub.origin),
        "expires_in": 900, "interval": 5,
    });
    reply(StatusCode::OK, &body)
}

/// The page on which a device's code is entered.
pub async fn device(State(hub): State<Arc<Hub>>, Query(asked): Query<Fields>) -> Response {
    let (code, login) = (get(&asked, "user_code"), get(&asked, "login"));
    if code.is_empty() || !is_login(login) {
        let mut form = asked.clone();
        form.insert("user_code".into(), code.to_owned());
        return page("Connect a device to the simulated GitHub", "/login/device", &form);
    }
    match hub.model().people.approve(code, login) {
        true => "The device is connected.\n".into_response(),
        false => (StatusCode::NOT_FOUND, "There is no such code.\n").into_response(),
    }
}

fn login(call: &Call) -> Result<&str, Refusal> {
    match &call.caller {
        Caller::User(login) => Ok(login),
        _ => Err(Refusal::new(StatusCode::FORBIDDEN, "Resource not accessible by integration")),
    }
}

pub async fn user(call: Call) -> Answer {
    let login = login(&call)?;
    let mut account = user::public(&call.links, login);
    if let Some(account) = account.as_object_mut() {
        account.insert("id".into(), call.hub.model().people.number(login).into());
    }
    ok(&account)
}

pub async fn membership(call: Call) -> Answer {
    let (login, org) = (login(&call)?, call.part("org"));
    is_member(&call, org, login)?;
    ok(&user::membership(&call.links, org, login))
}

pub async fn team_membership(call: Call) -> Answer {
    login(&call)?;
    let (org, team, login) = (call.part("org"), call.part("team"), call.part("login"));
    is_member(&call, &format!("{org}/{team}"), login)?;
    ok(&user::team_membership(&call.links, org, team, login))
}

fn is_member(call: &Call, of: &str, login: &str) -> Result<(), Refusal> {
    match call.hub.model().people.is_member(of, login) {
        true => Ok(()),
        false => Err(Refusal::not_found()),
    }
}
