//! `POST /api/v1/webhooks/github`: signature, event, one read, at most one write, answer.

use crate::settings::Settings;
use http::StatusCode;
use nokube_domain::{
    BuildId, Problem, ProblemKind,
    answer::WebhookAnswer,
    build::{JobsDoc, RunDoc},
};
use nokube_edge::{Call, Failure, Reply, Result, now, store::Store};
use nokube_github::{
    event::{Builder, Event, parse},
    signature::Verifier,
};

/// The events that we use are far smaller; GitHub sends up to 25 MB for others.
const MAX_BODY: usize = 1024 * 1024;

/// Answers 2xx only after what the event says is stored: GitHub does not send it again by itself.
pub async fn receive(mut call: Call) -> Result<Reply> {
    let settings = Settings::read().await?;
    let body = signed_body(&mut call, &settings).await?;
    if !call.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Failure::problem(
            ProblemKind::UnsupportedMediaType,
            "Set the webhook's content type to application/json at GitHub.",
        ));
    }
    let name = call.header("x-github-event").unwrap_or_default();
    let builder =
        Builder { repository: &settings.builder.to_string(), workflow: &settings.workflow };
    let event = parse(name, &body, &builder)
        .map_err(|error| Failure::problem(ProblemKind::Malformed, error.to_string()))?;
    let (outcome, reason) = match event {
        Event::Run { build, key, facts } => {
            learn_run(build, RunDoc::of_run(build, key, facts)).await?
        }
        Event::Pushed { build, pushed } => {
            learn_run(build, RunDoc { pushed: Some(pushed), ..RunDoc::new(build) }).await?
        }
        Event::Job { build, id, facts } => {
            learn_jobs(build, JobsDoc::new(build, [(id, facts)].into())).await?
        }
        Event::Ping => ("pong", None),
        Event::Ignored(why) => ("ignored", Some(why)),
    };
    Ok(Reply::json(StatusCode::OK, &WebhookAnswer { outcome, reason }))
}

/// Reads the body while its signature is computed, and returns it only if that fits.
async fn signed_body(call: &mut Call, settings: &Settings) -> Result<Vec<u8>> {
    let unsigned = || {
        Failure::from(Problem::new(
            ProblemKind::Unauthenticated,
            "The signature does not fit the body. Is the webhook's secret at GitHub the same as \
             github_webhook_secret?",
        ))
    };
    let secrets = settings.secrets.each_ref().map(String::as_str);
    let header = call.header("x-hub-signature-256").unwrap_or_default();
    let mut verifier = Verifier::new(header, &secrets).ok_or_else(unsigned)?;
    let body = call.body(MAX_BODY, |piece| verifier.update(piece)).await?;
    if verifier.fits() { Ok(body) } else { Err(unsigned()) }
}

type Outcome = (&'static str, Option<&'static str>);

const STORED: Outcome = ("stored", None);
const KNOWN: Outcome = ("ignored", Some("nothing new"));

async fn learn_run(build: BuildId, news: RunDoc) -> Result<Outcome> {
    let store = Store::open().await?;
    let known = store.run(build.project, build.number).await?;
    // A push alone is a hint about a run; without one it may be anybody's.
    if known.is_none() && news.runs.is_empty() {
        return Ok(("ignored", Some("a push of an unknown build")));
    }
    let mut run = known.unwrap_or_else(|| RunDoc::new(build));
    if !run.learn(news.heard(now())) {
        return Ok(KNOWN);
    }
    store.set_run(&run).await?;
    Ok(STORED)
}

async fn learn_jobs(build: BuildId, news: JobsDoc) -> Result<Outcome> {
    let store = Store::open().await?;
    let known = store.jobs(build).await?;
    let mut jobs = known.unwrap_or_else(|| JobsDoc::new(build, Default::default()));
    if !jobs.learn(news.heard(now())) {
        return Ok(KNOWN);
    }
    store.set_jobs(&jobs).await?;
    Ok(STORED)
}
