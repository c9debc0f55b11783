//! Pushes to branches and tags.

use jiff::Timestamp;

use super::api_error::ApiError;
use super::events::{Push, RepositoryChange, RepositoryEvent, WebhookEvent};
use super::git::{Commit, GitRef, GitRepository, StoredCommit};
use super::repositories::Repository;
use super::{Effect, Model};

/// GitHub's own limit of the commits in an event.
const MAX_COMMITS: usize = 2_048;

/// The SHA that a branch points to after a change, and the effects.
pub type Pushed = Result<(String, Vec<Effect>), ApiError>;

/// What new commits come after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// The head of the branch, or for a new branch that of the default branch.
    Head,
    /// A commit: the push is forced if it is not the head.
    Commit(String),
    /// Nothing: the commits have no ancestor in common with others.
    None,
}

impl Model {
    /// Pushes commits to a branch, which is created if it does not exist.
    pub fn push(
        &mut self,
        repository: &str,
        branch: &str,
        parent: Parent,
        commits: Vec<Commit>,
        sender: Option<&str>,
        now: Timestamp,
    ) -> Pushed {
        let (repository, git) = self.repositories.find_git(repository)?;
        let mut head = match parent {
            Parent::Commit(sha) => Some(git.resolve(&sha).ok_or_else(ApiError::not_found)?),
            Parent::None => None,
            Parent::Head => git.head(branch).or_else(|| git.resolve("HEAD")),
        };
        for commit in commits {
            head = Some(git.add(commit, head, now));
        }
        let head = head.ok_or_else(ApiError::not_found)?;
        let git_ref = GitRef::Branch(branch.to_owned());
        let mut events = set_ref(&repository, git, git_ref, Some(head.clone()), sender);
        events.extend(self.follow_branches(&repository, sender, now));
        Ok((head, events))
    }

    /// Lets a branch or a tag point to a commit, another branch's head or another tag's commit. The push is
    /// forced if the commit before is no ancestor.
    pub fn set_ref(
        &mut self,
        repository: &str,
        git_ref: GitRef,
        reference: &str,
        sender: Option<&str>,
        now: Timestamp,
    ) -> Pushed {
        let (repository, git) = self.repositories.find_git(repository)?;
        let sha = git.resolve(reference).ok_or_else(ApiError::not_found)?;
        let mut events = set_ref(&repository, git, git_ref, Some(sha.clone()), sender);
        events.extend(self.follow_branches(&repository, sender, now));
        Ok((sha, events))
    }

    pub fn delete_ref(
        &mut self,
        repository: &str,
        git_ref: GitRef,
        sender: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Effect>, ApiError> {
        let (repository, git) = self.repositories.find_git(repository)?;
        let mut events = set_ref(&repository, git, git_ref, None, sender);
        events.extend(self.follow_branches(&repository, sender, now));
        Ok(events)
    }

    /// Takes over the state of a Git repository: its branches and tags are these, and no others.
    pub fn import(
        &mut self,
        repository: &str,
        default_branch: &str,
        commits: Vec<StoredCommit>,
        refs: &[(GitRef, String)],
        now: Timestamp,
    ) -> Result<Vec<Effect>, ApiError> {
        let (mut repository, git) = self.repositories.find_git(repository)?;
        git.stop_inventing();
        git.import(commits);
        default_branch.clone_into(&mut git.default_branch);
        default_branch.clone_into(&mut repository.default_branch);
        let mut effects = Vec::new();
        for (git_ref, sha) in refs {
            effects.extend(set_ref(&repository, git, git_ref.clone(), Some(sha.clone()), None));
        }
        let branches = git.branches().into_keys().map(GitRef::Branch);
        let all: Vec<GitRef> =
            branches.chain(git.tags().keys().cloned().map(GitRef::Tag)).collect();
        for gone in all.into_iter().filter(|found| !refs.iter().any(|(kept, _)| kept == found)) {
            effects.extend(set_ref(&repository, git, gone, None, None));
        }
        effects.extend(self.follow_branches(&repository, None, now));
        // A folder has the branches of its forks too: nobody pushes to them elsewhere.
        for fork in self.repositories.copy_to_forks(&repository) {
            effects.extend(self.follow_branches(&fork, None, now));
        }
        Ok(effects)
    }

    /// Renames a branch, which can be the default branch.
    pub fn rename_branch(
        &mut self,
        repository: &str,
        old: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<Vec<Effect>, ApiError> {
        let (mut found, git) = self.repositories.find_git(repository)?;
        let sha = git.head(old).ok_or_else(ApiError::not_found)?;
        let mut effects = set_ref(&found, git, GitRef::Branch(new.to_owned()), Some(sha), None);
        if git.default_branch == old {
            git.default_branch = new.to_owned();
            found.default_branch = new.to_owned();
            let change = RepositoryChange::DefaultBranch(old.to_owned());
            effects.push(event(&found, None, change));
        }
        effects.extend(set_ref(&found, git, GitRef::Branch(old.to_owned()), None, None));
        effects.extend(self.follow_branches(&found, None, now));
        Ok(effects)
    }
}

/// Changes a branch or tag and returns the events of the change: none if it stays as it is.
pub(super) fn set_ref(
    repository: &Repository,
    git: &mut GitRepository,
    git_ref: GitRef,
    after: Option<String>,
    sender: Option<&str>,
) -> Vec<Effect> {
    let before = match &git_ref {
        GitRef::Branch(name) => git.head(name),
        GitRef::Tag(name) => git.tags().get(name).cloned(),
    };
    if before == after {
        // The first push of a commit that was invented.
        git.set_ref(&git_ref, after);
        return Vec::new();
    }
    let base_branch = match before {
        None => git.branches().into_iter().find(|(_, head)| Some(head) == after.as_ref()),
        Some(_) => None,
    };
    let push = Push {
        forced: match (&before, &after) {
            (Some(before), Some(after)) => !git.has_ancestor(after, before),
            _ => false,
        },
        commits: new_commits(git, before.as_deref(), after.as_deref()),
        head_commit: after.as_ref().and_then(|after| git.commit(after)),
        base_branch: base_branch.map(|(name, _)| name),
        git_ref: git_ref.clone(),
        before: before.clone(),
        after: after.clone(),
    };
    git.set_ref(&git_ref, after.clone());
    let mut events = vec![event(repository, sender, RepositoryChange::Push(Box::new(push)))];
    match (before, after) {
        (None, _) => events.push(event(repository, sender, RepositoryChange::Create(git_ref))),
        (_, None) => events.push(event(repository, sender, RepositoryChange::Delete(git_ref))),
        _ => {}
    }
    events
}

/// The commits that a push adds, oldest first. Those of a new branch are the ones that the default branch lacks.
fn new_commits(
    git: &mut GitRepository,
    before: Option<&str>,
    after: Option<&str>,
) -> Vec<StoredCommit> {
    let Some(after) = after else { return Vec::new() };
    let before = before.map(str::to_owned).or_else(|| git.resolve("HEAD"));
    let known = before.map(|before| git.history(&before)).unwrap_or_default();
    let mut new = git.history(after);
    let known: std::collections::BTreeSet<String> =
        known.into_iter().map(|commit| commit.sha).collect();
    new.retain(|commit| !known.contains(&commit.sha));
    new.truncate(MAX_COMMITS);
    new.reverse();
    new
}

/// The webhook of a change of a repository. The sender is its owner, unless it is somebody else.
pub(super) fn event(
    repository: &Repository,
    sender: Option<&str>,
    change: RepositoryChange,
) -> Effect {
    let sender = sender.unwrap_or(&repository.owner).to_owned();
    let event = RepositoryEvent { repository: repository.clone(), sender, change };
    Effect::SendWebhook(WebhookEvent::Repository(Box::new(event)))
}
