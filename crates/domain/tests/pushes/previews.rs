//! What the API shows of a preview.

use crate::{
    fixtures::sha,
    pull_request_fixtures::{approved, hour, look_at, pull_request, rules, settings},
};
use nokube_domain::{
    BuildId, DeploymentId, ProjectId,
    builds::BuildView,
    deployments::Status,
    previews::{
        PreviewDeployment, PreviewInput, PreviewMode, PreviewState, PreviewView, PullRequest,
        PullRequestState,
    },
    pushes::{PushOutcome, PushRecord},
};
use serde_json::json;
use url::Url;

fn build_id(number: u32) -> BuildId {
    BuildId::new(ProjectId(1), number, 7)
}

fn build(status: &str, waits: bool) -> BuildView {
    let build = json!({
        "build_id": build_id(2), "project_id": 1, "service_name": "frontend", "status": status,
        "image_full_name": "ghcr.io/platform/alice-myapp-frontend:pr-12", "image_digest": null,
        "repository": "acme/shop", "branch": "refs/pull/12/head", "commit_sha": sha(1),
        "created_at": hour(0), "started_at": null, "completed_at": null, "duration": null,
        "attempt": 1, "cancel_requested_at": null, "error_code": null, "error_message": null,
        "trigger": "pull_request", "pull_request": 12, "waiting_for_capacity": waits, "steps": [],
    });
    serde_json::from_value(build).unwrap()
}

fn deployment(build: u32, status: Option<Status>) -> PreviewDeployment {
    PreviewDeployment {
        id: DeploymentId::new(ProjectId(1), (1 << 31) + 1, 7),
        build: Some(build_id(build)),
        is_stopped: false,
        status,
        url: Some("https://frontend-myapp---pr12-alice.apps.example.org".into()),
    }
}

/// The first record of a pull request, at commit 1.
fn record(found: &PullRequest, touched: bool) -> PushRecord {
    let (settings, approved) = (settings(&[]), approved(1));
    look_at((1, hour(0)), found, None, &rules(&settings, Some(&approved)), touched)
}

fn view(
    record: &PushRecord,
    mode: PreviewMode,
    build: Option<&BuildView>,
    deployment: Option<PreviewDeployment>,
) -> PreviewView {
    let web: Url = "https://github.com".parse().unwrap();
    PreviewView::new(PreviewInput {
        record,
        mode,
        build,
        approved: Some(&approved(1)),
        deployment,
        web: &web,
        repository: "acme/shop",
        days: 7,
    })
    .unwrap()
}

#[test]
fn a_preview_is_built_then_deployed_then_runs() {
    let record = record(&pull_request(1), true);
    let built = build("success", false);
    let state = |build: Option<&BuildView>, deployment| {
        view(&record, PreviewMode::Deploy, build, deployment).state
    };
    assert_eq!(state(None, None), PreviewState::Building, "it is just being started");
    for (status, waits, expected) in [
        ("pending", true, PreviewState::WaitingForCapacity),
        ("pending", false, PreviewState::Building),
        ("building", false, PreviewState::Building),
        ("failed", false, PreviewState::BuildFailed),
        ("cancelled", false, PreviewState::BuildFailed),
        ("success", false, PreviewState::Built),
    ] {
        assert_eq!(state(Some(&build(status, waits)), None), expected, "{status}");
    }
    for (status, expected) in [
        (None, PreviewState::Deploying),
        (Some(Status::Pending), PreviewState::Deploying),
        (Some(Status::Deploying), PreviewState::Deploying),
        (Some(Status::Running), PreviewState::Running),
        (Some(Status::Degraded), PreviewState::Running),
        (Some(Status::Failed), PreviewState::Failed),
    ] {
        assert_eq!(state(Some(&built), Some(deployment(2, status))), expected, "{status:?}");
    }
    let earlier = deployment(1, Some(Status::Running));
    assert_eq!(state(Some(&built), Some(earlier)), PreviewState::Deploying);
    let stopped = PreviewDeployment { is_stopped: true, ..deployment(2, Some(Status::Running)) };
    assert_eq!(state(Some(&built), Some(stopped)), PreviewState::Stopped);
    let only_built = view(&record, PreviewMode::Build, Some(&built), None);
    assert_eq!(only_built.state, PreviewState::Built);
}

#[test]
fn a_preview_names_its_pull_request_its_address_and_when_it_ends() {
    let record = record(&pull_request(1), true);
    let built = build("success", false);
    let running = deployment(2, Some(Status::Running));
    let shown = view(&record, PreviewMode::Deploy, Some(&built), Some(running.clone()));
    assert_eq!(shown.pull_request_url, "https://github.com/acme/shop/pull/12");
    assert_eq!((shown.pull_request, shown.title.as_str()), (12, "Add a cart"));
    assert_eq!(shown.commit.unwrap().subject, "Change 1");
    assert_eq!((shown.build_id, shown.deployment_id), (Some(build_id(2)), Some(running.id)));
    assert_eq!((shown.url, shown.approved_by), (running.url, None));
    assert_eq!((shown.pushed_at, shown.ends_at), (hour(0), Some(hour(24 * 7))));
}

#[test]
fn what_is_not_built_says_why_and_what_was_deployed_stays() {
    let first = record(&pull_request(1), true);
    let built = build("success", false);
    let running = deployment(2, Some(Status::Running));
    let (settings, approved) = (settings(&[]), approved(1));
    let rules = rules(&settings, Some(&approved));
    let next = |found: &PullRequest| {
        let record = look_at((2, hour(1)), found, Some(&first), &rules, true);
        view(&record, PreviewMode::Deploy, Some(&built), Some(running.clone()))
    };
    let draft = next(&PullRequest { is_draft: true, ..pull_request(1) });
    assert_eq!((draft.state, draft.problem), (PreviewState::Waiting, Some(PushOutcome::Draft)));
    assert!(draft.url.is_some() && draft.ends_at.is_some());
    let closed = next(&PullRequest { state: PullRequestState::Closed, ..pull_request(1) });
    assert_eq!((closed.state, closed.problem), (PreviewState::Ended, Some(PushOutcome::Closed)));
    assert_eq!(closed.ends_at, None);
    let edited = next(&PullRequest { title: "Other".into(), ..pull_request(1) });
    assert_eq!((edited.state, edited.problem), (PreviewState::Running, None));
    let untouched = record(&pull_request(1), false);
    let untouched = view(&untouched, PreviewMode::Deploy, None, None);
    assert_eq!((untouched.state, untouched.problem), (PreviewState::NotAffected, None));
}

#[test]
fn a_fork_shows_the_commit_to_approve_and_who_has_approved_it() {
    let fork = |head| PullRequest { head_repository: None, ..pull_request(head) };
    let allowed = view(&record(&fork(1), true), PreviewMode::Deploy, None, None);
    assert_eq!(allowed.approved_by.unwrap().as_str(), "alice");
    let unknown = view(&record(&fork(2), true), PreviewMode::Deploy, None, None);
    assert_eq!((unknown.is_fork, unknown.approved_by), (true, None));
    assert_eq!(unknown.problem, Some(PushOutcome::ApprovalRequired));
    let commit = unknown.commit.unwrap();
    assert_eq!((commit.sha, commit.subject.as_str()), (sha(2), ""), "nobody has looked at it");
}
