//! Records of pull requests that this release stores stay readable.

use nokube_domain::{
    DeploymentId, ProjectId,
    builds::PushTrigger,
    deployments::DeploymentRecord,
    id::PREVIEW_NUMBERS,
    previews::ApprovedCommit,
    pushes::{PushOutcome, PushRecord, RepositoryChange, RepositoryEvent},
    work::BuildTask,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads a stored record and checks that it is written again in the same form.
fn read_and_write<T: DeserializeOwned + Serialize>(stored: Value) -> T {
    let record: T = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), stored);
    record
}

#[test]
fn records_of_pull_requests_stay_readable() {
    let commit = json!({ "sha": "a".repeat(40), "subject": "Add a cart", "author": "bob" });
    let record: PushRecord = read_and_write(json!({
        "number": 2, "at": "2026-11-29T10:00:00Z", "repository_id": 42, "since": 0,
        "branch": "refs/pull/12/head", "work": 5, "base": 1, "outcome": "approval_required",
        "pull_request": {
            "number": 12, "title": "Add a cart", "author": "bob", "head": "b".repeat(40),
            "head_since": "2026-11-28T10:00:00Z", "head_branch": "cart", "base_branch": "main",
            "is_fork": true, "is_draft": true,
        },
        "head": commit, "target": { "base": 0, "number": 1, "commit": commit },
        "preview_place": 1,
    }));
    assert!(record.outcome.is_problem() && !record.outcome.ends_preview());
    let ended = [
        ("draft", false),
        ("too_many_previews", false),
        ("closed", true),
        ("base_branch_not_chosen", true),
        ("expired", true),
        ("previews_off", true),
    ];
    for (name, ends) in ended {
        let outcome: PushOutcome = serde_json::from_value(json!(name)).unwrap();
        assert_eq!((outcome.is_problem(), outcome.ends_preview()), (true, ends), "{name}");
        assert_eq!(outcome.to_string(), name);
    }
    read_and_write::<ApprovedCommit>(json!({
        "commit": "b".repeat(40), "by": "alice", "at": "2026-11-29T10:00:00Z",
        "person": { "issuer": "github", "subject": "7" }, "of_tomorrow": 1,
    }));
}

#[test]
fn events_and_work_about_pull_requests_stay_readable() {
    let event: RepositoryEvent = read_and_write(json!({
        "repository_id": 42, "received_at": "2026-11-29T10:00:00Z",
        "change": { "pull_request": { "number": 12 } },
    }));
    assert_eq!(event.change, RepositoryChange::PullRequest { number: 12 });
    let task: BuildTask =
        read_and_write(json!({ "previews": { "project": 1, "service": "frontend" } }));
    assert!(matches!(task, BuildTask::Previews { .. }));
    let of_push: PushTrigger = read_and_write(json!({ "base": 1, "number": 2, "sender": "bob" }));
    assert_eq!(of_push.pull_request, None);
    read_and_write::<PushTrigger>(json!({ "base": 1, "number": 2, "pull_request": 12 }));
}

#[test]
fn deployments_of_previews_have_numbers_of_their_own() {
    let record: DeploymentRecord = read_and_write(json!({
        "id": "0000008000002av7o16p2nt86o", "service": "frontend", "created_at": "2027-01-15T08:00:00Z",
    }));
    assert!(record.preview.is_none() && !record.id.is_preview());
    let id = DeploymentId::new(ProjectId(7), PREVIEW_NUMBERS + 1, 1);
    let record: DeploymentRecord = read_and_write(json!({
        "id": id, "service": "pr-12-frontend", "created_at": "2027-01-15T08:00:00Z",
        "preview": { "service": "frontend", "pull_request": 12 },
    }));
    assert!(record.id.is_preview());
    assert!(!DeploymentId::new(ProjectId(7), PREVIEW_NUMBERS - 1, 1).is_preview());
}
