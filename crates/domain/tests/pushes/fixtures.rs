//! Records and commits for tests.

use nokube_domain::{
    builds::{BuildSpec, Source},
    pushes::{
        CommitSummary, Comparison, Finding, FoundHead, Look, PushEvent, PushRecord, WatchPath,
        WatchedPaths,
    },
    repository::CommitSha,
};
use std::collections::BTreeMap;

/// A commit's id.
pub fn sha(n: u32) -> CommitSha {
    format!("{n:040x}").parse().unwrap()
}

pub fn commit(n: u32) -> CommitSummary {
    CommitSummary::new(sha(n), &format!("Change {n}"), Some("testuser"))
}

/// A look at `main` of a service that was linked by record 1.
pub fn look(number: u32) -> Look {
    Look {
        number,
        at: "2025-08-18T10:00:00Z".parse().unwrap(),
        repository_id: 7,
        since: 1,
        branch: "main".into(),
        pull_request: None,
        event: None,
        work: None,
    }
}

/// As [`look`], because of the event of a push.
pub fn look_for(number: u32, work: u32, after: u32) -> Look {
    let event = PushEvent {
        branch: "main".into(),
        before: None,
        after: Some(sha(after)),
        forced: false,
        sender: Some("testuser".into()),
        head_commit: Some(commit(after)),
        unknown_fields: Default::default(),
    };
    Look { event: Some(event), work: Some(work), ..look(number) }
}

/// The head that was found when the service was linked.
pub fn linked(head: u32) -> PushRecord {
    look(1).linked(commit(head))
}

pub fn head(n: u32) -> Finding {
    Finding::Head(FoundHead { commit: commit(n), is_skipped: false, file: None })
}

pub fn skipped_head(n: u32) -> Finding {
    Finding::Head(FoundHead { commit: commit(n), is_skipped: true, file: None })
}

pub fn files(paths: &[&str]) -> Comparison {
    Comparison::Files(paths.iter().map(|path| (*path).to_owned()).collect())
}

/// What is watched of a service in `frontend`.
pub fn watched() -> WatchedPaths {
    WatchedPaths::new(&[], &spec("frontend", Source::Buildpacks))
}

pub fn globs(paths: &[&str]) -> WatchedPaths {
    let paths: Vec<WatchPath> = paths.iter().map(|path| path.parse().unwrap()).collect();
    WatchedPaths::new(&paths, &spec("frontend", Source::Buildpacks))
}

pub fn spec(context: &str, source: Source) -> BuildSpec {
    BuildSpec {
        repository: "acme/shop".parse().unwrap(),
        git_ref: "main".into(),
        context: context.into(),
        source,
        service: "frontend".parse().unwrap(),
        tag: "latest".parse().unwrap(),
        build_args: BTreeMap::new(),
        submodules: false,
        lfs: false,
    }
}

/// The record of a look that found something in `frontend` changed, or not.
pub fn next(look: Look, base: Option<&PushRecord>, found: Finding, touched: bool) -> PushRecord {
    let path = if touched { "frontend/main.rs" } else { "README.md" };
    PushRecord::next(look, base, found, &files(&[path]), &watched())
}
