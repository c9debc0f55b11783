//! Reports to GitHub, at the commits, where they are deployed and what has become of them there: of services and of
//! previews. The component `deploy` asks for it when it has done something; what GitHub should have is read from the
//! store.

use crate::{
    github::{
        Access, GitHub, ReportResult, ReportToken, create_deployment, find_deployment,
        report_deployment_state,
    },
    reports::{self, Report, Target},
};
use nokube_domain::{
    DeploymentId, ProjectId,
    deployments::{DeploymentRecord, Revision},
    github_deployments::{
        Action, DeploymentState, Environment, GitHubDeploymentRecord, ReportedRelease, Send,
        WantedDeployment, is_reportable,
    },
    pushes::CommitStatuses,
};
use nokube_edge::{
    Result,
    auth::AuthSettings,
    pushes::LinkedService,
    store::{Key, Store, WindowName, keys},
};
use nokube_github::api::{NewDeployment, NewDeploymentStatus, RepositoryPath};
use std::fmt::Display;

/// Reports what has become of a deployment, if GitHub does not have it. Returns whether nothing is left to be sent. May
/// be repeated, by several requests at once. Six reads if there is nothing to report; up to nine more otherwise, and those
/// of [`reports::report`].
///
/// # Errors
/// The store failed.
pub async fn report_deployment(store: &Store, github: &GitHub, id: DeploymentId) -> Result<bool> {
    let (deployment, revision, reported) = futures::join!(
        store.deployment_by_id(id),
        store.newest_revision(id),
        store.get(keys::github_deployment(id))
    );
    let (Some(deployment), Some(revision)) = (deployment?, revision?) else { return Ok(true) };
    let is_of_build = revision.deployed().is_some_and(|it| it.release.image.build.is_some());
    if reported?.is_none() && !is_of_build {
        return Ok(true);
    }
    let report = DeploymentReport::load(store, github, &deployment).await?;
    Ok(reports::report(store, github, &report).await)
}

/// What is shown about a service's GitHub Deployments: at most one read.
///
/// # Errors
/// The store failed.
pub async fn shown(store: &Store, deployment: Option<DeploymentId>) -> Result<CommitStatuses> {
    let Some(id) = deployment else { return Ok(CommitStatuses::Unknown) };
    let record = store.get(keys::github_deployment(id)).await?;
    Ok(GitHubDeploymentRecord::shown(record.as_ref()))
}

struct DeploymentReport<'a> {
    store: &'a Store,
    github: &'a GitHub,
    id: DeploymentId,
    /// `None` if the project was deleted. Then only what GitHub shows is ended.
    environment: Option<Environment>,
    /// `None` if pushes do not build it. As above.
    service: Option<LinkedService>,
}

impl<'a> DeploymentReport<'a> {
    /// Two concurrent reads.
    async fn load(
        store: &'a Store,
        github: &'a GitHub,
        deployment: &DeploymentRecord,
    ) -> Result<Self> {
        let DeploymentRecord { id, service, preview, .. } = deployment;
        let name = preview.as_ref().map_or(service, |preview| &preview.service);
        let project: ProjectId = id.project;
        let (project, service) = futures::join!(
            store.get(keys::project(project)),
            LinkedService::find(store, project, name)
        );
        let environment = project?.map(|project| match preview {
            None => Environment::of_service(&project.name, name),
            Some(preview) => Environment::of_preview(&project.name, name, preview.pull_request),
        });
        Ok(Self { store, github, id: *id, environment, service: service? })
    }

    /// What a revision runs, if GitHub is to show it: at most one read.
    async fn release(&self, revision: &Revision) -> Result<Option<ReportedRelease>> {
        let Some(service) = self.service.as_ref().filter(|_| self.environment.is_some()) else {
            return Ok(None);
        };
        let Some(release) = revision.deployed().map(|deployed| &deployed.release) else {
            return Ok(None);
        };
        let Some(build) = release.image.build else { return Ok(None) };
        let repository_id = service.source.repository_id;
        let build = self.store.build_by_id(build).await?;
        let build =
            build.filter(|build| is_reportable(build, repository_id, &service.linked.person));
        Ok(build.map(|build| ReportedRelease {
            number: release.number,
            build: build.id,
            commit: build.commit,
            repository_id,
        }))
    }

    async fn create(
        &self,
        send: &Send,
        at: &RepositoryPath,
        token: &ReportToken,
    ) -> Result<ReportResult> {
        let Some(environment) = &self.environment else { return Ok(ReportResult::Refused) };
        let description = send.description(self.id);
        let deployment =
            NewDeployment { commit: &send.release.commit, environment, description: &description };
        if send.action != Action::Create {
            let found = find_deployment(self.github, at, &deployment, token).await?;
            if found.is_some() || send.action == Action::Find {
                return Ok(ReportResult::Accepted(found));
            }
        }
        create_deployment(self.github, at, &deployment, token).await
    }

    async fn report_state(
        &self,
        (deployment, state): (u64, DeploymentState),
        url: Option<&str>,
        at: &RepositoryPath,
        token: &ReportToken,
    ) -> Result<ReportResult> {
        let platform = &AuthSettings::load().await?.platform_origin;
        let page = format!("{platform}/deployments/{}", self.id);
        let status = NewDeploymentStatus {
            state,
            description: state.description(),
            environment_url: url.filter(|_| state == DeploymentState::Success),
            // A platform that people do not visit may have no address.
            log_url: (!platform.is_empty()).then_some(page.as_str()),
        };
        report_deployment_state(self.github, at, deployment, &status, token).await
    }
}

impl Report for DeploymentReport<'_> {
    type Record = GitHubDeploymentRecord;

    const WHAT: &'static str = "GitHub Deployments";
    const ACCESS: Access = Access::Deployments;

    fn of(&self) -> impl Display {
        self.id
    }

    fn key(&self) -> Key<GitHubDeploymentRecord> {
        keys::github_deployment(self.id)
    }

    async fn due(&self) -> Result<Option<WantedDeployment>> {
        let (revision, outcome, last) = futures::join!(
            self.store.newest_revision(self.id),
            self.store.outcome(self.id),
            self.store.last_observation(self.id)
        );
        let (Some(revision), outcome, last) = (revision?, outcome?, last?) else {
            return Ok(None);
        };
        let release = self.release(&revision).await?;
        Ok(Some(WantedDeployment::new(&revision, outcome.as_ref(), last.as_ref(), release)))
    }

    fn target(
        &self,
        record: &GitHubDeploymentRecord,
        wanted: &WantedDeployment,
    ) -> Option<Target<'_>> {
        let send = record.next(wanted)?;
        let linked = self.service.as_ref().map(|service| &service.linked);
        Some(Target {
            repository: send.release.repository_id,
            responsible: linked.filter(|_| send.needs_permission()),
        })
    }

    /// GitHub would create the same deployment twice.
    async fn is_elected(&self, record: &GitHubDeploymentRecord) -> Result<bool> {
        let name = WindowName::github_deployment(self.id);
        self.store.is_first(&name, record.begun_at()).await
    }

    async fn send(
        &self,
        record: &GitHubDeploymentRecord,
        wanted: &WantedDeployment,
        token: &ReportToken,
    ) -> Result<ReportResult> {
        let Some(send) = record.next(wanted) else { return Ok(ReportResult::Failed) };
        let at = RepositoryPath::Id(send.release.repository_id);
        match send.action {
            Action::Create | Action::FindOrCreate | Action::Find => {
                self.create(&send, &at, token).await
            }
            Action::Report(deployment, state) => {
                self.report_state((deployment, state), wanted.url.as_deref(), &at, token).await
            }
        }
    }
}
