//! Sentences for GitHub's error responses that say what to change.

use crate::{Api, Response, lenient, retry::rate_limit_wait};
use http::StatusCode;
use serde::Deserialize;

/// The body of an error response.
#[derive(Deserialize, Default)]
pub(crate) struct ErrorBody {
    #[serde(default, deserialize_with = "lenient::text")]
    pub message: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub documentation_url: String,
}

impl ErrorBody {
    /// Empty if the response is not GitHub's.
    pub fn parse(response: &Response) -> Self {
        serde_json::from_slice(response.body()).unwrap_or_default()
    }
}

/// GitHub's own message, shortened to one line.
pub fn message(response: &Response) -> String {
    let body = ErrorBody::parse(response);
    let line = body.message.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What an error response means that the request does not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// GitHub limits the platform's requests for so many seconds. It did not carry the request out.
    RateLimited(u64),
    /// GitHub does not accept the credentials.
    Credentials,
    /// GitHub will respond the same to a retry; the sentence says why.
    Permanent(String),
    /// GitHub failed. A retry may succeed.
    Unavailable,
}

/// The longest wait for the end of a limit, in seconds: GitHub's limits are those of an hour.
const MAX_WAIT: u64 = 3600;

/// What an error response means; `now` is in seconds since 1970.
pub fn error_kind(response: &Response, now: i64) -> ErrorKind {
    if let Some(seconds) = rate_limit_wait(response, now) {
        return ErrorKind::RateLimited(seconds.clamp(1, MAX_WAIT));
    }
    match response.status() {
        StatusCode::UNAUTHORIZED => ErrorKind::Credentials,
        status if status.is_redirection() => {
            ErrorKind::Permanent("GitHub redirects this to an unknown place.".into())
        }
        status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
            ErrorKind::Permanent(lasting_reason(response).unwrap_or_else(|| {
                let message = message(response);
                format!("GitHub refuses this ({status}: {message}).")
            }))
        }
        _ => ErrorKind::Unavailable,
    }
}

/// The reason for a response that stays the same until somebody at GitHub changes something: a sentence with
/// GitHub's own message. `None` for other responses.
pub fn lasting_reason(response: &Response) -> Option<String> {
    let message = message(response);
    let text = message.to_ascii_lowercase();
    let says = |phrase: &str| text.contains(phrase);
    let status = response.status();
    let what = match status {
        _ if is_blocked(response) => {
            "GitHub has blocked access to the repository; only its owner and GitHub can change that"
        }
        StatusCode::FORBIDDEN if says("ip allow list") || says("ip address") => {
            "The repository's organisation admits listed IP addresses only; its owner must add the \
             platform's"
        }
        StatusCode::FORBIDDEN
            if says("saml") || response.headers().contains_key("x-github-sso") =>
        {
            "The repository's organisation requires single sign-on, for which the platform's token must \
             be authorized at GitHub"
        }
        StatusCode::FORBIDDEN if says("suspended") => {
            "GitHub has suspended the account or the installation of the platform's App"
        }
        StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY if says("archived") => {
            "The repository is archived, so it can only be read: unarchive it at GitHub"
        }
        _ => return None,
    };
    Some(match message.as_str() {
        "" => format!("{what} ({status})."),
        message => format!("{what} ({message})."),
    })
}

/// As [`lasting_reason`], if the reason is the repository itself: GitHub has blocked it.
pub fn blocked_reason(response: &Response) -> Option<String> {
    lasting_reason(response).filter(|_| is_blocked(response))
}

fn is_blocked(response: &Response) -> bool {
    let text = message(response).to_ascii_lowercase();
    let phrases = ["access blocked", "repository unavailable", "has been disabled", "dmca"];
    let says_blocked = || phrases.iter().any(|phrase| text.contains(phrase));
    match response.status() {
        StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => true,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => says_blocked(),
        _ => false,
    }
}

const ADVICE: &str = "Only the platform's administrator can fix this.";

/// Why GitHub rejected a dispatch.
pub fn dispatch_error(response: &Response, api: &Api) -> String {
    let Api { builder, workflow, builder_ref, .. } = api;
    if rate_limit_wait(response, 0).is_some() {
        return "GitHub limits the platform's requests at the moment. Try again in some minutes."
            .into();
    }
    if let Some(reason) = lasting_reason(response) {
        return format!("The builder repository {builder} cannot be used: {reason} {ADVICE}");
    }
    let message = message(response);
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => format!(
            "GitHub knows no workflow {workflow} on the default branch of {builder}, or the \
             platform may not see it: the repository and the workflow must exist, and the App or \
             token needs the permission 'actions: write' on {builder}. {ADVICE}"
        ),
        StatusCode::UNAUTHORIZED => {
            format!("GitHub does not accept the platform's credentials. {ADVICE}")
        }
        StatusCode::FORBIDDEN => format!(
            "The platform's App or token lacks the permission 'actions: write' on {builder} \
             ({message}). {ADVICE}"
        ),
        status if status.is_redirection() => format!(
            "GitHub redirects from {builder} to an unknown place: set github_builder_repository to \
             the repository's present name. {ADVICE}"
        ),
        _ if message.contains("disabled") => {
            format!("The workflow {workflow} of {builder} is disabled: enable it. {ADVICE}")
        }
        _ if message.contains("workflow_dispatch") => format!(
            "The workflow {workflow} of {builder} has no trigger 'workflow_dispatch': copy the \
             builder's workflow there again. {ADVICE}"
        ),
        _ if message.starts_with("No ref found") => {
            format!("The builder repository {builder} has no branch {builder_ref}. {ADVICE}")
        }
        _ if message.contains("nputs") || message.contains("input") => format!(
            "The workflow {workflow} of {builder} takes other inputs ({message}): copy the builder's \
             workflow there again. {ADVICE}"
        ),
        status => format!("GitHub refused to start the build ({status}: {message}). {ADVICE}"),
    }
}

/// Why GitHub rejected a rerun.
pub fn rerun_error(response: &Response) -> String {
    if let Some(reason) = lasting_reason(response) {
        return format!("The builder repository cannot be used: {reason} {ADVICE}");
    }
    let message = message(response);
    match response.status() {
        StatusCode::NOT_FOUND => "The run no longer exists. Start a new build.".into(),
        StatusCode::FORBIDDEN if message.contains("older") || message.contains("created over") => {
            "GitHub runs a build again only within 30 days. Start a new build.".into()
        }
        status => format!("GitHub refused to run the build again ({status}: {message})."),
    }
}
