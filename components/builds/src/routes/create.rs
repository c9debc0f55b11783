//! `POST /api/v1/builds`: check, reserve, number, record, dispatch, respond.
//!
//! Five writes (counter, record, two of the audit log, run), seven with an `Idempotency-Key` (reservation and
//! its result). A crash after the record was written loses nothing: the next read finds the run by its title.
//! A build is never dispatched twice.

use crate::{
    github::{GitHub, check_source, dispatch},
    settings::Limits,
};
use data_encoding::HEXLOWER;
use futures::future::{join_all, try_join};
use http::StatusCode;
use nokube_domain::{
    BuildId, Person, Problem, ProblemKind, ProjectId,
    builds::{
        BuildCreated, BuildRecord, BuildSpec, BuildState, NewBuild, RunRecord, Status,
        evaluate_status,
    },
    fields::Fields,
    name::ServiceName,
    whole_seconds,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit,
    builds::unfinished,
    now, projects, random,
    reservation::{Reservation, existing, hashed_name, reserve},
    store::{AuditLog, Counter, Store, keys},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The build that was created with an idempotency key.
#[derive(Serialize, Deserialize)]
struct CreatedBuild {
    build: BuildId,
    /// The hash of the request's body: the same key with another body is a mistake.
    #[serde(rename = "body")]
    body_hash: String,
}

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, body) = call.json_fields().await?;
    let body_hash = HEXLOWER.encode(&Sha256::digest(&body));
    let key = call.idempotency_key()?.map(|key| reservation_name(&call, key)).transpose()?;
    let store = Store::open().await?;
    let request = NewBuild::read(&mut fields);
    let Some(pid) = request.project_id else {
        return Err(without_project(request, fields).await?.into());
    };
    let (loaded, earlier) =
        futures::join!(projects::load(&call, &store, pid), find_earlier(&store, key.as_deref()));
    let (project, members, _) = loaded?;
    if let Some(earlier) = earlier? {
        return replay(&store, &earlier, &body_hash).await;
    }
    let github = GitHub::new().await?;
    let spec = BuildSpec::new(request, fields, Some(&project.name), &github.settings.web)?;
    check_quota(&store, &members.owner).await?;

    let (source, estimate) = try_join(
        check_source(&github, &call, &spec),
        estimate_duration(&store, pid, &spec.service, github.settings.estimate),
    )
    .await?;
    let lease = match &key {
        None => None,
        Some(key) => match reserve::<CreatedBuild>(&store, key).await? {
            Reservation::Acquired(lease) => Some(lease),
            Reservation::Existing(earlier) => return replay(&store, &earlier, &body_hash).await,
            Reservation::Pending => {
                let detail = "The same request is being carried out; ask again in a moment.";
                return Err(Problem::in_progress(detail).into());
            }
        },
    };
    let id = BuildId::new(pid, store.increment(&Counter::builds(pid)).await?, random()?);
    let record = BuildRecord {
        id,
        requested_by: call.caller()?.person.clone(),
        image: github.settings.registry.image(&project.owner, &project.name, &spec.service),
        owner: project.owner,
        project: project.name,
        spec: BuildSpec { repository: source.repository, git_ref: source.git_ref, ..spec },
        repository_id: source.repository_id,
        commit: source.commit,
        private: source.private,
        estimate,
        created_at: now(),
    };
    store_record(&call, &store, &record).await?;
    if let Some(lease) = &lease {
        lease.complete(&store, &CreatedBuild { build: id, body_hash }).await?;
        if !lease.is_valid() {
            return Err(Error::too_slow("create a build"));
        }
    }
    let run = dispatch(&github, &record, 1).await?.with_updated_at(now());
    // A webhook may have written already, so the run is merged.
    created(record, store.merge_run(run).await?).await
}

/// The error for a request without a project. The rest is checked as well, so that all field errors are in one
/// response.
async fn without_project(request: NewBuild, fields: Fields) -> Result<Problem> {
    let web = &GitHub::new().await?.settings.web;
    let problem = BuildSpec::new(request, fields, None, web).err();
    Ok(problem.unwrap_or_else(|| Problem::invalid_field("project_id", "is required")))
}

/// The build that an earlier request with the same idempotency key created.
async fn find_earlier(store: &Store, key: Option<&str>) -> Result<Option<CreatedBuild>> {
    match key {
        Some(key) => existing(store, key).await,
        None => Ok(None),
    }
}

/// Stores the record and its entry in the project's audit log.
///
/// # Errors
/// 404 if the project was deleted concurrently. The deletion also checks for builds after it has deleted the
/// project's record, so at least one of the two requests sees the other.
async fn store_record(call: &Call, store: &Store, record: &BuildRecord) -> Result<()> {
    let BuildId { project, number, .. } = record.id;
    store.set(keys::build(project, number), record).await?;
    if store.get(keys::project(project)).await?.is_none() {
        store.delete(keys::build(project, number)).await?;
        return Err(Problem::not_found("project").into());
    }
    let object = format!("/api/v1/builds/{}", record.id);
    audit::record(store, call, &AuditLog::Project(project), "build.create", object).await
}

/// Checks that the project's owner may have one more unfinished build, counted over all of their projects.
///
/// # Errors
/// 429 at the limit.
async fn check_quota(store: &Store, owner: &Person) -> Result<()> {
    let max = Limits::load().await?.max_running;
    if max == 0 {
        return Ok(());
    }
    let mut running = 0;
    for project in store.projects_owned_by(owner).await? {
        running += unfinished(store, project, max - running).await?.len() as u32;
        if running >= max {
            let detail = format!(
                "{max} builds of this project's owner are under way, which is the most that this \
                 platform allows at once."
            );
            let problem = Problem::new(ProblemKind::TooMany, detail);
            return Err(problem.with_retry_after(30).into());
        }
    }
    Ok(())
}

/// Answers a repeated request like the first one with its key, with the current status.
///
/// # Errors
/// 422 if the first request had another body.
async fn replay(store: &Store, earlier: &CreatedBuild, body_hash: &str) -> Result<Reply> {
    if earlier.body_hash != body_hash {
        let detail = "was used before for another request; use a new key for a new request";
        return Err(Problem::invalid_field("Idempotency-Key", detail).into());
    }
    let id = earlier.build;
    let (record, run) = futures::join!(store.build_by_id(id), store.run(id));
    let record = record?.ok_or_else(|| Error::internal("replay", "the build has no record"))?;
    created(record, run?).await
}

async fn created(record: BuildRecord, run: RunRecord) -> Result<Reply> {
    let grace = Limits::load().await?.timeouts.grace;
    let state = BuildState::new(record, run);
    let evaluated = evaluate_status(&state, grace, now());
    let record = &state.record;
    let created = BuildCreated {
        build_id: record.id,
        project_id: record.id.project,
        status: evaluated.status,
        image_full_name: record.image_full_name(),
        created_at: whole_seconds(record.created_at),
        estimated_duration: record.estimate,
        error_message: evaluated.error_message,
    };
    let location = format!("/api/v1/builds/{}", record.id);
    Ok(Reply::json(StatusCode::ACCEPTED, &created).header("location", &location))
}

/// The expected duration in seconds: that of the service's latest successful build among the project's last
/// five, or `default`.
async fn estimate_duration(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
    default: u32,
) -> Result<u32> {
    let count = store.count(&Counter::builds(project)).await?;
    let numbers = (count.saturating_sub(5)..count).rev().map(|below| below + 1);
    let runs = join_all(numbers.map(|number| store.get(keys::run(project, number)))).await;
    for run in runs {
        let build = run?.and_then(|run| run.final_view.map(|last| last.view));
        let successful = build.filter(|build| {
            build.status == Status::Success && build.service_name == service.as_str()
        });
        if let Some(seconds) = successful.and_then(|build| build.duration) {
            return Ok(u32::try_from(seconds.max(1)).unwrap_or(default));
        }
    }
    Ok(default)
}

/// The name of the reservation: the same key of two persons names two.
fn reservation_name(call: &Call, key: &str) -> Result<String> {
    let person = call.caller()?.person.key();
    Ok(hashed_name(&format!("build {person} {key}")))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn create() -> Operation {
        Operation::new("createBuild", "Build an image")
            .description(
                "Starts a build at GitHub and responds without waiting for its end. Poll the build at \
                 the URL in `Location`.",
            )
            .idempotency_key()
            .json_body::<NewBuild>(json!({
                "project_id": 1, "repository_url": "https://github.com/testuser/shop",
                "image_name": "myapp", "service_name": "frontend", "branch": "main",
            }))
            .json_response::<BuildCreated>(
                202,
                "The build was requested.",
                json!({
                    "build_id": examples::BUILD, "project_id": 1, "status": "pending",
                    "image_full_name": examples::IMAGE, "created_at": "2025-08-18T10:30:00Z",
                    "estimated_duration": 180,
                }),
            )
            .response_header("Location")
            .problem(ProblemKind::Invalid, "service_name: is required")
            .problem(
                ProblemKind::InProgress,
                "The same request is being carried out; ask again in a moment.",
            )
            .calls_github()
    }
}
