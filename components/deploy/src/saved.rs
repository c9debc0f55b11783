//! What is saved to deploy a service with: the records of its configuration and of the names of its secrets. The name
//! of the service is numbered with the first of them, as with its source, so that it is listed, and deleted with its
//! project.

use crate::image;
use futures::future::try_join;
use nokube_domain::{
    ProjectId,
    deployments::{SavedConfiguration, SavedDeployment, SavedSecrets, Spec},
    fields::Fields,
    name::ServiceName,
    projects::Project,
};
use nokube_edge::{
    Call, Result, services,
    store::{Store, keys},
};

#[derive(Default)]
pub struct Saved {
    pub configuration: Option<SavedConfiguration>,
    pub secrets: Option<SavedSecrets>,
}

impl Saved {
    /// Two concurrent reads.
    pub async fn load(store: &Store, project: ProjectId, service: &ServiceName) -> Result<Self> {
        let (configuration, secrets) = try_join(
            store.get(keys::service_deployment(project, service)),
            store.get(keys::service_secrets(project, service)),
        )
        .await?;
        Ok(Self { configuration, secrets })
    }

    pub fn spec(&self) -> Option<&Spec> {
        self.configuration.as_ref()?.spec.as_ref()
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &String> {
        self.spec().into_iter().flat_map(|spec| spec.variables.keys())
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

/// Whether a request to deploy takes what it does not have from what is saved: one that names an image never does, so
/// it means what it always meant.
fn takes_saved(fields: &Fields) -> bool {
    !fields.has("image_name") && !fields.has("build_id")
}

/// Completes a request that names neither an image nor a build with the newest build of its service that has
/// succeeded, and with what is saved of the service. Returns the service if it did: one without a saved configuration
/// is not completed, because it might then replace what runs by the defaults.
///
/// # Errors
/// 422 if no build of the service has succeeded; or it cannot be found out.
pub async fn complete(
    call: &Call,
    store: &Store,
    fields: &mut Fields,
    project: &Project,
) -> Result<Option<ServiceName>> {
    if !takes_saved(fields) {
        return Ok(None);
    }
    let Some(service) = fields.peek::<ServiceName>("service_name") else { return Ok(None) };
    let saved = Saved::load(store, project.id, &service).await?;
    let Some(configuration) = saved.spec() else { return Ok(None) };
    let build = image::newest_build(call, project.id, &service).await?;
    let secrets = saved.secret_names().collect();
    let deployment = SavedDeployment { project, service: &service, configuration, secrets };
    deployment.complete(fields, build);
    Ok(Some(service))
}
