//! The release of another deployment is deployed for a service (ADR 41). Who asks for it must be a developer there too.

use crate::{
    deployment::Deployment,
    image,
    saved::{ConfigurationOf, Saved},
    services::ExistingService,
    settings::Settings,
};
use nokube_domain::{
    DeploymentId, Problem, ProblemKind,
    deployments::{
        DeployedState, PromotedFrom, Promotion, Release, ResolvedImage, check_promotable,
    },
    fields::Fields,
    name::ServiceName,
    projects::Project,
};
use nokube_edge::{
    Call, Error, Result,
    store::{Store, keys},
};

/// A deployment whose release is promoted.
pub struct Source {
    deployment: Deployment,
    pub release: Release,
}

impl Source {
    /// The deployment that `release_of` names; `None` without that field. Eight reads; one for a caller who is no developer
    /// of its project, whether it exists or not.
    ///
    /// # Errors
    /// 404 if it does not exist, is deleted, or the caller is no developer of its project: the response is the same.
    pub async fn load(call: &Call, store: &Store, fields: &Fields) -> Result<Option<Self>> {
        let Some(id) = fields.peek::<DeploymentId>("release_of") else { return Ok(None) };
        let members = store.get(keys::members(id.project)).await?;
        let deployment = match call.require_role(members.as_ref(), "deployment") {
            Ok(_) => Deployment::find(store, id).await?,
            Err(Error::Problem(_)) => None,
            Err(error) => return Err(error),
        };
        let found = deployment.and_then(|deployment| {
            let release = deployment.revision.deployed()?.release.clone();
            Some(Self { deployment, release })
        });
        let detail =
            "release_of: there is no such deployment in a project in which you are a developer.";
        let not_found = || Problem::new(ProblemKind::NotFound, detail);
        Ok(Some(found.ok_or_else(not_found)?))
    }

    pub fn promoted_from(&self) -> PromotedFrom {
        PromotedFrom {
            project_id: self.deployment.project.id,
            deployment_id: self.deployment.id(),
            revision: self.release.number,
        }
    }

    /// Completes a request with the release, and with what the service has of its own: three reads. What prevents the
    /// promotion becomes an error of `fields`. Returns the service if it has saved secrets.
    ///
    /// # Errors
    /// The store failed.
    pub async fn complete(
        &self,
        store: &Store,
        settings: &Settings,
        fields: &mut Fields,
        (project, service): (&Project, Option<&ExistingService>),
    ) -> Result<Option<ServiceName>> {
        let Self { deployment, release } = self;
        let Deployment { record, revision, outcome, .. } = deployment;
        if let Err(detail) = check_promotable(record, revision, outcome.as_ref()) {
            fields.add_error("release_of", detail);
        }
        if !release.image.is_built_here() {
            check_external(store, settings, fields, &release.image, project).await?;
        }
        let Some(name) = fields.peek::<ServiceName>("service_name") else { return Ok(None) };
        let saved = Saved::load(store, project.id, &name).await?;
        let state = service.and_then(ExistingService::state);
        let own = match state {
            Some(state) => Some(state.release.spec.clone()),
            None => saved.spec(&ConfigurationOf {
                project,
                service: &name,
                limits: &settings.limits,
                current: None,
                checks_secrets: true,
            })?,
        };
        let own = own.as_ref();
        let has_saved = saved.secret_names().next().is_some();
        let secrets = match has_saved {
            true => saved.secret_names().collect(),
            false => state.into_iter().flat_map(secret_names).collect(),
        };
        Promotion { release, project, service: &name, own, secrets }.complete(fields);
        Ok(has_saved.then_some(name))
    }
}

fn secret_names(state: &DeployedState) -> &[String] {
    &state.release.secrets
}

/// An image from elsewhere must be one that the project could name itself.
async fn check_external(
    store: &Store,
    settings: &Settings,
    fields: &mut Fields,
    image: &ResolvedImage,
    project: &Project,
) -> Result<()> {
    match image::origin(store, settings, &image.name, project).await {
        Err(Error::Problem(problem)) => {
            for error in problem.errors {
                let detail = format!("has the image {}, which {}", image.name, error.detail);
                fields.add_error("release_of", detail);
            }
            Ok(())
        }
        checked => checked.map(|_| ()),
    }
}
