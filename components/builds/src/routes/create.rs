//! `POST /api/v1/builds`: check, reserve, start ([`crate::start`]), respond.
//!
//! Two writes more than to start it with an `Idempotency-Key` (reservation and its result).

use crate::{
    github::{GitHub, check_source},
    places,
    settings::Limits,
    start::{Capacity, NewBuildStart, estimate_duration, start_build},
};
use data_encoding::HEXLOWER;
use futures::future::try_join;
use http::StatusCode;
use nokube_domain::{
    BuildId, Problem, ProjectId,
    builds::{BuildCreated, BuildSpec, BuildState, NewBuild, evaluate_status},
    config_file::FileService,
    fields::Fields,
    name::{ProjectName, ServiceName},
    services::SavedSource,
    whole_seconds,
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now, projects,
    pushes::{LinkedService, file_in_effect},
    reservation::{Lease, Reservation, existing, hashed_name, reserve},
    store::{Store, keys},
};
use nokube_github::api::RepositoryPath;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

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
    let (fields, body) = call.json_fields().await?;
    let body_hash = HEXLOWER.encode(&Sha256::digest(&body));
    let key = call.idempotency_key()?.map(|key| reservation_name(&call, key)).transpose()?;
    let store = Store::open().await?;
    let Some(pid) = fields.peek("project_id") else {
        return Err(without_project(fields).await?.into());
    };
    let (loaded, earlier, saved) = futures::join!(
        projects::load(&call, &store, pid),
        find_earlier(&store, key.as_deref()),
        saved_source(&store, pid, &fields)
    );
    let (project, members, _) = loaded?;
    if let Some(earlier) = earlier? {
        return replay(&store, &earlier, &body_hash).await;
    }
    let github = GitHub::new().await?;
    let saved = saved?.map(|saved| saved.in_effect(&github.settings.web)).transpose()?;
    let Requested { spec, at } =
        requested(fields, saved.as_ref(), &project.name, &github.settings.web)?;
    places::check(&store, &members.owner).await?;

    let (source, estimate) = try_join(
        check_source(&github, &call, &spec, &at),
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
    let new = NewBuildStart {
        project: &project,
        owner: &members.owner,
        spec: BuildSpec { repository: source.repository, git_ref: source.git_ref, ..spec },
        repository_id: source.repository_id,
        commit: source.commit,
        private: source.private,
        estimate,
        requested_by: call.caller()?.person.clone(),
        trigger: None,
        audit_entry: audit::entry_of_caller(&call, "build.create", String::new())?,
    };
    let complete = async |build| {
        let created = CreatedBuild { build, body_hash };
        complete(&store, lease.as_ref(), &created).await
    };
    created(start_build(&store, &github, new, Capacity::Refuse, complete).await?).await
}

/// What is to be built, and where its repository is.
struct Requested {
    spec: BuildSpec,
    at: RepositoryPath,
}

/// Reads a request, which is completed with what is saved of its service.
fn requested(
    mut fields: Fields,
    saved: Option<&SavedSource>,
    project: &ProjectName,
    web: &Url,
) -> std::result::Result<Requested, Problem> {
    if let Some(saved) = saved {
        saved.complete_build(&mut fields, project, web);
    }
    let request = NewBuild::read(&mut fields);
    let spec = BuildSpec::new(request, fields, Some(project), web)?;
    let at = match saved {
        Some(saved) => RepositoryPath::Id(saved.repository_id),
        None => RepositoryPath::from(&spec.repository),
    };
    Ok(Requested { spec, at })
}

/// Stores which build was created with the idempotency key.
///
/// # Errors
/// The request took too long: another one may have the key by now.
async fn complete(store: &Store, lease: Option<&Lease>, created: &CreatedBuild) -> Result<()> {
    let Some(lease) = lease else { return Ok(()) };
    lease.complete(store, created).await?;
    if lease.is_valid() { Ok(()) } else { Err(Error::too_slow("create a build")) }
}

/// The error for a request without a project. The rest is checked as well, so that all field errors are in one
/// response.
async fn without_project(mut fields: Fields) -> Result<Problem> {
    let request = NewBuild::read(&mut fields);
    let web = &GitHub::new().await?.settings.web;
    let problem = BuildSpec::new(request, fields, None, web).err();
    Ok(problem.unwrap_or_else(|| Problem::invalid_field("project_id", "is required")))
}

/// What is saved of a service, and what the configuration file of its branch says of it, if it uses it.
struct Saved {
    source: SavedSource,
    file: Option<FileService>,
}

impl Saved {
    fn in_effect(self, web: &Url) -> std::result::Result<SavedSource, Problem> {
        let Self { source, file } = self;
        match file {
            Some(file) => source.with_file(&file, web),
            None => Ok(source),
        }
    }
}

/// What is saved of the service, for a request that does not name a repository. Two reads more, if the service uses the
/// configuration file of its branch.
async fn saved_source(store: &Store, project: ProjectId, fields: &Fields) -> Result<Option<Saved>> {
    if fields.has("repository_url") {
        return Ok(None);
    }
    let Some(name) = fields.peek::<ServiceName>("service_name") else { return Ok(None) };
    let record = store.get(keys::service(project, &name)).await?;
    let file = match LinkedService::of_record(project, &name, record.as_ref()) {
        Some(service) => file_in_effect(store, &service).await?,
        None => None,
    };
    Ok(record.and_then(|record| record.source).map(|source| Saved { source, file }))
}

/// The build that an earlier request with the same idempotency key created.
async fn find_earlier(store: &Store, key: Option<&str>) -> Result<Option<CreatedBuild>> {
    match key {
        Some(key) => existing(store, key).await,
        None => Ok(None),
    }
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
    created(BuildState::new(record, run?)).await
}

async fn created(state: BuildState) -> Result<Reply> {
    let grace = Limits::load().await?.timeouts.grace;
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
                 the URL in `Location`. `project_id` and `service_name` alone build what is saved of \
                 the service.",
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
