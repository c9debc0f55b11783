//! What should be deployed for a pull request, as stored now.

use crate::deployment::Deployment;
use nokube_domain::{
    ProjectId,
    builds::BuildView,
    deployments::TargetBuild,
    previews::{PreviewGoal, PreviewMode, PreviewOf, PreviewSettings, preview_goal},
};
use nokube_edge::{
    Result,
    builds::summary,
    pushes::{self, LinkedService},
    store::Store,
};

/// What should be deployed.
pub enum Goal {
    /// Nothing: the preview has ended.
    Nothing,
    /// What is deployed now, be it nothing.
    Unchanged,
    /// The build of the newest target, which may not have an image yet.
    Build(Box<GoalBuild>),
}

pub struct GoalBuild {
    pub of: PreviewOf,
    /// With the pull request.
    pub service: LinkedService,
    pub settings: PreviewSettings,
    pub build: BuildView,
}

impl Goal {
    /// At most nine reads; one for a service without previews.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(store: &Store, project: ProjectId, of: &PreviewOf) -> Result<Self> {
        let service = LinkedService::find(store, project, &of.service).await?;
        let with_settings = service.and_then(|service| {
            let settings = service.source.previews.clone()?;
            (settings.mode == PreviewMode::Deploy)
                .then(|| (service.with_pull_request(of.pull_request), settings))
        });
        let Some((service, settings)) = with_settings else { return Ok(Self::Nothing) };
        let (problem, newest) =
            futures::join!(pushes::problem(store, &service), pushes::newest(store, &service));
        let (is_allowed, newest) = (problem?.is_none(), newest?);
        let target = match preview_goal(settings.mode, newest.as_ref(), is_allowed) {
            PreviewGoal::Nothing => return Ok(Self::Nothing),
            PreviewGoal::Unchanged => return Ok(Self::Unchanged),
            PreviewGoal::Target(target) => target,
        };
        let build = pushes::build_of(store, service.pushes(), &target.key()).await?;
        let build = match build {
            Some(build) => summary(store, build).await?,
            None => None,
        };
        Ok(match build {
            Some(build) => {
                Self::Build(Box::new(GoalBuild { of: of.clone(), service, settings, build }))
            }
            None => Self::Unchanged,
        })
    }
}

/// Whether the build of an automatic revision of a preview still is the one to deploy: until a later one has an image. As
/// many reads as for [`Goal::find`].
///
/// # Errors
/// The store failed.
pub async fn is_wanted(store: &Store, deployment: &Deployment, of: &PreviewOf) -> Result<bool> {
    let build = deployment.revision.automatic.as_ref().map(|automatic| automatic.build);
    Ok(match Goal::find(store, deployment.id().project, of).await? {
        Goal::Build(goal) => {
            TargetBuild::new(&goal.build) == TargetBuild::NoImage
                || build == Some(goal.build.build_id)
        }
        Goal::Nothing | Goal::Unchanged => false,
    })
}
