//! What is saved to deploy a service with: the records of its configuration and of the names of its secrets. The name
//! of the service is numbered with the first of them, as with its source, so that it is listed, and deleted with its
//! project.

use crate::{image, services::ExistingService, settings::Settings};
use futures::future::try_join;
use nokube_domain::{
    Problem, ProjectId,
    config_file::FileService,
    deployments::{
        FileConfiguration, PlatformLimits, SavedConfiguration, SavedDeployment, SavedSecrets, Spec,
    },
    fields::Fields,
    name::ServiceName,
    projects::Project,
};
use nokube_edge::{
    Call, Result,
    pushes::{self, LinkedService},
    services,
    store::{Store, keys},
};
use serde_json::Value;

#[derive(Default)]
pub struct Saved {
    pub configuration: Option<SavedConfiguration>,
    pub secrets: Option<SavedSecrets>,
    /// What the configuration file of the branch says of the service, if it uses it.
    pub file: Option<FileService>,
}

/// The service whose configuration is wanted.
pub struct ConfigurationOf<'a> {
    pub project: &'a Project,
    pub service: &'a ServiceName,
    pub limits: &'a PlatformLimits,
    /// The configuration of its current release.
    pub current: Option<&'a Spec>,
    /// Whether secrets that the file names must be saved. Previews have other ones.
    pub checks_secrets: bool,
}

impl Saved {
    /// Three concurrent reads; then two, if the service uses the configuration file of its branch.
    pub async fn load(store: &Store, project: ProjectId, service: &ServiceName) -> Result<Self> {
        let saved = Self::load_with(store, project, service, None);
        let (saved, file) = try_join(saved, file_in_effect(store, project, service)).await?;
        Ok(Self { file, ..saved })
    }

    /// As [`Self::load`], with what is known of the file: two concurrent reads.
    pub async fn load_with(
        store: &Store,
        project: ProjectId,
        service: &ServiceName,
        file: Option<FileService>,
    ) -> Result<Self> {
        let (configuration, secrets) = try_join(
            store.get(keys::service_deployment(project, service)),
            store.get(keys::service_secrets(project, service)),
        )
        .await?;
        Ok(Self { configuration, secrets, file })
    }

    /// The saved configuration; that of the file comes before it.
    pub fn saved_spec(&self) -> Option<&Spec> {
        self.configuration.as_ref()?.spec.as_ref()
    }

    /// The configuration in effect: that of the file or else the saved one.
    ///
    /// # Errors
    /// All fields of the file that cannot be deployed, and secrets that it names and that are not saved.
    pub fn spec(&self, of: &ConfigurationOf<'_>) -> std::result::Result<Option<Spec>, Problem> {
        let ConfigurationOf { project, service, limits, current, checks_secrets } = *of;
        let saved = self.saved_spec();
        let Some(file) = &self.file else { return Ok(saved.cloned()) };
        let names = self.secrets.as_ref().map(|secrets| secrets.names.clone()).unwrap_or_default();
        let names = checks_secrets.then_some(&names);
        let configuration = FileConfiguration { project, service, file, saved, current };
        Ok(configuration.read(limits, names)?.or_else(|| saved.cloned()))
    }

    /// Whether the configuration comes from the file.
    pub fn is_from_file(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.deployment.is_some())
    }

    /// The names of its variables.
    pub fn variables(&self) -> Vec<&String> {
        match self.file.as_ref().and_then(|file| file.deployment.as_ref()) {
            Some(fields) => {
                let variables = fields.get("env_vars").and_then(Value::as_object);
                variables.into_iter().flat_map(|variables| variables.keys()).collect()
            }
            None => self.saved_spec().into_iter().flat_map(|spec| spec.variables.keys()).collect(),
        }
    }

    /// The names of its secrets.
    pub fn secret_names(&self) -> impl Iterator<Item = &String> {
        self.secrets.iter().flat_map(|secrets| &secrets.names)
    }

    /// Numbers the name of the service, unless something of it was saved before: one read, or two and two writes.
    ///
    /// # Errors
    /// 409 if too many names were saved in this project.
    pub async fn number(
        &self,
        store: &Store,
        project: ProjectId,
        service: &ServiceName,
        max_services: u32,
    ) -> Result<()> {
        let is_numbered = self.configuration.is_some()
            || self.secrets.is_some()
            || store.get(keys::service(project, service)).await?.is_some();
        match is_numbered {
            true => Ok(()),
            false => services::number(store, project, service, max_services).await,
        }
    }
}

/// What the configuration file of its branch says of a service, if it uses it: one read, and two more then.
async fn file_in_effect(
    store: &Store,
    project: ProjectId,
    service: &ServiceName,
) -> Result<Option<FileService>> {
    match LinkedService::find(store, project, service).await? {
        Some(linked) => pushes::file_in_effect(store, &linked).await,
        None => Ok(None),
    }
}

/// Whether a request to deploy takes what it does not have from what is saved: one that names an image never does, so
/// it means what it always meant.
fn takes_saved(fields: &Fields) -> bool {
    !fields.has("image_name") && !fields.has("build_id")
}

/// Completes a request that names neither an image nor a build with the newest build of its service that has
/// succeeded, and with what is saved of the service. Returns the service if it did: one without a configuration is not
/// completed, because it might then replace what runs by the defaults. `current` is what was deployed of it before.
///
/// # Errors
/// 422 if no build of the service has succeeded, or its configuration file cannot be deployed; or it cannot be found out.
pub async fn complete(
    call: &Call,
    store: &Store,
    settings: &Settings,
    fields: &mut Fields,
    (project, current): (&Project, Option<&ExistingService>),
) -> Result<Option<ServiceName>> {
    if !takes_saved(fields) {
        return Ok(None);
    }
    let Some(service) = fields.peek::<ServiceName>("service_name") else { return Ok(None) };
    let saved = Saved::load(store, project.id, &service).await?;
    let state = current.and_then(ExistingService::state);
    let of = ConfigurationOf {
        project,
        service: &service,
        limits: &settings.limits,
        current: state.map(|state| &state.release.spec),
        checks_secrets: true,
    };
    let Some(configuration) = &saved.spec(&of)? else { return Ok(None) };
    let build = image::newest_build(call, project.id, &service).await?;
    let secrets = saved.secret_names().collect();
    let deployment = SavedDeployment { project, service: &service, configuration, secrets };
    deployment.complete(fields, build);
    Ok(Some(service))
}
