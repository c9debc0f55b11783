//! Dispatches, cancels and re-runs workflow runs.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::context::{Edition, RequestContext};
use super::response::{ApiError, ApiResult, json_response, ok_json};
use crate::github::model::access::Level;
use crate::github::model::dispatch::DispatchError;
use crate::github::model::lifecycle::RunError;
use crate::github::model::repositories::WorkflowState;
use crate::github::render::run as render;

const DOCS: &str = "/actions/workflows#create-a-workflow-dispatch-event";

pub async fn workflow(context: RequestContext) -> ApiResult {
    let repository = context.repository("actions", Level::Read)?.full_name();
    let model = context.state.model();
    let state = model.repositories.workflow_state(&repository);
    let is_builder = repository.eq_ignore_ascii_case(&model.workflow.repository);
    if !is_builder
        || state == WorkflowState::Missing
        || !model.workflow.has_id_or_file(context.path_param("workflow"))
    {
        return Err(ApiError::not_found().docs("/actions/workflows#get-a-workflow"));
    }
    ok_json(&render::workflow(&context.links, &model.workflow, state))
}

pub async fn dispatch(context: RequestContext, body: Bytes) -> ApiResult {
    let repository = context.repository("actions", Level::Write)?.full_name();
    let body: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|_| ApiError::bad_request("Problems parsing JSON").docs(DOCS))?;
    let is_enterprise_server = context.edition == Edition::EnterpriseServer;
    let is_known = |key: &&String| matches!(key.as_str(), "ref" | "inputs");
    if let Some(key) = body.keys().find(|key| is_enterprise_server && !is_known(key)) {
        let message = format!("Invalid request.\n\n\"{key}\" is not a permitted key.");
        return Err(ApiError::bad_request(message).docs(DOCS));
    }
    let Some(branch) = body.get("ref").and_then(Value::as_str) else {
        return Err(
            ApiError::unprocessable("Invalid request.\n\n\"ref\" wasn't supplied.").docs(DOCS)
        );
    };
    let inputs = inputs(body.get("inputs"))?;
    let wants_details =
        context.uses_newest_version || body.get("return_run_details") == Some(&Value::Bool(true));
    let wants_details =
        wants_details && !is_enterprise_server && !context.state.runtime().dispatch_204;

    if !repository.eq_ignore_ascii_case(&context.state.options.builder_repository) {
        return Err(ApiError::not_found().docs(DOCS));
    }
    let result = context.state.change(|model, now| {
        let actor = context.caller.login();
        match model.dispatch(context.path_param("workflow"), branch, inputs, actor, now) {
            Ok((run, effects)) => (Ok(run), effects),
            Err(error) => (Err(error), Vec::new()),
        }
    });
    let run = result.map_err(|error| match error {
        DispatchError::WorkflowNotFound => ApiError::not_found().docs(DOCS),
        DispatchError::Unprocessable(message) => ApiError::unprocessable(message).docs(DOCS),
    })?;
    if !wants_details {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    ok_json(&json!({
        "workflow_run_id": run,
        "run_url": format!("{}/actions/runs/{run}", context.links.repo(&repository)),
        "html_url": format!("{}/{repository}/actions/runs/{run}", context.links.web),
    }))
}

/// Inputs are strings. GitHub also accepts booleans and numbers and converts them.
fn inputs(value: Option<&Value>) -> Result<BTreeMap<String, String>, ApiError> {
    let invalid =
        || ApiError::unprocessable("Invalid request.\n\nFor 'properties/inputs'").docs(DOCS);
    let inputs = match value {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(inputs)) => inputs,
        Some(_) => return Err(invalid()),
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    let pairs = inputs.iter().map(|(name, value)| text(value).map(|text| (name.clone(), text)));
    pairs.collect::<Option<_>>().ok_or_else(invalid)
}

/// The action is `cancel`, `force-cancel`, `rerun` or `rerun-failed-jobs`.
pub async fn change_run(method: Method, context: RequestContext) -> ApiResult {
    if method != Method::POST {
        return Err(ApiError::not_found());
    }
    let repository = context.repository("actions", Level::Write)?.full_name();
    let id = context.id_param("run")?;
    if context.state.model().run(&repository, id).is_none() {
        return Err(ApiError::not_found());
    }
    let action = context.path_param("action");
    let result = context.state.change(|model, now| {
        let effects = match action {
            "cancel" | "force-cancel" => model.cancel(id, now),
            "rerun" => model.rerun(id, false, now),
            "rerun-failed-jobs" => model.rerun(id, true, now),
            _ => Err(RunError::NotFound),
        };
        match effects {
            Ok(effects) => (Ok(()), effects),
            Err(error) => (Err(error), Vec::new()),
        }
    });
    let is_cancel = action.ends_with("cancel");
    match result {
        Ok(()) if is_cancel => Ok(json_response(StatusCode::ACCEPTED, &json!({}))),
        Ok(()) => Ok(json_response(StatusCode::CREATED, &json!({}))),
        Err(RunError::NotFound) => Err(ApiError::not_found()),
        Err(RunError::AlreadyCompleted) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "Cannot cancel a workflow run that is completed.",
        )
        .docs("/actions/workflow-runs#cancel-a-workflow-run")),
        Err(RunError::StillRunning) => {
            Err(ApiError::new(StatusCode::FORBIDDEN, "This workflow is already running")
                .docs("/actions/workflow-runs#re-run-a-workflow"))
        }
        Err(RunError::NoFailedJobs) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "The workflow run cannot be retried: it has no failed jobs",
        )
        .docs("/actions/workflow-runs#re-run-failed-jobs-from-a-workflow-run")),
    }
}
