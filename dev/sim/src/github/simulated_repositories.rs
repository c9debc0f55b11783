//! What happens to repositories, branches and installations in the simulated GitHub.
//!
//! Each function sends the webhooks that GitHub would send, if the App is subscribed to them. One with a repository
//! or a commit that does not exist does nothing; an SHA that it returns is empty then.

use super::model::git::{Commit, GitRef};
use super::model::installations::AppVersion;
use super::model::pushes::{Parent, Pushed};
use super::model::repositories::RepositorySettings;
use super::model::statuses::CommitStatus;
use super::model::{Effect, Model};
use super::simulated_github::SimulatedGitHub;

/// Who merges the pull requests of a merge queue.
const MERGE_QUEUE: &str = "github-merge-queue[bot]";

impl SimulatedGitHub {
    pub(super) fn pushed(
        &self,
        change: impl FnOnce(&mut Model, jiff::Timestamp) -> Pushed,
    ) -> String {
        self.state.try_change_to(change).unwrap_or_default()
    }

    pub(super) fn changed<E>(
        &self,
        change: impl FnOnce(&mut Model, jiff::Timestamp) -> Result<Vec<Effect>, E>,
    ) {
        self.state.change(|model, now| ((), change(model, now).unwrap_or_default()));
    }

    // Branches and tags.

    /// Pushes a commit of the repository's owner to a branch, which is created if there is none. Returns its SHA.
    pub fn push(&self, repository: &str, branch: &str, commit: Commit) -> String {
        self.push_all(repository, branch, vec![commit], None)
    }

    /// Pushes commits, oldest first, as this sender: a login, which ends with `[bot]` if it is an App's.
    pub fn push_all(
        &self,
        repository: &str,
        branch: &str,
        commits: Vec<Commit>,
        sender: Option<&str>,
    ) -> String {
        self.pushed(|model, now| model.push(repository, branch, Parent::Head, commits, sender, now))
    }

    /// Force-pushes a commit on top of another one, or on top of nothing: without a common ancestor.
    pub fn force_push(
        &self,
        repository: &str,
        branch: &str,
        parent: Option<&str>,
        commit: Commit,
    ) -> String {
        let parent = parent.map_or(Parent::None, |sha| Parent::Commit(sha.to_owned()));
        self.pushed(|model, now| model.push(repository, branch, parent, vec![commit], None, now))
    }

    /// Lets a branch point to a commit that exists, such as an older one (a force push) or another branch's.
    pub fn reset_branch(&self, repository: &str, branch: &str, reference: &str) -> String {
        let branch = GitRef::Branch(branch.to_owned());
        self.pushed(|model, now| model.set_ref(repository, branch, reference, None, now))
    }

    /// Creates a branch from another branch or a commit.
    pub fn create_branch(&self, repository: &str, branch: &str, from: &str) -> String {
        self.reset_branch(repository, branch, from)
    }

    pub fn delete_branch(&self, repository: &str, branch: &str) {
        let branch = GitRef::Branch(branch.to_owned());
        self.changed(|model, now| model.delete_ref(repository, branch, None, now));
    }

    pub fn rename_branch(&self, repository: &str, old: &str, new: &str) {
        self.changed(|model, now| model.rename_branch(repository, old, new, now));
    }

    /// Tags a commit, or the head of a branch.
    pub fn push_tag(&self, repository: &str, tag: &str, reference: &str) -> String {
        let tag = GitRef::Tag(tag.to_owned());
        self.pushed(|model, now| model.set_ref(repository, tag, reference, None, now))
    }

    /// Pushes the branch on which GitHub tests a pull request before it merges it. Returns its name and its SHA.
    pub fn push_to_merge_queue(
        &self,
        repository: &str,
        base: &str,
        pull_request: u32,
        commit: Commit,
    ) -> (String, String) {
        let base_sha = self.head(repository, base).unwrap_or_default();
        let branch = format!("gh-readonly-queue/{base}/pr-{pull_request}-{base_sha}");
        let parent = Parent::Commit(base_sha);
        let sha = self.pushed(|model, now| {
            model.push(repository, &branch, parent, vec![commit], Some(MERGE_QUEUE), now)
        });
        (branch, sha)
    }

    /// The commit that a branch points to.
    pub fn head(&self, repository: &str, branch: &str) -> Option<String> {
        let mut model = self.state.model();
        model.repositories.find_git(repository).ok()?.1.head(branch)
    }

    /// Removes a commit, as GitHub does some time after a force push: comparisons with it are 404 then.
    pub fn remove_commit(&self, repository: &str, sha: &str) {
        if let Ok((_, git)) = self.state.model().repositories.find_git(repository) {
            git.remove_commit(sha);
        }
    }

    // Repositories.

    pub fn set_default_branch(&self, repository: &str, branch: &str) {
        self.changed(|model, _| model.set_default_branch(repository, branch));
    }

    /// Renames a repository, or transfers it to another account. GitHub redirects from its old name.
    pub fn rename_repository(&self, old: &str, new: &str) {
        self.changed(|model, _| model.rename_repository(old, new));
    }

    /// `false` makes it writable again.
    pub fn archive_repository(&self, repository: &str, archived: bool) {
        self.changed(|model, _| model.archive_repository(repository, archived));
    }

    /// Makes a repository private or public.
    pub fn set_private(&self, repository: &str, private: bool) {
        self.changed(|model, _| model.set_visibility(repository, private));
    }

    pub fn delete_repository(&self, repository: &str) {
        self.changed(|model, _| model.delete_repository(repository));
    }

    /// The repository's id.
    pub fn repository_id(&self, repository: &str) -> Option<u64> {
        Some(self.state.model().repositories.find(repository).ok()?.id)
    }

    // Commit statuses.

    /// The statuses of a repository, oldest first.
    pub fn statuses(&self, repository: &str) -> Vec<CommitStatus> {
        let mut model = self.state.model();
        match model.repositories.find(repository) {
            Ok(repository) => model.statuses.of_repository(repository.id),
            Err(_) => Vec::new(),
        }
    }

    /// Whether GitHub's limits of 80 statuses a minute and 500 an hour apply to each installation.
    pub fn limit_statuses(&self, limited: bool) {
        self.state.model().statuses.limited = limited;
    }

    // The App and its installations.

    /// Changes the App's permissions and events. Installations without an own version have them at once.
    pub fn set_app(&self, version: AppVersion) {
        self.state.model().installations.app = version;
    }

    /// What the account's installation has accepted of the App's permissions and events.
    pub fn set_installation(&self, account: &str, accepted: AppVersion) {
        self.state.model().installations.set_version(account, Some(accepted));
    }

    /// The account's owner accepts what the App has now.
    pub fn accept_permissions(&self, account: &str) {
        self.state.change(|model, _| ((), model.accept_permissions(account)));
    }

    /// Installs the App on all repositories of an account.
    pub fn install_app(&self, account: &str) {
        self.state.change(|model, _| ((), model.set_installed(account, true)));
    }

    pub fn uninstall_app(&self, account: &str) {
        self.state.change(|model, _| ((), model.set_installed(account, false)));
    }

    /// Adds a repository to those of the installation, or removes it.
    pub fn set_app_installed(&self, repository: &str, installed: bool) {
        self.changed(|model, _| {
            let settings =
                RepositorySettings { app_installed: Some(installed), ..Default::default() };
            model.repositories.set(repository, settings);
            let found = model.repositories.find(repository)?;
            Ok::<_, super::model::api_error::ApiError>(model.set_covered(&found, installed))
        });
    }

    pub fn suspend_installation(&self, account: &str, suspended: bool) {
        self.state.change(|model, _| ((), model.set_suspended(account, suspended)));
    }
}
