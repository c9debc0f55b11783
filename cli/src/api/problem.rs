//! `application/problem+json` (RFC 9457).

use super::client::Answer;
use crate::{Error, Exit, config::Origin, output::clean, text};
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    pub title: String,
    pub status: u16,
    pub detail: String,
    #[serde(default)]
    pub reason: Option<String>,
    /// The fields that are invalid, all at once.
    #[serde(default)]
    pub errors: Vec<Fault>,
    #[serde(default)]
    pub more_errors: Option<u32>,
    /// The answer as it was received.
    #[serde(skip)]
    pub received: Value,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fault {
    pub field: String,
    pub detail: String,
}

impl Problem {
    pub fn parse(body: &[u8]) -> Option<Self> {
        let received: Value = serde_json::from_slice(body).ok()?;
        let problem = Self::deserialize(&received).ok()?;
        Some(Self { received, ..problem })
    }

    /// OAuth's code (RFC 6749, section 5.2), such as `authorization_pending`.
    pub fn oauth_error(&self) -> Option<&str> {
        self.received.get("error")?.as_str()
    }
}

/// The error of a response that is not a success.
pub fn error(origin: &Origin, has_token: bool, answer: &Answer) -> Error {
    let status = answer.status.as_u16();
    let problem = Problem::parse(&answer.body);
    let message = match &problem {
        Some(problem) => sentence(problem),
        None if answer.status.is_redirection() => {
            let target = answer.header("location").unwrap_or_default();
            text!(
                "{origin} redirects to {target}. The token is only for {origin}.",
                "{origin} redirige vers {target}. Le jeton n’est que pour {origin}."
            )
        }
        None => text!("{origin} has answered {status}.", "{origin} a répondu {status}."),
    };
    let mut error = Error::new(exit(status), clean(&message).into_owned());
    error.next.extend(next(status, has_token));
    error.problem = problem.map(Box::new);
    error.request_id = answer.header("x-request-id").map(str::to_owned);
    error
}

fn exit(status: u16) -> Exit {
    match status {
        401 | 403 => Exit::NotAllowed,
        404 => Exit::NotFound,
        429 => Exit::Unavailable,
        400..=499 => Exit::Rejected,
        300..=399 | 500.. => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

/// The detail, with a line for each invalid field unless the detail is the only one.
fn sentence(problem: &Problem) -> String {
    let Problem { detail, title, errors, .. } = problem;
    let mut lines = vec![if detail.is_empty() { title.clone() } else { detail.clone() }];
    let is_said = |fault: &Fault| detail.contains(&fault.detail) && detail.contains(&fault.field);
    if !(errors.len() == 1 && errors.iter().all(is_said)) {
        lines.extend(errors.iter().map(|Fault { field, detail }| format!("  {field}: {detail}")));
    }
    if let Some(more) = problem.more_errors {
        lines.push(text!("  and {more} more", "  et {more} de plus"));
    }
    lines.join("\n")
}

fn next(status: u16, has_token: bool) -> Option<String> {
    match status {
        401 if has_token => Some(text!(
            "The token is invalid, expired or revoked. Sign in again: nokube login",
            "Le jeton est invalide, expiré ou révoqué. Reconnectez-vous : nokube login"
        )),
        401 => Some(text!("Sign in: nokube login", "Connectez-vous : nokube login")),
        429 | 503 => Some(text!("Try again in a minute.", "Réessayez dans une minute.")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn it_is_what_the_contract_says() {
        contract::response::<Problem>("Problem");
    }

    #[test]
    fn keeps_what_it_does_not_know() {
        let body = br#"{"type": "/problems/x", "title": "T", "status": 400, "detail": "D", "instance": "/",
            "error": "slow_down", "new": 1}"#;
        let problem = Problem::parse(body).unwrap();
        assert_eq!(problem.oauth_error(), Some("slow_down"));
        assert_eq!(problem.received["new"], 1);
        assert!(Problem::parse(b"<html>").is_none());
    }
}
