//! Reports to GitHub, at the commits, what became of pushes and pull requests.

use crate::{
    github::{Access, GitHub, ReportResult, ReportToken, create_status},
    reports::{self, Report, Target},
};
use nokube_domain::{
    name::ServiceName,
    projects::Project,
    pushes::{CommitStatusRecord, CommitStatuses, DueStatus, status_context},
    services::LinkedBy,
};
use nokube_edge::{
    Result,
    auth::AuthSettings,
    store::{Key, Store, keys},
};
use nokube_github::api::{NewStatus, RepositoryPath};
use std::fmt::Display;

/// The service whose pushes are reported.
pub struct Reporter<'a> {
    pub store: &'a Store,
    pub github: &'a GitHub,
    pub project: &'a Project,
    pub service: &'a ServiceName,
    /// `None`: the branch of the service.
    pub pull_request: Option<u32>,
    pub repository_id: u64,
    /// Who switched on that pushes build it.
    pub linked_by: &'a LinkedBy,
}

/// Reports the status that is due, if GitHub does not have it. `due` finds out which one it is, again after one was
/// sent. Returns whether nothing is left to be sent. It never fails: a build does not depend on its status.
pub async fn report(to: &Reporter<'_>, due: impl AsyncFn() -> Result<Option<DueStatus>>) -> bool {
    reports::report(to.store, to.github, &StatusReport { to, due }).await
}

/// What is shown about a service's statuses: one read.
///
/// # Errors
/// The store failed.
pub async fn shown(
    store: &Store,
    project: nokube_domain::ProjectId,
    service: &ServiceName,
) -> Result<CommitStatuses> {
    let record = store.get(keys::commit_status(project, service)).await?;
    Ok(CommitStatusRecord::shown(record.as_ref()))
}

struct StatusReport<'a, F> {
    to: &'a Reporter<'a>,
    due: F,
}

impl<F: AsyncFn() -> Result<Option<DueStatus>>> Report for StatusReport<'_, F> {
    type Record = CommitStatusRecord;

    const WHAT: &'static str = "commit statuses";
    const ACCESS: Access = Access::Statuses;

    fn of(&self) -> impl Display {
        format!("{}/{}", self.to.project.id, self.to.service)
    }

    fn key(&self) -> Key<CommitStatusRecord> {
        let (project, service) = (self.to.project.id, self.to.service);
        match self.to.pull_request {
            None => keys::commit_status(project, service),
            Some(number) => keys::preview_commit_status(project, service, number),
        }
    }

    fn is_of_pull_request(&self) -> bool {
        self.to.pull_request.is_some()
    }

    async fn due(&self) -> Result<Option<DueStatus>> {
        (self.due)().await
    }

    fn target(&self, _: &CommitStatusRecord, _: &DueStatus) -> Option<Target<'_>> {
        let Reporter { repository_id, linked_by, .. } = self.to;
        Some(Target { repository: *repository_id, responsible: Some(linked_by) })
    }

    /// A status that arrives twice does no harm.
    async fn is_elected(&self, _: &CommitStatusRecord) -> Result<bool> {
        Ok(true)
    }

    async fn send(
        &self,
        _: &CommitStatusRecord,
        due: &DueStatus,
        token: &ReportToken,
    ) -> Result<ReportResult> {
        let Reporter { github, project, service, repository_id, .. } = self.to;
        let platform = &AuthSettings::load().await?.platform_origin;
        let target_url = match due.build {
            Some(build) => format!("{platform}/builds/{build}"),
            None => format!("{platform}/projects/{}/services/{service}", project.id),
        };
        let context = status_context(&project.name, service);
        let (state, description) = (due.state, due.description.as_ref());
        // A platform that people do not visit may have no address.
        let target_url = (!platform.is_empty()).then_some(target_url.as_str());
        let status = NewStatus { context: &context, state, description, target_url };
        let at = RepositoryPath::Id(*repository_id);
        create_status(github, &at, &due.commit, &status, token).await
    }
}
