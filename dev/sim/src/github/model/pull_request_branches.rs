//! What pushes mean for pull requests, and what GitHub shows of them.

use jiff::Timestamp;

use super::api_error::ApiError;
use super::pull_requests::{Merged, PullRequestChange, PullRequestView, StoredPullRequest};
use super::repositories::Repository;
use super::{Effect, Model};

impl Model {
    /// What the present branches of a repository mean for open pull requests from and into them.
    pub(super) fn follow_branches(
        &mut self,
        repository: &Repository,
        sender: Option<&str>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let all =
            self.pull_requests.iter().flat_map(|(base, all)| all.iter().map(|it| (*base, it)));
        let concerns = |base: u64, found: &StoredPullRequest| {
            found.is_open() && [base, found.head_repository].contains(&repository.id)
        };
        let concerned: Vec<(u64, StoredPullRequest)> = all
            .filter(|(base, found)| concerns(*base, found))
            .map(|(base, found)| (base, found.clone()))
            .collect();
        let mut effects = Vec::new();
        for (base, found) in concerned {
            let Some(base) = self.repositories.by_id(base) else { continue };
            let sender = sender.unwrap_or(&found.author);
            if let Some(change) = self.follow(&base, &found, sender, now) {
                effects.extend(self.announce(&base, found.number, sender, change));
            }
        }
        effects
    }

    /// The same for one pull request, which is changed.
    fn follow(
        &mut self,
        base: &Repository,
        found: &StoredPullRequest,
        sender: &str,
        now: Timestamp,
    ) -> Option<PullRequestChange> {
        let head_repository = self.repositories.by_id(found.head_repository)?;
        let head = self.pushed_head(&head_repository, &found.head_branch);
        let base_head = self.pushed_head(base, &found.base_branch);
        let (Some(head), Some(base_head)) = (head, base_head) else {
            self.update(base, found.number, |found| {
                (found.closed_at, found.updated_at) = (Some(now), now);
            });
            return Some(PullRequestChange::Closed);
        };
        let is_pushed = head != found.head_sha;
        if is_pushed {
            self.fetch_head(base, &head_repository, found.number, &head);
        }
        let has_nothing_new = self.repositories.git(base).has_ancestor(&base_head, &head);
        self.update(base, found.number, |found| {
            if is_pushed {
                (found.head_sha, found.base_sha) = (head, base_head.clone());
            } else if has_nothing_new {
                found.merged = Some(Merged { by: sender.to_owned(), commit: base_head });
            }
            if has_nothing_new {
                found.closed_at = Some(now);
            }
            if is_pushed || has_nothing_new {
                found.updated_at = now;
            }
        });
        match (is_pushed, has_nothing_new) {
            (_, true) => Some(PullRequestChange::Closed),
            (true, false) => Some(PullRequestChange::Synchronized(found.head_sha.clone())),
            (false, false) => None,
        }
    }

    /// The commit of a branch, without inventing one.
    pub(super) fn pushed_head(&mut self, repository: &Repository, branch: &str) -> Option<String> {
        self.repositories.git(repository).branches().remove(branch)
    }

    /// The base repository has the commits of each pull request, as `refs/pull/N/head`.
    pub(super) fn fetch_head(
        &mut self,
        base: &Repository,
        head: &Repository,
        number: u32,
        sha: &str,
    ) {
        let commits = self.repositories.git(head).history(sha);
        let git = self.repositories.git(base);
        if base.id != head.id {
            git.import(commits);
        }
        git.set_pull_request_head(number, sha);
    }

    pub(super) fn pull_request(
        &self,
        base: &Repository,
        number: u32,
    ) -> Result<&StoredPullRequest, ApiError> {
        let mut all = self.pull_requests.get(&base.id).into_iter().flatten();
        all.find(|found| found.number == number).ok_or_else(ApiError::not_found)
    }

    /// The pull requests of a repository, oldest first.
    pub fn pull_requests(&mut self, base: &Repository) -> Vec<PullRequestView> {
        let all = self.pull_requests.get(&base.id).cloned().unwrap_or_default();
        all.into_iter().map(|found| self.view(base, found)).collect()
    }

    pub fn pull_request_view(
        &mut self,
        base: &Repository,
        number: u32,
    ) -> Result<PullRequestView, ApiError> {
        let found = self.pull_request(base, number)?.clone();
        Ok(self.view(base, found))
    }

    fn view(&mut self, base: &Repository, stored: StoredPullRequest) -> PullRequestView {
        let compared = self.repositories.git(base).compare(&stored.base_sha, &stored.head_sha);
        let author_association = match self.repositories.role(base, &stored.author).as_deref() {
            _ if base.owner.eq_ignore_ascii_case(&stored.author) => "OWNER",
            Some("admin" | "maintain" | "write" | "triage") => "COLLABORATOR",
            _ => "NONE",
        };
        PullRequestView {
            head_repository: self.repositories.by_id(stored.head_repository),
            author_association,
            commits: compared.as_ref().map_or(1, |compared| compared.ahead.len()),
            changed_files: compared.map_or(0, |compared| compared.files.len()),
            stored,
        }
    }
}
