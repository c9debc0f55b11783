//! Records that older releases have stored can be read, and records of a newer release keep its fields when they are
//! written again. `tests/flows/platform/old_store` reads the whole store of an older release; here are the forms that
//! are not in it.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::{
    ProjectId,
    authorization::AuthorizationRecord,
    builds::{AttemptRequest, JobsRecord, Phase, RunKey, RunRecord, RunState, Status, StepStatus},
    deployments::{
        self, ApplyOutcome, Cause, DeployedState, DeploymentRecord, LastObservation, OutcomeRecord,
        Revision,
    },
    fields::Fields,
    installation::Installation,
    projects::{Members, Project, ProjectChange},
    pushes::PushRecord,
    responses::RoutePolicy,
    services::{LinkedBy, NewSavedSource, ServiceRecord},
    token::{DailyTokenRecord, TokenRecord, TokenRow},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const BUILD_ID: &str = "00000080000037psdcmuh8ad0s";
const DEPLOYMENT_ID: &str = "0000008000002av7o16p2nt86o";

/// Reads a stored record and checks that it is written again in the same form.
fn read_and_write<T: DeserializeOwned + Serialize>(stored: Value) -> T {
    let record: T = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), stored);
    record
}

/// The view of an ended build with a retry after a rejection, and an image that was reported by an event.
fn run_record() -> Value {
    let digest = format!("sha256:{}", "d".repeat(64));
    let answer = json!({
        "build_id": BUILD_ID, "project_id": 1, "service_name": "frontend", "status": "failed",
        "image_full_name": "ghcr.io/amzhm/testuser-myapp-frontend:latest", "image_digest": null,
        "repository": "testuser/myapp", "branch": "main", "commit_sha": "a".repeat(40),
        "created_at": "2027-01-15T08:00:00Z", "started_at": "2027-01-15T08:00:10Z",
        "completed_at": "2027-01-15T08:01:00Z", "duration": 50, "attempt": 2,
        "cancel_requested_at": null, "error_code": "step_failed",
        "error_message": "The build failed at the step \"Build\". See the log.",
        "steps": [{
            "number": 1, "name": "Build", "status": "failed",
            "started_at": "2027-01-15T08:00:10Z", "completed_at": "2027-01-15T08:01:00Z",
        }],
    });
    json!({
        "of": BUILD_ID,
        "asks": {
            "1": { "at": "2027-01-15T07:00:00Z", "refused": "GitHub said no." },
            "2": { "at": "2027-01-15T08:00:00Z", "after": "7/1" },
        },
        "runs": {
            "9/1": {
                "phase": { "ended": "timed_out" }, "started_at": "2027-01-15T08:00:00Z",
                "ended_at": "2027-01-15T08:01:00Z", "url": "https://github.com/o/b/actions/runs/9",
            },
        },
        "pushed": { "at": "2027-01-15T08:00:50Z", "package": "amzhm/x", "digest": digest },
        "heard_at": "2027-01-15T08:01:05Z",
        "done": {
            "attempt": 2, "latest": ["9/1", { "ended": "timed_out" }], "answer": answer,
            "run_url": "https://github.com/o/b/actions/runs/9",
        },
    })
}

fn jobs_record() -> Value {
    json!({
        "of": BUILD_ID,
        "jobs": {
            "900": {
                "run": "9/1", "phase": "running", "started_at": "2027-01-15T08:00:10Z",
                "steps": { "1": { "name": "Build", "phase": { "ended": "success" } } },
            },
        },
        "heard_at": "2027-01-15T08:01:05Z",
        "etag": "W/\"e1\"",
    })
}

/// A revision of a time when the person was not stored yet.
fn revision() -> Value {
    json!({
        "of": DEPLOYMENT_ID, "number": 2, "by": "testuser", "at": "2027-01-15T08:00:00Z",
        "cause": "deploy",
        "wish": { "run": {
            "release": {
                "number": 2, "by": "testuser", "at": "2027-01-15T08:00:00Z",
                "image": { "name": "docker.io/library/nginx:1", "digest": null, "build": null },
                "spec": {
                    "service": "frontend", "display_name": "frontend", "description": null,
                    "kind": "web", "exposure": { "external": { "at": "own_host", "https": true } },
                    "container_port": 3000, "service_port": 8000, "replicas": 2,
                    "cpu": { "request": "100m", "limit": "500m" },
                    "memory": { "request": "128Mi", "limit": "512Mi" },
                    "variables": {}, "health": null, "volume": null, "scaling": null,
                },
                "variables_object": null, "secrets_object": "frontend-2", "secrets": ["KEY"],
            },
            "stopped": false, "restarted_at": null,
            "kept": [{ "number": 2, "variables_object": null, "secrets_object": "frontend-2" }],
        } },
    })
}

#[test]
fn a_run_record_with_everything_is_read() {
    let record: RunRecord = read_and_write(run_record());
    let rejection =
        record.attempt_requests.get(&1).and_then(|request| request.rejection.as_deref());
    assert_eq!(rejection, Some("GitHub said no."));
    assert_eq!(record.attempt(), 2);
    assert!(record.image_pushed.is_some() && record.updated_at.is_some());

    let last = record.final_view().unwrap();
    assert_eq!(last.view.status, Status::Failed);
    assert_eq!(last.view.steps.first().unwrap().status, StepStatus::Failed);
    // The response has the fields that were added later, too.
    let mut expected = run_record()["done"]["answer"].clone();
    let added = json!({
        "trigger": "manual", "commit": null, "waiting_for_capacity": false, "superseded": false,
    });
    expected.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    assert_eq!(serde_json::to_value(&last.view).unwrap(), expected);
}

#[test]
fn jobs_with_an_etag_are_read() {
    let jobs: JobsRecord = read_and_write(jobs_record());
    assert!(jobs.updated_at.is_some());
    assert_eq!(jobs.of_run(RunKey { run_id: 9, attempt: 1 }).count(), 1);
}

#[test]
fn a_revision_without_a_person_and_an_interrupted_outcome_are_read() {
    let revision: Revision = read_and_write(revision());
    assert!(revision.person.is_none() && revision.cause == Cause::Deploy && revision.retains(2));
    assert_eq!(revision.deployed().unwrap().release.previous, None);
    let record: DeploymentRecord = read_and_write(json!({
        "id": DEPLOYMENT_ID, "service": "frontend", "created_at": "2027-01-15T08:00:00Z",
    }));
    assert_eq!(record.cluster_id(), record.id, "it was never adopted");
    let outcome: OutcomeRecord = read_and_write(json!({
        "of": DEPLOYMENT_ID, "revision": 2, "at": "2027-01-15T08:00:00Z",
        "outcome": { "interrupted": "It did not answer." },
    }));
    assert!(matches!(outcome.outcome, ApplyOutcome::Interrupted(_)) && !outcome.is_reconciled(2));
}

#[test]
fn a_conclusion_of_a_newer_release_counts_as_a_failure_of_another_kind() {
    let state: RunState = serde_json::from_value(json!({ "phase": { "ended": "lost" } })).unwrap();
    assert_eq!(serde_json::to_value(state.phase).unwrap(), json!({ "ended": "other" }));
    let known: Phase = serde_json::from_value(json!({ "ended": "success" })).unwrap();
    assert!(known > state.phase, "what GitHub says later wins");
}

/// Adds a field to the objects at these JSON pointers.
fn with_new_field(mut record: Value, pointers: &[&str]) -> Value {
    for pointer in pointers {
        let object = record.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        object.insert("new".into(), json!({ "of": "tomorrow" }));
    }
    record
}

/// Checks that `change` keeps the fields that a newer release has added to a record.
fn assert_kept<T: DeserializeOwned, U: Serialize>(
    record: Value,
    pointers: &[&str],
    change: impl FnOnce(T) -> U,
) {
    let record: T = serde_json::from_value(with_new_field(record, pointers)).unwrap();
    let changed = serde_json::to_value(change(record)).unwrap();
    for pointer in pointers {
        let object = changed.pointer(pointer).unwrap();
        assert_eq!(object["new"], json!({ "of": "tomorrow" }), "{pointer} of {changed:#}");
    }
}

#[test]
fn reports_of_github_keep_the_new_fields_of_builds() {
    let pointers = ["", "/asks/1", "/runs/9~11", "/done", "/done/answer", "/done/answer/steps/0"];
    assert_kept(run_record(), &pointers, |mut record: RunRecord| {
        let (key, id) = (RunKey { run_id: 9, attempt: 1 }, record.build_id);
        let repeated = RunRecord::with_run(id, key, RunState::new(Phase::Running));
        assert!(!record.merge(repeated));
        let retry = AttemptRequest::new("2027-01-15T07:00:00Z".parse().unwrap(), Some(key));
        assert!(record.merge(RunRecord::with_attempt_request(id, 1, retry)));
        record
    });
    let pointers = ["", "/jobs/900", "/jobs/900/steps/1"];
    assert_kept(jobs_record(), &pointers, |record: JobsRecord| {
        let mut report = JobsRecord::new(record.build_id);
        report.jobs = record.jobs.clone();
        for job in report.jobs.values_mut() {
            job.phase = Phase::Queued;
            job.steps.clear();
        }
        assert!(report.merge(record));
        report
    });
}

#[test]
fn changes_keep_the_new_fields_of_projects_and_members() {
    let person = json!({ "issuer": "https://github.com", "subject": "1" });
    let project = json!({
        "id": 1, "name": "myapp", "owner": "testuser", "description": null, "repository_url": null,
        "framework": null, "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
    });
    assert_kept(project, &[""], |project: Project| {
        assert_eq!(project.id, ProjectId(1));
        let mut fields = Fields::from_json(br#"{ "description": "A shop" }"#).unwrap();
        let change = ProjectChange::read(&mut fields);
        change.apply(fields, project, "2027-01-16T08:00:00Z".parse().unwrap()).unwrap()
    });
    let member = json!({ "person": person, "username": "testuser", "role": "viewer", "number": 1 });
    let invitation = json!({
        "id": u64::MAX, "person": person, "username": "guest", "role": "viewer",
        "invited_at": "2027-01-15T08:00:00Z", "expires_at": "2027-01-22T08:00:00Z",
    });
    let members = json!({
        "owner": person, "others": [member, member], "invitations": [invitation], "version": 1,
    });
    assert_kept(members, &["", "/others/0", "/invitations/0"], |mut members: Members| {
        members.others.truncate(1);
        members.version += 1;
        members
    });
}

#[test]
fn new_revisions_keep_the_new_fields_of_earlier_ones() {
    let release = revision()["wish"]["run"].clone();
    let pointers = ["", "/release", "/release/spec"];
    assert_kept(release.clone(), &pointers, |state: DeployedState| state.with_stopped(true));
    assert_kept(release, &pointers, |state: DeployedState| {
        let release = state.release.clone();
        DeployedState::with_release(Some(&state), release, 5)
    });
}

#[test]
fn the_copies_and_rows_of_api_tokens_keep_new_fields() {
    let identity = json!({
        "person": { "issuer": "https://github.com", "subject": "1" }, "login": "testuser",
        "at_github": { "account": 1 }, "standing": { "account": 1, "login": "testuser" },
    });
    let token = json!({
        "identity": identity, "number": 1, "name": "ci", "scopes": ["read"],
        "expires_at": "2027-01-15T08:00:00Z",
    });
    assert_kept(json!({ "token": token }), &["/token"], |mut record: Value| {
        let token: TokenRecord = serde_json::from_value(record["token"].take()).unwrap();
        DailyTokenRecord { day: "2027-01-15".into(), token }
    });
    let row = json!({
        "number": 1, "hash": "0".repeat(64), "name": "ci", "scopes": ["read"],
        "created_at": "2027-01-15T08:00:00Z", "expires_at": "2027-01-15T08:00:00Z",
    });
    assert_kept(row, &[""], |row: TokenRow| TokenRow {
        last_used: Some("2027-01-15".into()),
        ..row
    });
}

#[test]
fn the_record_of_an_authorization_code_is_read_and_written_in_the_same_form() {
    read_and_write::<AuthorizationRecord>(json!({
        "sign_in": "0".repeat(64), "redirect_uri": "http://127.0.0.1:49152/callback",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "expires_at": "2027-01-15T08:01:00Z", "of_a_newer_release": 1,
    }));
}

/// Components of two versions exchange route descriptions during an upgrade.
#[test]
fn the_old_spelling_of_a_route_policy_is_read_and_answered_in_snake_case() {
    for (old, new) in [
        ("signed-in", "signed_in"),
        ("role-or-administrator", "role_or_administrator"),
        ("administrator", "administrator"),
    ] {
        let policy: RoutePolicy = serde_json::from_value(old.into()).unwrap();
        assert_eq!(serde_json::to_value(policy).unwrap(), new);
        assert_eq!(serde_json::from_value::<RoutePolicy>(new.into()).unwrap(), policy);
    }
}

/// A release that does not know `degraded` reads it as `running`.
#[test]
fn an_observation_can_be_read_by_older_and_newer_releases() {
    let stored = |status: &str| {
        json!({
            "of": DEPLOYMENT_ID, "revision": 3, "status": status, "ready": 1, "total": 2,
            "at": "2027-01-15T08:00:00Z",
        })
    };
    for status in ["pending", "deploying", "running", "failed", "stopped"] {
        read_and_write::<LastObservation>(stored(status));
    }
    let mut degraded = stored("running");
    degraded["degraded"] = true.into();
    let read: LastObservation = read_and_write(degraded);
    assert_eq!(read.status, deployments::Status::Degraded);
}

#[test]
fn what_a_store_was_begun_with_stays_readable() {
    let begun: Installation = read_and_write(json!({ "defaults": 1 }));
    assert_eq!(begun, Installation::NEW);
}

#[test]
fn a_saved_service_keeps_fields_of_a_newer_release_when_it_is_saved_again() {
    let stored = json!({
        "source": {
            "spec": {
                "repository": "acme/shop", "git_ref": "HEAD", "context": ".",
                "source": { "dockerfile_at": "Dockerfile" }, "service": "frontend", "tag": "latest",
                "build_args": { "COLOUR": "red" },
            },
            "repository_id": 42, "of_tomorrow": 1,
        },
        "place": 18_446_744_073_709_551_615_u64, "created_at": "2026-11-29T10:00:00Z",
        "updated_at": "2026-11-29T11:00:00Z", "of_tomorrow": { "watch_paths": ["web"] },
    });
    let record: ServiceRecord = read_and_write(stored.clone());
    let spec = record.source.clone().unwrap().spec;
    let now = "2026-11-30T10:00:00Z".parse().unwrap();
    let source = || NewSavedSource {
        spec: spec.clone(),
        repository_id: 43,
        build_on_push: None,
        watch_paths: Vec::new(),
        deploy_on_build: false,
        use_config_file: false,
        previews: None,
    };
    let again = ServiceRecord::with_source(Some(record.clone()), source(), 7, now);
    let again = serde_json::to_value(&again).unwrap();
    assert_eq!(again["of_tomorrow"], stored["of_tomorrow"]);
    assert_eq!(again["source"]["of_tomorrow"], 1);
    assert_eq!((&again["created_at"], &again["place"]), (&stored["created_at"], &json!(7)));
    // After it was removed, it is another service of this name.
    let removed = ServiceRecord { source: None, ..record };
    read_and_write::<ServiceRecord>(serde_json::to_value(&removed).unwrap());
    let new = ServiceRecord::with_source(Some(removed), source(), 7, now);
    assert_eq!(new.created_at, now);
}

#[test]
fn who_is_responsible_for_builds_by_pushes_and_the_pushes_stay_readable() {
    read_and_write::<LinkedBy>(json!({
        "person": { "issuer": "github", "subject": "7" }, "login": "testuser",
        "github_identity": { "account": 7 }, "enabled_at": "2026-11-29T10:00:00Z", "since": 1,
        "place": 18_446_744_073_709_551_615_u64, "may_push": true, "of_tomorrow": 1,
    }));
    let commit = json!({ "sha": "a".repeat(40), "subject": "Fix it", "author": "testuser" });
    read_and_write::<PushRecord>(json!({
        "number": 3, "at": "2026-11-29T10:00:00Z", "repository_id": 42, "since": 1,
        "branch": "main", "work": 5, "base": 2, "outcome": "affected", "head": commit,
        "before_skipped": "b".repeat(40),
        "target": { "base": 2, "number": 3, "commit": commit, "previous": [1, "b".repeat(40)] },
        "of_tomorrow": { "a": 1 },
    }));
    read_and_write::<PushRecord>(json!({
        "number": 1, "at": "2026-11-29T10:00:00Z", "repository_id": 42, "since": 1,
        "branch": "main", "outcome": "no_access",
    }));
}
