//! Compares two commits as GitHub does: with the files that changed since their merge base.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Contents, FileChange, FileStatus, GitRepository, StoredCommit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonStatus {
    Identical,
    Ahead,
    Behind,
    Diverged,
}

#[derive(Debug, Clone)]
pub struct Comparison {
    pub base: StoredCommit,
    pub merge_base: StoredCommit,
    pub status: ComparisonStatus,
    /// The commits that only the head has, oldest first.
    pub ahead: Vec<StoredCommit>,
    pub behind_by: usize,
    pub files: Vec<FileChange>,
}

impl GitRepository {
    /// `None` if the commits have no common ancestor.
    pub fn compare(&self, base: &str, head: &str) -> Option<Comparison> {
        let (of_base, of_head) = (self.history(base), self.history(head));
        let in_base: BTreeSet<&str> = of_base.iter().map(|commit| commit.sha.as_str()).collect();
        let in_head: BTreeSet<&str> = of_head.iter().map(|commit| commit.sha.as_str()).collect();
        let merge_base = of_head.iter().find(|commit| in_base.contains(commit.sha.as_str()))?;
        let ahead = of_head.iter().rev().filter(|commit| !in_base.contains(commit.sha.as_str()));
        let ahead: Vec<StoredCommit> = ahead.cloned().collect();
        let behind = of_base.iter().filter(|commit| !in_head.contains(commit.sha.as_str()));
        let behind_by = behind.count();
        let status = match (ahead.is_empty(), behind_by) {
            (true, 0) => ComparisonStatus::Identical,
            (true, _) => ComparisonStatus::Behind,
            (false, 0) => ComparisonStatus::Ahead,
            (false, _) => ComparisonStatus::Diverged,
        };
        let files = changed_files(&ahead);
        let base = of_base.first()?.clone();
        Some(Comparison { base, merge_base: merge_base.clone(), status, ahead, behind_by, files })
    }

    /// Whether a commit has this ancestor, or is it.
    pub fn has_ancestor(&self, sha: &str, ancestor: &str) -> bool {
        self.history(sha).iter().any(|commit| commit.sha == ancestor)
    }

    /// What a commit has at a path. A file whose contents nobody has said has its path as its text.
    pub fn contents(&self, sha: &str, path: &str) -> Option<Contents> {
        let history = self.history(sha);
        let concerns = |change: &&FileChange| {
            change.path == path || change.previous_path.as_deref() == Some(path)
        };
        let mut last: Option<(&str, &FileChange)> = None;
        for commit in &history {
            let Some(change) = commit.files.iter().rev().find(concerns) else { continue };
            // A merge has what one of its parents changed in what the other one has.
            if last.is_none_or(|(nearer, _)| self.has_ancestor(&commit.sha, nearer)) {
                last = Some((&commit.sha, change));
            }
        }
        let (_, last) = last?;
        let is_there = last.path == path && last.status != FileStatus::Removed;
        let unsaid = || Contents::File(path.as_bytes().to_vec());
        is_there.then(|| last.contents.clone().unwrap_or_else(unsaid))
    }

    /// A commit and its ancestors, nearest first.
    pub fn history(&self, sha: &str) -> Vec<StoredCommit> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut queue = VecDeque::from([sha.to_owned()]);
        while let Some(sha) = queue.pop_front() {
            if !seen.insert(sha.clone()) {
                continue;
            }
            // A removed commit has none that are still known.
            let Some(commit) = self.commit(&sha) else { continue };
            queue.extend(commit.parents.iter().cloned());
            found.push(commit);
        }
        found
    }
}

/// What several commits change together, sorted by path.
fn changed_files(commits: &[StoredCommit]) -> Vec<FileChange> {
    let mut files: BTreeMap<&str, FileChange> = BTreeMap::new();
    for change in commits.iter().flat_map(|commit| &commit.files) {
        let source = change.previous_path.as_deref().unwrap_or(&change.path);
        let earlier = files.remove(source);
        let was_added = earlier.as_ref().is_some_and(|found| found.status == FileStatus::Added);
        let original = match &earlier {
            Some(FileChange { previous_path: Some(path), .. }) => Some(path.clone()),
            _ => change.previous_path.clone(),
        };
        let status = match change.status {
            FileStatus::Removed if was_added => continue,
            FileStatus::Removed => FileStatus::Removed,
            _ if was_added => FileStatus::Added,
            FileStatus::Added if earlier.is_some() => FileStatus::Modified,
            _ if original.is_some() => FileStatus::Renamed,
            status => status,
        };
        let (path, previous_path) = match (status, original) {
            (FileStatus::Removed, Some(original)) => (original, None),
            (FileStatus::Renamed, original) => (change.path.clone(), original),
            _ => (change.path.clone(), None),
        };
        files.insert(&change.path, FileChange { path, previous_path, status, contents: None });
    }
    files.into_values().collect()
}
