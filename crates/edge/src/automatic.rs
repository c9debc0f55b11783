//! What is stored about the automatic deployment of a service. `deploy` decides from it; `builds` shows it.

use crate::{
    Result,
    pushes::{self, LinkedService},
    reservation::{existing, hashed_name},
    services::deployment_of,
    store::{Store, keys},
};
use nokube_domain::{
    BuildId, ProjectId,
    config_file::FileService,
    deployments::{
        AutomaticDeploymentProblem, AutomaticDeploymentState, AutomaticDeployments,
        DeploymentRecord, Revision, Situation, TargetBuild, automation_state,
    },
    name::ServiceName,
};
use serde::{Deserialize, Serialize};

/// How an automatic deployment ended before there was a revision: the result of its reservation.
#[derive(Serialize, Deserialize)]
pub struct DeploymentAttempt {
    /// Why it was rejected; `None` if it was not.
    pub problem: Option<String>,
}

/// The name of the reservation of an automatic deployment: a build is tried once upon each revision.
pub fn attempt_name(
    project: ProjectId,
    service: &ServiceName,
    build: BuildId,
    based_on: u32,
) -> String {
    hashed_name(&format!("automatic-deployment {project} {service} {build} {based_on}"))
}

/// The build that should be deployed now.
pub struct Target {
    pub service: LinkedService,
    pub build: BuildId,
    /// What the configuration file of the branch says of the service, if it uses it.
    pub file: Option<FileService>,
}

impl Target {
    /// `None` if builds of pushes are not deployed, or nothing is to be built, or the responsible person may not do it
    /// any more. Seven reads; one for a service without automatic deployment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(
        store: &Store,
        project: ProjectId,
        name: &ServiceName,
    ) -> Result<Option<Self>> {
        match LinkedService::find(store, project, name).await? {
            Some(service) => Self::of(store, service).await,
            None => Ok(None),
        }
    }

    /// As [`Self::find`], of what pushes build now. Six reads.
    async fn of(store: &Store, service: LinkedService) -> Result<Option<Self>> {
        if !service.source.deploy_on_build {
            return Ok(None);
        }
        let (problem, newest) =
            futures::join!(pushes::problem(store, &service), pushes::newest(store, &service));
        if problem?.is_some() {
            return Ok(None);
        }
        let newest = newest?.filter(|newest| newest.outcome.is_about_head());
        let file = service.recorded_file(newest.as_ref()).and_then(|file| file.service);
        let Some(target) = newest.and_then(|newest| newest.target) else { return Ok(None) };
        let build = pushes::build_of(store, service.pushes(), &target.key()).await?;
        Ok(build.map(|build| Self { service, build, file }))
    }
}

/// The deployment of a service, as far as automatic deployment depends on it.
pub struct CurrentDeployment {
    pub record: Option<DeploymentRecord>,
    pub newest: Option<Revision>,
    has_run: bool,
    is_own_image: bool,
    is_configured: bool,
}

impl CurrentDeployment {
    /// Seven reads.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(store: &Store, project: ProjectId, name: &ServiceName) -> Result<Self> {
        let (id, configuration) = futures::join!(
            deployment_of(store, project, name),
            store.get(keys::service_deployment(project, name))
        );
        let is_configured = configuration?.is_some_and(|saved| saved.spec.is_some());
        let Some(id) = id? else {
            let (record, newest, has_run, is_own_image) = (None, None, false, false);
            return Ok(Self { record, newest, has_run, is_own_image, is_configured });
        };
        let (record, newest, last) = futures::join!(
            store.deployment_by_id(id),
            store.newest_revision(id),
            store.last_observation(id)
        );
        let (record, newest, last) = (record?, newest?, last?);
        let has_run =
            newest.as_ref().zip(last).is_some_and(|(newest, last)| last.has_run(newest.number));
        let build = newest.as_ref().and_then(|newest| newest.deployed()?.release.image.build);
        let is_own_image = match build {
            Some(build) => is_build_of(store, build, project, name).await?,
            None => false,
        };
        Ok(Self { record, newest, has_run, is_own_image, is_configured })
    }

    /// With what the configuration file of the branch says of the service.
    #[must_use]
    pub fn with_file(self, file: Option<&FileService>) -> Self {
        let has_configuration = file.is_some_and(|file| file.deployment.is_some());
        Self { is_configured: self.is_configured || has_configuration, ..self }
    }

    /// With the build of the target.
    pub fn situation(&self, target: TargetBuild) -> Situation<'_> {
        let Self { newest, has_run, is_own_image, is_configured, .. } = self;
        Situation {
            newest: newest.as_ref(),
            has_run: *has_run,
            is_own_image: *is_own_image,
            is_configured: *is_configured,
            target,
        }
    }

    /// The number of its newest revision; 0 if there is none.
    fn number(&self) -> u32 {
        self.newest.as_ref().map_or(0, |newest| newest.number)
    }
}

/// Whether a build is one of this service, and not of a pull request.
async fn is_build_of(
    store: &Store,
    id: BuildId,
    project: ProjectId,
    name: &ServiceName,
) -> Result<bool> {
    let build = store.build_by_id(id).await?;
    Ok(build.is_some_and(|build| {
        build.id.project == project && build.spec.service == *name && build.pull_request().is_none()
    }))
}

/// What is shown of the automatic deployment of a service that has it. At most 14 reads; two more with a configuration
/// file.
///
/// # Errors
/// The store failed.
pub async fn shown(store: &Store, service: &LinkedService) -> Result<AutomaticDeployments> {
    let LinkedService { project, name, .. } = service;
    let (current, target, file) = futures::join!(
        CurrentDeployment::find(store, *project, name),
        Target::of(store, service.clone()),
        pushes::file_in_effect(store, service)
    );
    let (current, target) = (current?.with_file(file?.as_ref()), target?);
    let newest = current.newest.as_ref();
    let state = automation_state(newest, current.is_own_image, current.is_configured);
    let paused = newest.and_then(Revision::automation_pause);
    let undone = newest.and_then(Revision::undone);
    let problem = match (undone, target) {
        (None, Some(Target { build, .. })) => {
            let attempt = attempt_name(*project, name, build, current.number());
            let attempt: Option<DeploymentAttempt> = existing(store, &attempt).await?;
            let message = attempt.and_then(|attempt| attempt.problem);
            message.map(|message| AutomaticDeploymentProblem { build_id: build, message })
        }
        (undone, _) => undone,
    };
    let paused = paused.filter(|_| state == AutomaticDeploymentState::Paused);
    Ok(AutomaticDeployments { state, paused, problem })
}
