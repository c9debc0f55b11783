//! Starting runs and changing them.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, ok, reply};
use super::call::{Call, Dialect};
use crate::model::dispatch::DispatchRefusal;
use crate::model::life::RunRefusal;
use crate::model::world::WorkflowState;
use crate::render::run as render;

const DOCS: &str = "/actions/workflows#create-a-workflow-dispatch-event";

pub async fn workflow(call: Call) -> Answer {
    let repository = call.repository("actions", false)?.full_name();
    let model = call.hub.model();
    let state = model.world.workflow_state(&repository);
    let here = repository.eq_ignore_ascii_case(&model.workflow.repository);
    if !here || state == WorkflowState::Missing || !model.workflow.is_called(call.part("workflow"))
    {
        return Err(Refusal::not_found().see("/actions/workflows#get-a-workflow"));
    }
    ok(&render::workflow(&call.links, &model.workflow, state))
}

pub async fn dispatch(call: Call, body: Bytes) -> Answer {
    let repository = call.repository("actions", true)?.full_name();
    let body: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|_| Refusal::bad_request("Problems parsing JSON").see(DOCS))?;
    let enterprise = call.dialect == Dialect::Enterprise;
    let known = |key: &&String| matches!(key.as_str(), "ref" | "inputs");
    if let Some(key) = body.keys().find(|key| enterprise && !known(key)) {
        let message = format!("Invalid request.\n\n\"{key}\" is not a permitted key.");
        return Err(Refusal::bad_request(message).see(DOCS));
    }
    let Some(branch) = body.get("ref").and_then(Value::as_str) else {
        return Err(
            Refusal::unprocessable("Invalid request.\n\n\"ref\" wasn't supplied.").see(DOCS)
        );
    };
    let inputs = inputs(body.get("inputs"))?;
    let details = call.newest || body.get("return_run_details") == Some(&Value::Bool(true));
    let details = details && !enterprise && !call.hub.desk().dispatch_204;

    if !repository.eq_ignore_ascii_case(&call.hub.options.builder_repository) {
        return Err(Refusal::not_found().see(DOCS));
    }
    let started = call.hub.act(|model, now| {
        let actor = call.caller.login();
        match model.dispatch(call.part("workflow"), branch, inputs, actor, now) {
            Ok((run, effects)) => (Ok(run), effects),
            Err(refusal) => (Err(refusal), Vec::new()),
        }
    });
    let run = started.map_err(|refusal| match refusal {
        DispatchRefusal::NoWorkflow => Refusal::not_found().see(DOCS),
        DispatchRefusal::Unprocessable(message) => Refusal::unprocessable(message).see(DOCS),
    })?;
    if !details {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    ok(&json!({
        "workflow_run_id": run,
        "run_url": format!("{}/actions/runs/{run}", call.links.repo(&repository)),
        "html_url": format!("{}/{repository}/actions/runs/{run}", call.links.web),
    }))
}

/// Inputs are strings; GitHub takes booleans and numbers for them too.
fn inputs(given: Option<&Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let wrong = || Refusal::unprocessable("Invalid request.\n\nFor 'properties/inputs'").see(DOCS);
    let given = match given {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(wrong()),
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    let pairs = given.iter().map(|(name, value)| text(value).map(|text| (name.clone(), text)));
    pairs.collect::<Option<_>>().ok_or_else(wrong)
}

/// `cancel`, `force-cancel`, `rerun`, `rerun-failed-jobs`.
pub async fn change(method: Method, call: Call) -> Answer {
    if method != Method::POST {
        return Err(Refusal::not_found());
    }
    let repository = call.repository("actions", true)?.full_name();
    let id = call.number("run")?;
    if call.hub.model().run(&repository, id).is_none() {
        return Err(Refusal::not_found());
    }
    let action = call.part("action");
    let done = call.hub.act(|model, now| {
        let effects = match action {
            "cancel" | "force-cancel" => model.cancel(id, now),
            "rerun" => model.rerun(id, false, now),
            "rerun-failed-jobs" => model.rerun(id, true, now),
            _ => Err(RunRefusal::NotFound),
        };
        match effects {
            Ok(effects) => (Ok(()), effects),
            Err(refusal) => (Err(refusal), Vec::new()),
        }
    });
    let cancels = action.ends_with("cancel");
    match done {
        Ok(()) if cancels => Ok(reply(StatusCode::ACCEPTED, &json!({}))),
        Ok(()) => Ok(reply(StatusCode::CREATED, &json!({}))),
        Err(RunRefusal::NotFound) => Err(Refusal::not_found()),
        Err(RunRefusal::AlreadyOver) => Err(Refusal::new(
            StatusCode::CONFLICT,
            "Cannot cancel a workflow run that is completed.",
        )
        .see("/actions/workflow-runs#cancel-a-workflow-run")),
        Err(RunRefusal::StillRunning) => {
            Err(Refusal::new(StatusCode::FORBIDDEN, "This workflow is already running")
                .see("/actions/workflow-runs#re-run-a-workflow"))
        }
        Err(RunRefusal::NothingFailed) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "The workflow run cannot be retried: it has no failed jobs",
        )
        .see("/actions/workflow-runs#re-run-failed-jobs-from-a-workflow-run")),
    }
}
