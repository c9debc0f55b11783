//! What happens to pull requests in the simulated GitHub, and the GitHub Deployments that it has.
//!
//! As in `simulated_repositories`, each function sends the webhooks that GitHub would send, and one with something that
//! does not exist does nothing.

use super::model::deployments::Deployment;
use super::model::git::Commit;
use super::model::pull_requests::PullRequest;
use super::simulated_github::SimulatedGitHub;

/// A GitHub Deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimDeployment {
    pub id: u64,
    pub environment: String,
    pub sha: String,
    /// Oldest first.
    pub states: Vec<String>,
    /// Of the newest status that has one.
    pub environment_url: Option<String>,
    pub log_url: Option<String>,
    pub description: Option<String>,
    pub transient: bool,
    pub production: bool,
}

impl SimDeployment {
    fn new(deployment: &Deployment) -> Self {
        let newest = deployment.statuses.iter().rev();
        Self {
            id: deployment.id,
            environment: deployment.environment.clone(),
            sha: deployment.sha.clone(),
            states: deployment.statuses.iter().map(|status| status.state.clone()).collect(),
            environment_url: newest.clone().find_map(|status| status.environment_url.clone()),
            log_url: newest.clone().find_map(|status| status.log_url.clone()),
            description: deployment.description.clone(),
            transient: deployment.is_transient,
            production: deployment.is_production,
        }
    }
}

impl SimulatedGitHub {
    /// Opens a pull request. Returns its number, or 0 if GitHub would refuse it.
    pub fn open_pull_request(&self, repository: &str, new: PullRequest) -> u32 {
        let opened =
            self.state.try_change_to(|model, now| model.open_pull_request(repository, new, now));
        opened.unwrap_or_default()
    }

    /// Pushes a commit to a pull request's branch. Returns its SHA.
    pub fn push_to_pull_request(&self, repository: &str, number: u32, commit: Commit) -> String {
        self.pushed(|model, now| model.push_to_pull_request(repository, number, commit, false, now))
    }

    /// Replaces the commits of a pull request's branch.
    pub fn force_push_to_pull_request(
        &self,
        repository: &str,
        number: u32,
        commit: Commit,
    ) -> String {
        self.pushed(|model, now| model.push_to_pull_request(repository, number, commit, true, now))
    }

    /// The head of a pull request.
    pub fn pull_request_head(&self, repository: &str, number: u32) -> Option<String> {
        let mut model = self.state.model();
        let found = model.repositories.find(repository).ok()?;
        Some(model.pull_request_view(&found, number).ok()?.stored.head_sha)
    }

    pub fn set_draft(&self, repository: &str, number: u32, draft: bool) {
        self.changed(|model, now| model.set_draft(repository, number, draft, now));
    }

    pub fn set_pull_request_title(&self, repository: &str, number: u32, title: &str) {
        self.changed(|model, now| model.set_title(repository, number, title, now));
    }

    /// Chooses another base branch.
    pub fn retarget(&self, repository: &str, number: u32, base: &str) {
        self.changed(|model, now| model.retarget(repository, number, base, now));
    }

    pub fn close_pull_request(&self, repository: &str, number: u32) {
        self.changed(|model, now| model.close_pull_request(repository, number, now));
    }

    pub fn reopen_pull_request(&self, repository: &str, number: u32) {
        self.changed(|model, now| model.reopen_pull_request(repository, number, now));
    }

    /// Merges a pull request as the repository's owner. Returns the merge commit.
    pub fn merge_pull_request(&self, repository: &str, number: u32) -> String {
        let owner = repository.split('/').next().unwrap_or_default();
        self.pushed(|model, now| model.merge_pull_request(repository, number, owner, now))
    }

    /// Deletes the fork of a pull request, which stays open without a head repository.
    pub fn delete_fork(&self, repository: &str, number: u32) {
        self.changed(|model, _| model.delete_fork(repository, number));
    }

    /// The GitHub Deployments of a repository, oldest first.
    pub fn deployments(&self, repository: &str) -> Vec<SimDeployment> {
        let mut model = self.state.model();
        match model.repositories.find(repository) {
            Ok(found) => {
                model.deployments.of_repository(found.id).iter().map(SimDeployment::new).collect()
            }
            Err(_) => Vec::new(),
        }
    }
}
