//! Pull requests and records of them for tests.

use crate::fixtures::{commit, files, look, sha, watched};
use nokube_domain::{
    Person, Timestamp,
    previews::{
        ApprovedCommit, PreviewMode, PreviewRules, PreviewSettings, PullRequest, PullRequestState,
        pull_request_ref,
    },
    pushes::{Finding, FoundHead, Look, PushRecord},
    repository::CommitSha,
};

pub const REPOSITORY: u64 = 7;
pub const DAYS: i64 = 7;

/// An hour after the first one.
pub fn hour(n: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + n * 3600).unwrap()
}

/// An open pull request from `feature` into `main`.
pub fn pull_request(head: u32) -> PullRequest {
    PullRequest {
        number: 12,
        title: "Add a cart".into(),
        author: Some("bob".into()),
        state: PullRequestState::Open,
        is_draft: false,
        head: sha(head),
        head_branch: "feature".into(),
        head_repository: Some(REPOSITORY),
        base_branch: "main".into(),
        base: sha(0),
    }
}

pub fn settings(base_branches: &[&str]) -> PreviewSettings {
    PreviewSettings {
        mode: PreviewMode::Deploy,
        since: 0,
        base_branches: base_branches.iter().map(ToString::to_string).collect(),
        variables: Default::default(),
        secrets: Default::default(),
        unknown_fields: Default::default(),
    }
}

pub fn approved(head: u32) -> ApprovedCommit {
    ApprovedCommit {
        commit: sha(head),
        by: "alice".parse().unwrap(),
        person: Person { issuer: "github".into(), subject: "1".into() },
        at: hour(0),
        unknown_fields: Default::default(),
    }
}

/// The record of a look, with its number and time. `touched` says whether the pull request changes what the service is
/// built from.
pub fn look_at(
    (number, at): (u32, Timestamp),
    found: &PullRequest,
    base: Option<&PushRecord>,
    rules: &PreviewRules<'_>,
    touched: bool,
) -> PushRecord {
    let summary = found.summary(REPOSITORY, base, at);
    let rules = PreviewRules { now: at, ..*rules };
    let finding = match found.problem(&summary, &rules) {
        Some(problem) => Finding::Problem(problem),
        None => {
            let commit = commit(number_of(&found.head));
            Finding::Head(FoundHead { commit, is_skipped: false, file: None })
        }
    };
    let look = Look {
        at,
        since: 0,
        branch: pull_request_ref(found.number),
        pull_request: Some(summary),
        ..look(number)
    };
    let path = if touched { "frontend/main.rs" } else { "README.md" };
    PushRecord::next(look, base, finding, &files(&[path]), &watched())
}

pub fn rules<'a>(
    settings: &'a PreviewSettings,
    approved: Option<&'a ApprovedCommit>,
) -> PreviewRules<'a> {
    PreviewRules {
        settings: Some(settings),
        own_branch: "main",
        repository_id: REPOSITORY,
        approved,
        days: DAYS,
        now: hour(0),
    }
}

/// The number of a commit.
pub fn number_of(commit: &CommitSha) -> u32 {
    u32::from_str_radix(commit.as_str(), 16).unwrap()
}

/// The commit whose build is deployed.
pub fn target_of(record: &PushRecord) -> Option<u32> {
    record.preview_target().map(|target| number_of(&target.commit.sha))
}
