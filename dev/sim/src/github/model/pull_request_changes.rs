//! Changes of pull requests by people. `pull_request_branches` has those by pushes to their branches.

use jiff::Timestamp;

use super::api_error::ApiError;
use super::events::RepositoryChange;
use super::git::{Commit, GitRef};
use super::pull_requests::{PullRequest, PullRequestChange, StoredPullRequest};
use super::pushes::{Parent, Pushed, event};
use super::repositories::Repository;
use super::{Effect, Model};

type Changed = Result<Vec<Effect>, ApiError>;

impl Model {
    /// Opens a pull request. Returns its number.
    pub fn open_pull_request(
        &mut self,
        repository: &str,
        new: PullRequest,
        now: Timestamp,
    ) -> Result<(u32, Vec<Effect>), ApiError> {
        let base = self.repositories.find(repository)?;
        let head = match &new.fork {
            Some(owner) => self.repositories.fork(&base, owner)?,
            None => base.clone(),
        };
        let base_branch = new.base.clone().unwrap_or_else(|| base.default_branch.clone());
        let base_sha = self.repositories.git(&base).head(&base_branch);
        let base_sha = base_sha.ok_or_else(|| invalid("base is invalid"))?;
        let author = new.author.clone().unwrap_or_else(|| head.owner.clone());
        let (head_sha, mut effects) = self.push_head(&head, &base_sha, &new, &author, now)?;
        let is_known = self.repositories.git(&base).has_ancestor(&base_sha, &head_sha);
        let all = self.pull_requests.entry(base.id).or_default();
        let is_same = |other: &StoredPullRequest| {
            let is_same_head = other.head_repository == head.id && other.head_branch == new.branch;
            other.is_open() && is_same_head && other.base_branch == base_branch
        };
        if all.iter().any(is_same) {
            let message =
                format!("A pull request already exists for {}:{}.", head.owner, new.branch);
            return Err(invalid(&message));
        }
        if is_known {
            let message = format!("No commits between {base_branch} and {}", new.branch);
            return Err(invalid(&message));
        }
        let number = u32::try_from(all.len() + 1).unwrap_or(u32::MAX);
        all.push(StoredPullRequest {
            id: base.id.saturating_mul(1_000) + u64::from(number),
            number,
            title: new.title,
            body: new.body,
            author: author.clone(),
            head_repository: head.id,
            head_owner: head.owner.clone(),
            head_branch: new.branch,
            head_sha: head_sha.clone(),
            base_branch,
            base_sha,
            is_draft: new.is_draft,
            created_at: now,
            updated_at: now,
            closed_at: None,
            merged: None,
        });
        self.fetch_head(&base, &head, number, &head_sha);
        effects.extend(self.announce(&base, number, &author, PullRequestChange::Opened));
        Ok((number, effects))
    }

    /// Pushes the commits of a new pull request. Returns the head of its branch.
    fn push_head(
        &mut self,
        head: &Repository,
        base_sha: &str,
        new: &PullRequest,
        author: &str,
        now: Timestamp,
    ) -> Pushed {
        let git = self.repositories.git(head);
        let existing = git.branches().remove(&new.branch);
        let commits = match (&existing, new.commits.is_empty()) {
            (None, true) => vec![Commit::new(&new.title, &["README.md"])],
            _ => new.commits.clone(),
        };
        match existing {
            Some(sha) if commits.is_empty() => Ok((sha, Vec::new())),
            existing => {
                let parent = match existing {
                    Some(_) => Parent::Head,
                    None => Parent::Commit(base_sha.to_owned()),
                };
                self.push(&head.full_name(), &new.branch, parent, commits, Some(author), now)
            }
        }
    }

    /// Pushes a commit to a pull request's branch, in place of its last one if `force`.
    pub fn push_to_pull_request(
        &mut self,
        repository: &str,
        number: u32,
        commit: Commit,
        force: bool,
        now: Timestamp,
    ) -> Pushed {
        let base = self.repositories.find(repository)?;
        let found = self.pull_request(&base, number)?.clone();
        let head =
            self.repositories.by_id(found.head_repository).ok_or_else(ApiError::not_found)?;
        if head.id != base.id {
            self.repositories.fork(&base, &head.owner)?;
        }
        let parent = match force {
            true => Parent::Commit(found.base_sha),
            false => Parent::Head,
        };
        let (name, author) = (head.full_name(), Some(found.author.as_str()));
        self.push(&name, &found.head_branch, parent, vec![commit], author, now)
    }

    pub fn set_draft(
        &mut self,
        repository: &str,
        number: u32,
        draft: bool,
        now: Timestamp,
    ) -> Changed {
        self.change_pull_request(repository, number, now, |found| {
            let change = match draft {
                true => PullRequestChange::ConvertedToDraft,
                false => PullRequestChange::ReadyForReview,
            };
            Ok((std::mem::replace(&mut found.is_draft, draft) != draft).then_some(change))
        })
    }

    pub fn set_title(
        &mut self,
        repository: &str,
        number: u32,
        title: &str,
        now: Timestamp,
    ) -> Changed {
        self.change_pull_request(repository, number, now, |found| {
            let old = std::mem::replace(&mut found.title, title.to_owned());
            Ok(Some(PullRequestChange::Titled(old)))
        })
    }

    /// Chooses another base branch.
    pub fn retarget(
        &mut self,
        repository: &str,
        number: u32,
        base: &str,
        now: Timestamp,
    ) -> Changed {
        let sha = self.repositories.find_git(repository)?.1.head(base);
        let sha = sha.ok_or_else(|| invalid("base is invalid"))?;
        self.change_pull_request(repository, number, now, |found| {
            if !found.is_open() {
                return Err(invalid("Cannot change the base branch of a closed pull request."));
            }
            let old = std::mem::replace(&mut found.base_branch, base.to_owned());
            let old_sha = std::mem::replace(&mut found.base_sha, sha);
            Ok((old != base).then_some(PullRequestChange::Retargeted(old, old_sha)))
        })
    }

    pub fn close_pull_request(&mut self, repository: &str, number: u32, now: Timestamp) -> Changed {
        self.change_pull_request(repository, number, now, |found| {
            Ok(found.closed_at.replace(now).is_none().then_some(PullRequestChange::Closed))
        })
    }

    /// Opens a closed pull request again, with the commit that its branch has now.
    pub fn reopen_pull_request(
        &mut self,
        repository: &str,
        number: u32,
        now: Timestamp,
    ) -> Changed {
        let base = self.repositories.find(repository)?;
        let found = self.pull_request(&base, number)?.clone();
        let head = self.repositories.by_id(found.head_repository);
        let sha = head.as_ref().and_then(|head| self.pushed_head(head, &found.head_branch));
        let base_sha = self.repositories.git(&base).head(&found.base_branch);
        let (Some(head), Some(sha), Some(base_sha), None) = (head, sha, base_sha, found.merged)
        else {
            return Err(invalid("state cannot be changed. The branch was deleted or merged."));
        };
        self.fetch_head(&base, &head, number, &sha);
        self.change_pull_request(repository, number, now, |found| {
            (found.head_sha, found.base_sha) = (sha, base_sha);
            Ok(found.closed_at.take().map(|_| PullRequestChange::Reopened))
        })
    }

    /// Merges a pull request as this account: pushes a merge commit to its base branch, which closes it.
    pub fn merge_pull_request(
        &mut self,
        repository: &str,
        number: u32,
        by: &str,
        now: Timestamp,
    ) -> Pushed {
        let (base, git) = self.repositories.find_git(repository)?;
        let all = self.pull_requests.get(&base.id);
        let found = all.and_then(|all| all.iter().find(|found| found.number == number)).cloned();
        let found = found.filter(StoredPullRequest::is_open).ok_or_else(ApiError::not_found)?;
        let base_head = git.head(&found.base_branch).ok_or_else(ApiError::not_found)?;
        let commit = Commit::new(&format!("Merge pull request #{number}\n\n{}", found.title), &[]);
        let sha = git.merge(commit.by(by), [base_head, found.head_sha], now);
        let base_branch = GitRef::Branch(found.base_branch);
        self.set_ref(&base.full_name(), base_branch, &sha, Some(by), now)
    }

    /// Deletes the fork of a pull request, which stays open.
    pub fn delete_fork(&mut self, repository: &str, number: u32) -> Changed {
        let base = self.repositories.find(repository)?;
        let head = self.pull_request(&base, number)?.head_repository;
        let fork = self.repositories.by_id(head).filter(|head| head.id != base.id);
        self.delete_repository(&fork.ok_or_else(ApiError::not_found)?.full_name())
    }

    fn change_pull_request(
        &mut self,
        repository: &str,
        number: u32,
        now: Timestamp,
        change: impl FnOnce(&mut StoredPullRequest) -> Result<Option<PullRequestChange>, ApiError>,
    ) -> Changed {
        let base = self.repositories.find(repository)?;
        let all = self.pull_requests.entry(base.id).or_default().iter_mut();
        let mut all = all.filter(|found| found.number == number);
        let found = all.next().ok_or_else(ApiError::not_found)?;
        let Some(change) = change(found)? else { return Ok(Vec::new()) };
        found.updated_at = now;
        let sender = found.author.clone();
        Ok(self.announce(&base, number, &sender, change).into_iter().collect())
    }

    pub(super) fn update(
        &mut self,
        base: &Repository,
        number: u32,
        change: impl FnOnce(&mut StoredPullRequest),
    ) {
        let mut all = self.pull_requests.entry(base.id).or_default().iter_mut();
        if let Some(found) = all.find(|found| found.number == number) {
            change(found);
        }
    }

    pub(super) fn announce(
        &mut self,
        base: &Repository,
        number: u32,
        sender: &str,
        change: PullRequestChange,
    ) -> Option<Effect> {
        let view = self.pull_request_view(base, number).ok()?;
        let change = RepositoryChange::PullRequest(Box::new(view), change);
        Some(event(base, Some(sender), change))
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::unprocessable(format!("Validation Failed: {message}"))
}
