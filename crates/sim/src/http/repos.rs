//! Repositories, commits, files and people.

use axum::extract::Query;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, Refusal, ok};
use super::call::Call;
use crate::model::world::is_login;
use crate::render::{repository as render, user};

pub async fn repository(call: Call) -> Answer {
    let repository = call.repository("metadata", false)?;
    ok(&render::full(&call.links, &repository))
}

pub async fn commit(call: Call, headers: HeaderMap) -> Answer {
    let repository = call.repository("contents", false)?;
    let reference = call.part("reference");
    let sha = call.hub.model().world.commit(&repository.full_name(), reference);
    let sha = sha.ok_or_else(|| {
        let message = format!("No commit found for SHA: {reference}");
        Refusal::unprocessable(message).see("/commits/commits#get-a-commit")
    })?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("vnd.github") && accept.contains("sha")) {
        let kind = [(header::CONTENT_TYPE, "application/vnd.github.sha; charset=utf-8")];
        return Ok((kind, sha).into_response());
    }
    ok(&render::commit(&call.links, &repository, &sha))
}

pub async fn permission(call: Call) -> Answer {
    let repository = call.repository("metadata", false)?;
    // Who may do what is nobody else's business, on a public repository neither.
    call.caller.must_cover(&repository)?;
    let login = call.part("login");
    let role = call.hub.model().world.role(&repository, login);
    let role = role.ok_or_else(Refusal::not_found)?;
    let mut answer = user::permission(&call.links, login, &role);
    if let Some(user) = answer.get_mut("user").and_then(|user| user.as_object_mut()) {
        user.insert("id".into(), call.hub.model().people.number(login).into());
    }
    ok(&answer)
}

#[derive(Deserialize)]
pub struct At {
    r#ref: Option<String>,
}

pub async fn root_contents(call: Call, at: Query<At>) -> Answer {
    contents(call, at).await
}

pub async fn contents(call: Call, Query(at): Query<At>) -> Answer {
    let repository = call.repository("contents", false)?;
    let name = repository.full_name();
    let reference = at.r#ref.unwrap_or_else(|| "main".to_owned());
    let model = call.hub.model();
    let sha = model.world.commit(&name, &reference);
    let missing = || Refusal::not_found().see("/repos/contents#get-repository-content");
    let sha = sha.ok_or_else(missing)?;
    let path = call.part("path").trim_matches('/');
    if path.is_empty() {
        let files = model.world.files(&name);
        let entry = |path: &String| render::file(&call.links, &repository, &sha, path, None);
        return ok(&files.iter().map(entry).collect::<Value>());
    }
    let text = model.world.file(&name, path).ok_or_else(missing)?;
    ok(&render::file(&call.links, &repository, &sha, path, Some(&text)))
}

pub async fn user(call: Call) -> Answer {
    let login = call.part("login");
    if !is_login(login) {
        return Err(Refusal::not_found().see("/users/users#get-a-user"));
    }
    ok(&user::public(&call.links, login))
}
