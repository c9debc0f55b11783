//! Sentences for GitHub's error responses that say what to change.

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

/// Why GitHub rejected a dispatch.
pub fn dispatch_error(response: &Response, api: &Api) -> String {
    let Api { builder, workflow, builder_ref, .. } = api;
    let message = message(response);
    let advice = "Only the platform's administrator can fix this.";
    match response.status() {
        StatusCode::NOT_FOUND => format!(
            "GitHub knows no workflow {workflow} on the default branch of {builder}, or the \
             platform may not see it: it must exist, and the App or token needs the permission \
             'actions: write' on {builder}. {advice}"
        ),
        StatusCode::UNAUTHORIZED => {
            format!("GitHub does not accept the platform's credentials. {advice}")
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN if message.contains("rate limit") => {
            "GitHub limits the platform's requests at the moment. Try again in some minutes.".into()
        }
        StatusCode::FORBIDDEN => format!(
            "The platform's App or token lacks the permission 'actions: write' on {builder}. {advice}"
        ),
        _ if message.contains("disabled") => {
            format!("The workflow {workflow} of {builder} is disabled: enable it. {advice}")
        }
        _ if message.contains("workflow_dispatch") => format!(
            "The workflow {workflow} of {builder} has no trigger 'workflow_dispatch': copy the \
             builder's workflow there again. {advice}"
        ),
        _ if message.starts_with("No ref found") => {
            format!("The builder repository {builder} has no branch {builder_ref}. {advice}")
        }
        _ if message.contains("nputs") || message.contains("input") => format!(
            "The workflow {workflow} of {builder} takes other inputs ({message}): copy the builder's \
             workflow there again. {advice}"
        ),
        status => format!("GitHub refused to start the build ({status}: {message}). {advice}"),
    }
}

/// Why GitHub rejected a rerun.
pub fn rerun_error(response: &Response) -> String {
    let message = message(response);
    match response.status() {
        StatusCode::NOT_FOUND => "The run no longer exists. Start a new build.".into(),
        StatusCode::FORBIDDEN if message.contains("older") || message.contains("created over") => {
            "GitHub runs a build again only within 30 days. Start a new build.".into()
        }
        status => format!("GitHub refused to run the build again ({status}: {message})."),
    }
}
