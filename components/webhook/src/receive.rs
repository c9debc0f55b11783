//! `POST /api/v1/webhooks/github`: verify the signature, parse the event, merge it into the stored record.
//! One read and at most one write.

use crate::settings::Settings;
use http::StatusCode;
use nokube_domain::{
    BuildId, Problem, ProblemKind,
    builds::{EventSource, JobState, JobsRecord, RunRecord},
    responses::WebhookResponse,
};
use nokube_edge::{
    Call, Error, Reply, Result, now,
    store::{Store, keys},
};
use nokube_github::{
    event::{BuilderWorkflow, Event, parse},
    signature::Verifier,
};

/// The longest body. The events in use are far smaller; GitHub sends up to 25 MB for others.
const MAX_BODY_BYTES: usize = 1024 * 1024;

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
    let name = call.header("x-github-event").unwrap_or_default();
    let builder =
        BuilderWorkflow { repository: &settings.builder.to_string(), workflow: &settings.workflow };
    let event = parse(name, &body, &builder)
        .map_err(|error| Error::problem(ProblemKind::Malformed, error.to_string()))?;
    let (outcome, reason) = match event {
        Event::Run { build, source, key, facts } => {
            let update = RunRecord::with_run(build, key, facts);
            let update = update.with_builder_repository(source.repository);
            let is_of_builder = |run: &RunRecord| run.is_of_builder(source, key.run_id);
            merge_run(build, update, is_of_builder, OF_ANOTHER).await?
        }
        Event::ImagePushed { build, pushed } => {
            let update = RunRecord { image_pushed: Some(pushed), ..RunRecord::new(build) };
            // It only counts together with a known run: anybody may push an image with that tag.
            let unknown = ("ignored", Some("an image of an unknown build"));
            merge_run(build, update, |run| !run.runs.is_empty(), unknown).await?
        }
        Event::Job { build, source, id, facts } => {
            merge_job(build, source, JobsRecord::with_jobs(build, [(id, facts)].into())).await?
        }
        Event::Ping => ("pong", None),
        Event::Ignored(reason) => ("ignored", Some(reason)),
    };
    Ok(Reply::json(StatusCode::OK, &WebhookResponse { outcome, reason }))
}

/// Reads the body, computing its signature on the way, and returns it only if the signature matches.
async fn read_signed_body(call: &mut Call, settings: &Settings) -> Result<Vec<u8>> {
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
    let body = call.read_body(MAX_BODY_BYTES, |chunk| verifier.update(chunk)).await?;
    if verifier.matches() { Ok(body) } else { Err(unauthenticated()) }
}

/// The outcome and the reason, as in [`WebhookResponse`].
type Outcome = (&'static str, Option<&'static str>);

const STORED: Outcome = ("stored", None);
const UNCHANGED: Outcome = ("ignored", Some("nothing new"));

const OF_ANOTHER: Outcome = ("ignored", Some("of another repository than the builder"));

/// Merges what an event says about a build's run, if it counts by what is known of the run.
async fn merge_run(
    build: BuildId,
    update: RunRecord,
    counts: impl FnOnce(&RunRecord) -> bool,
    otherwise: Outcome,
) -> Result<Outcome> {
    let store = Store::open().await?;
    let stored = store.get(keys::run(build.project, build.number)).await?;
    let mut run = stored.unwrap_or_else(|| RunRecord::new(build));
    if !counts(&run) {
        return Ok(otherwise);
    }
    if !run.merge(update.with_updated_at(now())) {
        return Ok(UNCHANGED);
    }
    store.set_run(&run).await?;
    Ok(STORED)
}

async fn merge_job(build: BuildId, source: EventSource, update: JobsRecord) -> Result<Outcome> {
    let store = Store::open().await?;
    // A job counts only together with its run, so only the event of a renamed builder needs the run's record.
    if !source.has_builder_name {
        let run = store.get(keys::run(build.project, build.number)).await?;
        let run = RunRecord::stored_or_new(build, run);
        let is_of_builder = |job: &JobState| run.is_of_builder(source, job.run.run_id);
        if !update.jobs.values().all(is_of_builder) {
            return Ok(OF_ANOTHER);
        }
    }
    let stored = store.get(keys::jobs(build)).await?;
    let mut jobs = stored.unwrap_or_else(|| JobsRecord::new(build));
    if !jobs.merge(update.with_updated_at(now())) {
        return Ok(UNCHANGED);
    }
    store.set(keys::jobs(jobs.build_id), &jobs).await?;
    Ok(STORED)
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn receive() -> Operation {
        Operation::new("receiveWebhook", "Receive a webhook from GitHub")
            .any_query()
            .description(
                "Called by GitHub. Handles `workflow_run`, `workflow_job`, `package` and `ping`; other \
                 events are ignored. After a 2xx response the event's data is stored. The body must have \
                 at most 1 MiB.",
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
