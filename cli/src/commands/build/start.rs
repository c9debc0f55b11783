//! Starts builds, follows them, cancels them.

use crate::{
    Error, Exit, Outcome, Result,
    api::{
        Client, Received,
        builds::{Build, BuildCreated},
        retry::{is_limited, while_limited},
        segment,
    },
    args::build::StartBuild,
    context::Context,
    follow::Follow,
    interrupt::until_lost,
    text,
};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// The pauses between attempts to send a request whose response was lost. Its key makes sure that it starts one build.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(8)];

pub async fn run(context: &Context, args: StartBuild) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let client = context.client().await?;
    let mut body = of_service(context.project().await?.id, &service);
    if let Some(branch) = &args.branch {
        body.insert("branch".into(), json!(branch));
    }
    let started = request(client, "/api/v1/builds", &Value::Object(body), &random_key()?).await;
    let started = started.map_err(|error| no_source(error, &service))?;
    finish(context, &service, &started, args.detach).await
}

pub async fn retry(context: &Context, build_id: &str, detach: bool) -> Result<Outcome> {
    let client = context.client().await?;
    let path = format!("/api/v1/builds/{}", segment(build_id));
    let build: Received<Build> = client.get(path.as_str()).receive().await?;
    let started = request(client, &format!("{path}/retry"), &Value::Null, &random_key()?).await?;
    finish(context, &build.service_name, &started, detach).await
}

pub async fn cancel(context: &Context, build_id: &str) -> Result<Outcome> {
    let path = format!("/api/v1/builds/{}", segment(build_id));
    let answer = context.client().await?.delete(path).send().await?;
    match context.output.is_json() {
        true => context.output.json(&answer.json()?),
        false => context.output.note(&text!(
            "The build is being cancelled: nokube build show {build_id}",
            "Le build est en cours d’annulation : nokube build show {build_id}"
        )),
    }
    Ok(Outcome::Done)
}

/// The request to build what is saved of a service.
pub fn of_service(project: u64, service: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("project_id".into(), json!(project));
    body.insert("service_name".into(), json!(service));
    body
}

/// Requests a build. `key` must be another one for each build that is wanted.
///
/// # Errors
/// The platform rejects it, or does not answer.
pub async fn request(
    client: &Client,
    path: &str,
    body: &Value,
    key: &str,
) -> Result<Received<BuildCreated>> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let send = async || {
            let request = client.post(path).header("idempotency-key", key);
            let request = if body.is_null() { request } else { request.json(body)? };
            request.receive().await
        };
        match while_limited(send).await {
            Ok(created) => return Ok(created),
            Err(error) if !may_be_sent_again(&error) => return Err(error),
            Err(error) => match pauses.next() {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            },
        }
    }
}

/// Whether the response was lost, or the same request is still in progress.
fn may_be_sent_again(error: &Error) -> bool {
    let kind = error.problem.as_ref().and_then(|problem| problem.received.get("type")?.as_str());
    let is_lost = error.exit == Exit::Unavailable && !is_limited(error);
    is_lost || kind == Some("/problems/in-progress")
}

/// 128 random bits.
pub fn random_key() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::failed(error.to_string()))?;
    Ok(HEXLOWER.encode(&bytes))
}

fn no_source(error: Error, service: &str) -> Error {
    match error.is_about("repository_url") {
        true => error.next(text!(
            "Save what {service} is built from: nokube up, or nokube services set {service} --repository URL",
            "Enregistrez de quoi {service} est construit : nokube up, ou nokube services set {service} --repository URL"
        )),
        false => error,
    }
}

/// Follows a build that was started, unless it is detached.
async fn finish(
    context: &Context,
    service: &str,
    started: &Received<BuildCreated>,
    detach: bool,
) -> Result<Outcome> {
    let id = started.build_id.clone();
    if detach {
        match context.output.is_json() {
            true => context.output.json(&started.json),
            false => context.output.print(&id),
        }
        context.output.note(&goes_on(&id));
        return Ok(Outcome::Done);
    }
    let work = async {
        let follow = Follow::new(context, 1, false).await?;
        let ended = follow.build(service, &id).await?;
        Ok((follow.report_build(service, &ended).await, ended))
    };
    let (outcome, ended) = until_lost(work, || goes_on(&id)).await?;
    if context.output.is_json() {
        context.output.json(&ended.json);
    }
    Ok(outcome)
}

fn goes_on(id: &str) -> String {
    text!(
        "The build goes on at the platform. Look at it: nokube build show {id}. Cancel it: nokube build cancel {id}",
        "Le build continue sur la plateforme. Le voir : nokube build show {id}. L’annuler : nokube build cancel {id}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;

    fn error(exit: Exit, problem: &str) -> Error {
        let problem = Problem::parse(problem.as_bytes()).map(Box::new);
        Error { problem, ..Error::new(exit, "") }
    }

    #[test]
    fn a_lost_response_is_asked_for_again_and_a_rejection_is_not() {
        let problem = |kind: &str, field: &str| {
            format!(
                r#"{{"type": "/problems/{kind}", "title": "", "status": 409, "detail": "", "instance": "/",
                    "errors": [{{"field": "{field}", "detail": "is required"}}]}}"#
            )
        };
        assert!(may_be_sent_again(&error(Exit::Unavailable, "")));
        assert!(may_be_sent_again(&error(Exit::Rejected, &problem("in-progress", ""))));
        assert!(!may_be_sent_again(&error(Exit::Rejected, &problem("conflict", ""))));

        let without_source = error(Exit::Rejected, &problem("invalid", "repository_url"));
        let next = no_source(without_source, "shop").next;
        assert!(next.iter().any(|next| next.contains("nokube services set shop")), "{next:?}");
        let invalid_branch = error(Exit::Rejected, &problem("invalid", "branch"));
        assert_eq!(no_source(invalid_branch, "shop").next, Vec::<String>::new());
    }

    #[test]
    fn each_build_has_a_key_of_its_own() {
        assert_ne!(random_key().unwrap(), random_key().unwrap());
        assert_eq!(random_key().unwrap().len(), 32);
    }
}
