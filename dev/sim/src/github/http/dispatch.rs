//! Dispatches, cancels and re-runs workflow runs.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::access::Level;
use super::context::RequestContext;
use super::response::{ApiResult, json_response, ok_json};
use crate::github::model::api_error::ApiError;
use crate::github::model::repositories::WorkflowState;
use crate::github::render::run as render;

pub async fn workflow(context: RequestContext) -> ApiResult {
    let repository = context.builder_repository("actions", Level::Read)?.full_name();
    let model = context.state.model();
    let state = model.repositories.workflow_state(&repository);
    if state == WorkflowState::Missing
        || !model.workflow.has_id_or_file(context.path_param("workflow"))
    {
        return Err(ApiError::not_found());
    }
    ok_json(&render::workflow(&context.links, &model.workflow, state))
}

pub async fn dispatch(
    context: RequestContext,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> ApiResult {
    let repository = context.builder_repository("actions", Level::Write)?.full_name();
    let Json(body) = body.map_err(|_| ApiError::bad_request("Problems parsing JSON"))?;
    let Some(branch) = body.get("ref").and_then(Value::as_str) else {
        let message = "Invalid request.\n\n\"ref\" wasn't supplied.";
        return Err(ApiError::unprocessable(message));
    };
    let inputs = body.get("inputs").cloned().unwrap_or_else(|| json!({}));
    // GitHub also accepts booleans and numbers.
    let inputs: BTreeMap<String, String> = serde_json::from_value(inputs)
        .map_err(|_| ApiError::unprocessable("Invalid request.\n\nFor 'properties/inputs'"))?;
    let run = context.state.change(|model, now| {
        let actor = context.caller.login();
        match model.dispatch(context.path_param("workflow"), branch, inputs, actor, now) {
            Ok((run, effects)) => (Ok(run), effects),
            Err(error) => (Err(error), Vec::new()),
        }
    })?;
    if !context.uses_newest_version || context.state.options.dispatch_204 {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    ok_json(&json!({
        "workflow_run_id": run,
        "run_url": format!("{}/actions/runs/{run}", context.links.repo(&repository)),
        "html_url": format!("{}/{repository}/actions/runs/{run}", context.links.web),
    }))
}

pub async fn cancel(context: RequestContext) -> ApiResult {
    let run = context.run(Level::Write)?;
    context.state.try_change(|model, now| model.cancel(run, now))?;
    Ok(json_response(StatusCode::ACCEPTED, &json!({})))
}

pub async fn rerun(context: RequestContext) -> ApiResult {
    let run = context.run(Level::Write)?;
    context.state.try_change(|model, now| model.rerun(run, now))?;
    Ok(json_response(StatusCode::CREATED, &json!({})))
}
