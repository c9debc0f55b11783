//! Previews as the API shows them.

use super::{ApprovedCommit, PreviewMode};
use crate::{
    BuildId, DeploymentId, Timestamp,
    builds::{self, BuildView},
    deployments,
    name::Login,
    pushes::{CommitSummary, PushOutcome, PushRecord},
    whole_seconds,
};
use serde::Serialize;
use url::Url;

/// The previews of a service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PreviewList {
    /// Of the newest 50 pull requests that were seen, the newest first.
    pub previews: Vec<PreviewView>,
    /// How many previews there may be at once in all projects of the owner.
    pub limit: u32,
    /// A preview ends after so many days without a push to its pull request.
    pub days: i64,
    /// The installation of the GitHub App has not accepted the permission to read pull requests yet.
    pub waiting_for_approval: bool,
}

/// What is built and deployed for a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Preview))]
pub struct PreviewView {
    /// Its number.
    pub pull_request: u32,
    /// At most 120 characters.
    pub title: String,
    /// The login of who opened it; `null` if the account was deleted.
    pub author: Option<String>,
    pub head_branch: String,
    pub base_branch: String,
    /// The head is in another repository. Then a developer has to approve each commit that is to be built.
    pub is_fork: bool,
    #[cfg_attr(feature = "schema", schema(format = "uri"))]
    pub pull_request_url: String,
    /// The head of the pull request, as last seen. Without a subject and an author, if it may not be built.
    pub commit: Option<CommitSummary>,
    pub state: PreviewState,
    /// Why the head is not built, or why the preview has ended.
    pub problem: Option<PushOutcome>,
    /// The login of who has approved the head; only of forks.
    pub approved_by: Option<Login>,
    /// The newest build of the pull request, perhaps of an earlier commit.
    pub build_id: Option<BuildId>,
    /// While the preview is deployed.
    pub deployment_id: Option<DeploymentId>,
    /// Where the preview is reachable, while it is deployed.
    #[cfg_attr(feature = "schema", schema(format = "uri"))]
    pub url: Option<String>,
    /// When this head was seen first, or the pull request was reopened.
    pub pushed_at: Timestamp,
    /// When the preview ends, unless something is pushed; `null` if it has ended.
    pub ends_at: Option<Timestamp>,
}

/// What has become of a pull request's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum PreviewState {
    /// Its build waits until other builds of the project's owner have ended.
    WaitingForCapacity,
    Building,
    BuildFailed,
    /// Previews are only built, or there is nothing yet that it could be deployed with.
    Built,
    Deploying,
    Running,
    /// The deployment has failed.
    Failed,
    Stopped,
    /// The pull request changes no file that the service is built from.
    NotAffected,
    /// The message of the commit asks for no build, for example with `[skip ci]`.
    Skipped,
    /// It is not built now; `problem` says why. What was deployed before stays.
    Waiting,
    /// `problem` says why.
    Ended,
}

/// What is known of a preview.
pub struct PreviewInput<'a> {
    /// The newest record of the pull request.
    pub record: &'a PushRecord,
    pub mode: PreviewMode,
    /// The build of the record's target.
    pub build: Option<&'a BuildView>,
    pub approved: Option<&'a ApprovedCommit>,
    /// The preview's deployment, unless it is deleted.
    pub deployment: Option<PreviewDeployment>,
    /// The base URL of GitHub's web pages.
    pub web: &'a Url,
    /// `OWNER/NAME` of the service's repository.
    pub repository: &'a str,
    /// Days after which a preview ends without a push.
    pub days: i64,
}

/// The deployment of a preview, as last observed.
#[derive(Clone, Debug)]
pub struct PreviewDeployment {
    pub id: DeploymentId,
    /// The build that it runs or is to run.
    pub build: Option<BuildId>,
    pub is_stopped: bool,
    /// `None` if it was not observed since it was deployed.
    pub status: Option<deployments::Status>,
    pub url: Option<String>,
}

impl PreviewView {
    /// `None` if the record is not about a pull request.
    pub fn new(input: PreviewInput<'_>) -> Option<Self> {
        let state = input.state();
        let PreviewInput { record, build, approved, deployment, web, repository, days, .. } = input;
        let summary = record.pull_request.as_ref()?;
        let outcome = record.outcome;
        let known = record.head.clone().filter(|head| head.sha == summary.head);
        let approved = approved.filter(|it| summary.is_fork && it.commit == summary.head);
        let web = web.as_str().trim_end_matches('/');
        Some(Self {
            pull_request: summary.number,
            title: summary.title.clone(),
            author: summary.author.clone(),
            head_branch: summary.head_branch.clone(),
            base_branch: summary.base_branch.clone(),
            is_fork: summary.is_fork,
            pull_request_url: format!("{web}/{repository}/pull/{}", summary.number),
            commit: known.or_else(|| Some(CommitSummary::new(summary.head.clone(), "", None))),
            state,
            problem: Some(outcome).filter(|outcome| outcome.is_problem()),
            approved_by: approved.map(|approved| approved.by.clone()),
            build_id: build.map(|build| build.build_id),
            deployment_id: deployment.as_ref().map(|deployment| deployment.id),
            url: deployment.and_then(|deployment| deployment.url),
            pushed_at: whole_seconds(summary.head_since),
            ends_at: (!outcome.ends_preview()).then(|| whole_seconds(summary.ends_at(days))),
        })
    }
}

impl PreviewInput<'_> {
    fn state(&self) -> PreviewState {
        let record = self.record;
        let head = record.head.as_ref().map(|head| &head.sha);
        match (record.outcome, &record.target) {
            (outcome, _) if outcome.ends_preview() => PreviewState::Ended,
            (outcome, _) if outcome.is_problem() => PreviewState::Waiting,
            (PushOutcome::NotAffected, _) => PreviewState::NotAffected,
            (PushOutcome::Skipped, _) => PreviewState::Skipped,
            // An affected or a skipped head would have a target, or be reported as such.
            (_, None) => PreviewState::NotAffected,
            (_, Some(target)) if Some(&target.commit.sha) != head => PreviewState::Skipped,
            (_, Some(_)) => self.state_of_build(),
        }
    }

    fn state_of_build(&self) -> PreviewState {
        let Some(build) = self.build else { return PreviewState::Building };
        match build.status {
            _ if build.waiting_for_capacity => PreviewState::WaitingForCapacity,
            builds::Status::Pending | builds::Status::Building => PreviewState::Building,
            builds::Status::Failed | builds::Status::Cancelled => PreviewState::BuildFailed,
            builds::Status::Success if self.mode != PreviewMode::Deploy => PreviewState::Built,
            builds::Status::Success => match &self.deployment {
                None => PreviewState::Built,
                Some(deployment) => deployment.state(build.build_id),
            },
        }
    }
}

impl PreviewDeployment {
    /// What has become of a build that is to be deployed.
    fn state(&self, build: BuildId) -> PreviewState {
        match self.status {
            _ if self.is_stopped => PreviewState::Stopped,
            // An earlier build still runs.
            _ if self.build != Some(build) => PreviewState::Deploying,
            None | Some(deployments::Status::Pending | deployments::Status::Deploying) => {
                PreviewState::Deploying
            }
            Some(deployments::Status::Running | deployments::Status::Degraded) => {
                PreviewState::Running
            }
            Some(deployments::Status::Failed) => PreviewState::Failed,
            Some(deployments::Status::Stopped) => PreviewState::Stopped,
        }
    }
}
