//! `PUT` and `PATCH /api/v1/projects/{project}/services/{service}`: save what a service is built from.
//!
//! Three writes, of the record and of the audit log. Three more for a service that is not saved: its place; and two for
//! one that never was: the number of its name. If pushes are to build it: see [`Linking`]. Two more if previews are to be
//! deployed or deleted: the work item to look at them, which is added first. After a crash before the record is written,
//! the place is free in a minute, and the number names nothing that is saved: the record decides.

use crate::{
    config_file::with_file,
    github::{GitHub, check_source},
    previews,
    pushes::{Linking, NewLink, check_available},
    services::{self, Place, load},
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId, Role,
    access::{AccessPolicy, authorize_credential},
    builds::BuildSpec,
    fields::Fields,
    name::ServiceName,
    previews::PreviewMode,
    scope::Scope,
    services::{
        NewAutomation, NewSavedSource, NewService, SavedSource, ServiceRecord, SourceDetail,
    },
};
use nokube_edge::{
    Call, Error, Reply, Result, audit, now,
    places::TakenPlace,
    projects,
    pushes::{LinkedService, PushesOf, file_in_effect},
    services::find,
    store::{AuditLog, Counter, Store, keys},
};
use nokube_github::api::RepositoryPath;
use url::Url;

pub async fn put(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let project = call.path_parameter("project", "project")?;
    let text: String = call.path_parameter("service", "service")?;
    projects::load(&call, &store, project).await?;
    let github = GitHub::new().await?;
    let web = &github.settings.web;
    let name: Option<ServiceName> = fields.parse("service", &text, str::parse);
    let stored = match &name {
        Some(name) => store.get(keys::service(project, name)).await?,
        None => None,
    };
    if fields.peek("use_config_file") == Some(true) {
        take_fields_of_file(&store, project, stored.as_ref(), &mut fields, web).await?;
    }
    let NewService { source, automation } = NewService::read(&mut fields);
    let spec = BuildSpec::saved(source, name, fields, web)?;
    let at = RepositoryPath::from(&spec.repository);
    let saving = Saving { call: &call, store: &store, github: &github, project };
    saving.save(spec, automation, &at, stored).await
}

pub async fn change(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let project = call.path_parameter("project", "project")?;
    projects::load(&call, &store, project).await?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let stored = store.get(keys::service(project, &name)).await?;
    let saved = stored.as_ref().and_then(|stored| stored.source.as_ref());
    let saved = saved.ok_or_else(|| Problem::not_found("service"))?;
    let github = GitHub::new().await?;
    let web = &github.settings.web;
    let names_repository = fields.has("repository_url");
    let keeps_file = !fields.has("use_config_file") && fields.peek("build_on_push") != Some(false);
    if keeps_file || fields.peek("use_config_file") == Some(true) {
        take_fields_of_file(&store, project, stored.as_ref(), &mut fields, web).await?;
    }
    saved.complete_change(&mut fields, web);
    let NewService { source, automation } = NewService::read(&mut fields);
    let spec = BuildSpec::saved(source, Some(name), fields, web)?;
    let at = match names_repository {
        true => RepositoryPath::from(&spec.repository),
        false => RepositoryPath::Id(saved.repository_id),
    };
    let saving = Saving { call: &call, store: &store, github: &github, project };
    saving.save(spec, automation, &at, stored).await
}

/// Where a source is saved.
struct Saving<'a> {
    call: &'a Call,
    store: &'a Store,
    github: &'a GitHub,
    project: ProjectId,
}

impl Saving<'_> {
    /// Saves a source whose repository is at `at`, if the caller may read it. `stored` is what was saved before.
    async fn save(
        self,
        spec: BuildSpec,
        automation: NewAutomation,
        at: &RepositoryPath,
        stored: Option<ServiceRecord>,
    ) -> Result<Reply> {
        let Self { call, store, github, project } = self;
        if automation.deploys() {
            require_deploy_scope(call)?;
        }
        let name = spec.service.clone();
        let token = stored.as_ref().and_then(|stored| stored.source.as_ref().map(|_| stored.place));
        if token.is_none() {
            services::check_limit(store, project).await?;
        }
        let use_config_file = automation.use_config_file.unwrap_or_default();
        // Before GitHub is asked where the branch points to.
        let push_number = match automation.build_on_push {
            Some(true) => Some(take_push_number(store, github, project, &name).await?),
            Some(false) | None => None,
        };
        let checked = check_source(github, call, &spec, at).await?;
        let stored = match token {
            Some(token) => Some(check_unremoved(store, project, &name, token).await?),
            None => stored,
        };
        let missing = || Error::internal("GitHub", "the repository has no number");
        let repository_id = checked.repository_id.ok_or_else(missing)?;
        let branch = checked.git_ref;
        let spec = BuildSpec { repository: checked.repository, ..spec };
        let linking = match push_number {
            None => None,
            Some(number) => {
                let (name, spec) = (&name, &spec);
                let new = NewLink { project, name, spec, repository_id, branch, use_config_file };
                let earlier = stored.as_ref().and_then(|stored| stored.source.as_ref());
                Some(Linking::begin(store, github, call, new, earlier, number).await?)
            }
        };
        let earlier = stored.as_ref().and_then(|stored| stored.source.as_ref());
        let since = previews_since(earlier, repository_id, push_number.unwrap_or_default());
        let source = NewSavedSource {
            spec,
            repository_id,
            build_on_push: linking.as_ref().map(Linking::linked_by),
            deploy_on_build: automation.deploy_on_build.unwrap_or_default(),
            use_config_file,
            previews: automation.preview_settings(since),
            watch_paths: automation.watch_paths.unwrap_or_default(),
        };
        if let Some(file) = linking.as_ref().and_then(Linking::file) {
            source.check_with_file(file, &github.settings.web)?;
        }
        let status = self.store_source(&name, source, stored, token, linking).await?;
        self.reply(status, name).await
    }

    /// Records the change, and shows the service.
    async fn reply(&self, status: StatusCode, name: ServiceName) -> Result<Reply> {
        let Self { call, store, github, project } = *self;
        let object = format!("/api/v1/projects/{project}/services/{name}");
        audit::record(store, call, &AuditLog::Project(project), "service.save", object).await?;
        let known = find(store, project, &name).await?;
        let web = &github.settings.web;
        let service = load(store, project, name, &known, SourceDetail::Full, web).await?;
        Ok(Reply::json(status, &service))
    }

    /// Stores a source under the place `token`, or under a new one.
    async fn store_source(
        &self,
        name: &ServiceName,
        source: NewSavedSource,
        stored: Option<ServiceRecord>,
        token: Option<u64>,
        linking: Option<Linking>,
    ) -> Result<StatusCode> {
        let Self { store, project, .. } = *self;
        if stored.is_none() {
            services::number(store, project, name).await?;
        }
        let (taken, token) = match token {
            Some(token) => (None, token),
            None => {
                let Place { taken, token } = services::take_place(store, project, name).await?;
                (Some(taken), token)
            }
        };
        if let Some(linking) = &linking {
            linking.store_head(store).await?;
        }
        let is_valid = taken.as_ref().is_none_or(TakenPlace::is_valid)
            && linking.as_ref().is_none_or(Linking::is_valid);
        if !is_valid {
            return Err(Error::too_slow("save a service"));
        }
        let item = match changes_previews(stored.as_ref(), &source) {
            true => {
                let of = PushesOf { project, service: name, pull_request: None };
                Some(previews::add_item(store, of).await?)
            }
            false => None,
        };
        let record = ServiceRecord::with_source(stored, source, token, now());
        services::store_record(store, project, name, &record).await?;
        if let Some(item) = item {
            previews::process_now(store, project, name, item);
        }
        if let Some(linking) = linking {
            linking.settle(store).await?;
        }
        match taken {
            None => Ok(StatusCode::OK),
            Some(taken) => {
                taken.settle(store).await?;
                Ok(StatusCode::CREATED)
            }
        }
    }
}

/// Takes the fields of a request that come from the service's configuration file, if it uses one: two reads then. Each
/// that has another value is an error.
async fn take_fields_of_file(
    store: &Store,
    project: ProjectId,
    stored: Option<&ServiceRecord>,
    fields: &mut Fields,
    web: &Url,
) -> Result<()> {
    let name = stored.and_then(|stored| Some(&stored.source.as_ref()?.spec.service));
    let service = name.and_then(|name| LinkedService::of_record(project, name, stored));
    let Some(service) = service else { return Ok(()) };
    if let Some(file) = file_in_effect(store, &service).await? {
        with_file(&service.source, &file, web).take_fields_of_file(&file, fields);
    }
    Ok(())
}

/// The number from which on records of pull requests count. `number` was taken for this request.
fn previews_since(earlier: Option<&SavedSource>, repository_id: u64, number: u32) -> u32 {
    let earlier = earlier.filter(|earlier| earlier.repository_id == repository_id);
    let previews = earlier.and_then(|earlier| earlier.previews.as_ref());
    previews.map_or(number, |previews| previews.since)
}

/// Checks that the credential may also deploy, because what is built later is deployed.
///
/// # Errors
/// 403.
pub fn require_deploy_scope(call: &Call) -> Result<()> {
    let policy = AccessPolicy::Role(Role::Developer, Scope::Deploy);
    Ok(authorize_credential(call.credential()?, policy)?)
}

/// Whether other previews are to be deployed once this source is saved.
fn changes_previews(stored: Option<&ServiceRecord>, source: &NewSavedSource) -> bool {
    let Some(earlier) = stored.and_then(|stored| stored.source.as_ref()) else { return false };
    let mode = source.previews.as_ref().map_or(PreviewMode::Off, |previews| previews.mode);
    let is_same = mode == earlier.preview_mode() && source.repository_id == earlier.repository_id;
    !is_same && [mode, earlier.preview_mode()].contains(&PreviewMode::Deploy)
}

/// The number of the push from which on pushes count.
///
/// # Errors
/// 422 if pushes can build nothing on this platform.
async fn take_push_number(
    store: &Store,
    github: &GitHub,
    project: ProjectId,
    name: &ServiceName,
) -> Result<u32> {
    check_available(github)?;
    store.increment(&Counter::pushes(project, name)).await
}

const REMOVED: &str = "Somebody has just removed what is saved of this service. Try again.";

/// Checks that a source under this place was not removed while GitHub was asked: then another service may have the
/// place. Returns what is stored now.
///
/// # Errors
/// 409.
async fn check_unremoved(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    place: u64,
) -> Result<ServiceRecord> {
    let stored = store.get(keys::service(project, name)).await?;
    let stored = stored.filter(|stored| stored.source.is_some() && stored.place == place);
    stored.ok_or_else(|| Problem::in_progress(REMOVED).into())
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use super::super::example;
    use nokube_contract::prelude::*;

    fn saves(operation: Operation) -> Operation {
        let operation = operation.problem(ProblemKind::Invalid, "repository_url: is required");
        operation.problem(ProblemKind::InProgress, super::REMOVED).calls_github()
    }

    pub fn put() -> Operation {
        let operation = Operation::new("saveService", "Save what a service is built from")
            .description(
                "Creates or replaces it. You must be able to read the repository. It is kept by its number at \
                 GitHub, so a renamed repository is found again. Nothing is built: \
                 `POST /api/v1/builds` with the project and the service builds what is saved, and \
                 so do later pushes with `build_on_push`. With `deploy_on_build`, `use_config_file` or \
                 `previews: deploy`, a token needs the scope `deploy` too.",
            )
            .json_body::<NewService>(example::source())
            .json_response::<ServiceView>(
                200,
                "The service, of which another source was saved before.",
                example::service_in_full(),
            )
            .json_response::<ServiceView>(
                201,
                "The service, of which no source was saved before.",
                example::service_in_full(),
            )
            .conflict(
                Reason::TooManyServices,
                "The project has 30 saved services, which is the most that this platform allows. Remove \
                 one first.",
            );
        saves(operation)
    }

    pub fn change() -> Operation {
        let operation = Operation::new("changeService", "Change what a service is built from")
            .description(
                "Omitted fields are not changed; `null` stands for the default. If `deploy_on_build`, \
                 `use_config_file` or `previews: deploy` is on afterwards, a token needs the scope `deploy` too.",
            )
            .json_body::<SourceChange>(json!({ "branch": "release" }))
            .json_response::<ServiceView>(200, "The service.", example::service_in_full())
            .not_found("service");
        saves(operation)
    }
}
