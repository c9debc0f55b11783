//! `POST /api/v1/webhooks/github`: verify the signature, parse the event, store what it says.

use crate::{builder, repositories, settings::Settings};
use http::StatusCode;
use nokube_domain::{Problem, ProblemKind, responses::WebhookResponse};
use nokube_edge::{Call, Error, Reply, Result};
use nokube_github::{
    event::{BuilderWorkflow, Event, is_repository_event, parse},
    json_filter::{FilterError, JsonFilter},
    signature::Verifier,
};

/// The longest body, and the most that is kept of one about a repository.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The longest body of an event about a repository: the longest that GitHub sends. A push lists commits and files, a pull
/// request has a text, and a repository may describe itself at any length.
const MAX_REPOSITORY_BODY_BYTES: usize = 25 * 1024 * 1024;

/// The outcome and the reason, as in [`WebhookResponse`].
pub type Outcome = (&'static str, Option<&'static str>);

pub const STORED: Outcome = ("stored", None);

/// Replies 2xx only after the event is stored, because GitHub does not retry deliveries.
pub async fn receive(mut call: Call) -> Result<Reply> {
    let settings = Settings::load().await?;
    let body = read_signed_body(&mut call, &settings).await?;
    if !call.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Error::problem(
            ProblemKind::UnsupportedMediaType,
            "Set the webhook's content type to application/json at GitHub.",
        ));
    }
    let body = body.map_err(|error| {
        let kind = match error {
            FilterError::TooLarge => ProblemKind::TooLarge,
            FilterError::NotJson | FilterError::TooDeep => ProblemKind::Malformed,
        };
        Error::problem(kind, error.to_string())
    })?;
    let builder =
        BuilderWorkflow { repository: &settings.builder.to_string(), workflow: &settings.workflow };
    let event = parse(event_name(&call), &body, &builder)
        .map_err(|error| Error::problem(ProblemKind::Malformed, error.to_string()))?;
    let (outcome, reason) = store(event).await?;
    Ok(Reply::json(StatusCode::OK, &WebhookResponse { outcome, reason }))
}

async fn store(event: Event) -> Result<Outcome> {
    match event {
        Event::Run { build, source, key, facts } => {
            let outcome = builder::merge_run(build, source, key, facts).await?;
            if outcome == STORED {
                repositories::look_at_build(build);
            }
            Ok(outcome)
        }
        Event::ImagePushed { build, pushed } => builder::merge_image(build, pushed).await,
        Event::Job { build, source, id, facts } => {
            builder::merge_job(build, source, id, facts).await
        }
        Event::Repository { repository_id, change } => {
            repositories::add_to_queue(repository_id, change).await
        }
        Event::Ping => Ok(("pong", None)),
        Event::Ignored(reason) => Ok(("ignored", Some(reason))),
    }
}

fn event_name(call: &Call) -> &str {
    call.header("x-github-event").unwrap_or_default()
}

/// Reads the body, computing its signature on the way, and returns it only if the signature matches. Of an event about a
/// repository, the lists of commits and files and the text of a pull request are left out on the way. An error of that is
/// returned only if the signature matches, too.
async fn read_signed_body(
    call: &mut Call,
    settings: &Settings,
) -> Result<std::result::Result<Vec<u8>, FilterError>> {
    let unauthenticated = || {
        Error::from(Problem::new(
            ProblemKind::Unauthenticated,
            "The signature does not match the body. Is the webhook's secret at GitHub the same as \
             github_webhook_secret?",
        ))
    };
    let secrets = settings.secrets.each_ref().map(String::as_str);
    let header = call.header("x-hub-signature-256").unwrap_or_default();
    let mut verifier = Verifier::new(header, &secrets).ok_or_else(unauthenticated)?;
    let body = if is_repository_event(event_name(call)) {
        let mut filter = JsonFilter::new(MAX_BODY_BYTES);
        let inspect = |chunk: &[u8]| {
            verifier.update(chunk);
            filter.feed(chunk);
        };
        call.stream_body(MAX_REPOSITORY_BODY_BYTES, inspect).await?;
        filter.finish()
    } else {
        Ok(call.read_body(MAX_BODY_BYTES, |chunk| verifier.update(chunk)).await?)
    };
    if verifier.matches() { Ok(body) } else { Err(unauthenticated()) }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn receive() -> Operation {
        Operation::new("receiveWebhook", "Receive a webhook from GitHub")
            .any_query()
            .description(
                "Called by GitHub. Handles `workflow_run`, `workflow_job`, `package`, `push`, `create`, \
                 `delete`, `pull_request`, `repository` and `ping`; other events are ignored. After a 2xx \
                 response the event's data is stored. The body must have at most 25 MiB for `push`, \
                 `create`, `delete`, `pull_request` and `repository`, of which at most 1 MiB may be left \
                 without the lists of commits and files and the text of a pull request; for other events it \
                 must have at most 1 MiB.",
            )
            .required_header("X-GitHub-Event", schemas::string_up_to(100), "The name of the event.")
            .any_json_body(json!({ "zen": "Keep it logically awesome." }))
            .json_response::<WebhookResponse>(
                200,
                "The event was received.",
                json!({ "outcome": "stored", "reason": null }),
            )
    }
}
