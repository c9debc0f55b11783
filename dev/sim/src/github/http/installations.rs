//! The lists of installations and of their repositories.

use axum::extract::Query;
use serde_json::{Value, json};

use super::access::Caller;
use super::context::RequestContext;
use super::git::json_page;
use super::paging::{PageQuery, page};
use super::response::{ApiResult, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::model::repositories::Repository;
use crate::github::render::{app as render, repository};

/// The installations on all accounts that somebody used.
pub async fn list(context: RequestContext, Query(query): Query<PageQuery>) -> ApiResult {
    let client_id = context.require_app()?;
    let mut model = context.state.model();
    let mut accounts: Vec<String> = model.installations.accounts().cloned().collect();
    accounts.extend(model.repositories.known().map(|known| known.owner));
    if !context.state.options.sample_repositories.is_empty() {
        accounts.extend(model.users.signed_in().cloned());
    }
    accounts.sort_by_key(|account| account.to_ascii_lowercase());
    accounts.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    accounts.retain(|account| model.repositories.is_app_installed(account));
    let url = format!("{}/app/installations", context.links.api);
    json_page(&accounts, query, &url, |account| {
        render::installation(&context.links, client_id, account, &mut model.installations)
    })
}

pub async fn installation(context: RequestContext) -> ApiResult {
    let client_id = context.require_app()?;
    let mut model = context.state.model();
    let account = model.installations.account(context.id_param("id")?).map(str::to_owned);
    let account = account.filter(|account| model.repositories.is_app_installed(account));
    let account = account.ok_or_else(ApiError::not_found)?;
    let installations = &mut model.installations;
    ok_json(&render::installation(&context.links, client_id, &account, installations))
}

/// The repositories of the caller's installation: those that somebody used, and the samples.
pub async fn repositories(context: RequestContext, Query(query): Query<PageQuery>) -> ApiResult {
    let Caller::Installation(token) = &context.caller else {
        return Err(ApiError::forbidden());
    };
    let mut model = context.state.model();
    for name in &context.state.options.sample_repositories {
        // One with this name that was deleted is not listed.
        let _ = model.repositories.find(&format!("{}/{name}", token.account));
    }
    let mut found: Vec<Repository> =
        model.repositories.known().filter(|known| context.caller.covers(known)).collect();
    found.sort_by_key(|found| found.name.to_ascii_lowercase());
    let url = format!("{}/installation/repositories", context.links.api);
    let (items, link) = page(&found, query, &url);
    let rendered = items.iter().map(|item| repository::repository(&context.links, item));
    let selection = if token.repositories.is_some() { "selected" } else { "all" };
    let mut response = ok_json(&json!({
        "total_count": found.len(), "repository_selection": selection,
        "repositories": rendered.collect::<Value>(),
    }))?;
    response.headers_mut().extend(link);
    Ok(response)
}
