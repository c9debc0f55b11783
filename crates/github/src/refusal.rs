//! What GitHub refuses, in words that name what to change.

use crate::{Api, Response};
use http::StatusCode;
use serde::Deserialize;

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    message: String,
}

/// GitHub's own message, shortened to one line.
pub fn message(response: &Response) -> String {
    let body: Body = serde_json::from_slice(response.body()).unwrap_or_default();
    let line = body.message.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Why a dispatch was refused.
pub fn of_dispatch(response: &Response, api: &Api) -> String {
    let Api { builder, workflow, builder_ref, .. } = api;
    let said = message(response);
    let ask = "This is for the platform's administrator to mend.";
    match response.status() {
        StatusCode::NOT_FOUND => format!(
            "GitHub knows no workflow {workflow} on the default branch of {builder}, or the \
             platform may not see it: it must be there, and the App or token needs the right \
             'actions: write' on {builder}. {ask}"
        ),
        StatusCode::UNAUTHORIZED => {
            format!("GitHub does not accept the platform's credentials. {ask}")
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN if said.contains("rate limit") => {
            "GitHub limits the platform's requests at the moment. Try again in some minutes.".into()
        }
        StatusCode::FORBIDDEN => format!(
            "The platform's App or token lacks the right 'actions: write' on {builder}. {ask}"
        ),
        _ if said.contains("disabled") => {
            format!("The workflow {workflow} of {builder} is disabled: enable it. {ask}")
        }
        _ if said.contains("workflow_dispatch") => format!(
            "The workflow {workflow} of {builder} has no trigger 'workflow_dispatch': copy the \
             builder's workflow there anew. {ask}"
        ),
        _ if said.starts_with("No ref found") => {
            format!("The builder repository {builder} has no branch {builder_ref}. {ask}")
        }
        _ if said.contains("nputs") || said.contains("input") => format!(
            "The workflow {workflow} of {builder} takes other inputs ({said}): copy the builder's \
             workflow there anew. {ask}"
        ),
        status => format!("GitHub refused to start the build ({status}: {said}). {ask}"),
    }
}

/// Why a run could not be run again.
pub fn of_rerun(response: &Response) -> String {
    let said = message(response);
    match response.status() {
        StatusCode::NOT_FOUND => "The run is not there any more. Ask for a new build.".into(),
        StatusCode::FORBIDDEN if said.contains("older") || said.contains("created over") => {
            "GitHub runs a build again only within 30 days. Ask for a new build.".into()
        }
        status => format!("GitHub refused to run the build again ({status}: {said})."),
    }
}
