//! Records that older versions have stored can still be read. Their views and the values in new records
//! keep the spelling of the contract: field names do not change, and enumerations are snake_case.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::{
    builds::{
        AttemptRequest, BuildRecord, CancelRequest, JobsRecord, RunKey, RunRecord, Status,
        StepStatus,
    },
    deployments::{
        Address, ApplyOutcome, DesiredState, Exposure, LastObservation, OutcomeRecord, Revision,
    },
    responses::RoutePolicy,
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

#[test]
fn a_build_record_of_an_older_version_is_read() {
    let record: BuildRecord = read_and_write(json!({
        "id": BUILD_ID,
        "by": { "issuer": "https://github.com", "subject": "1" },
        "owner": "testuser",
        "project": "myapp",
        "asked": {
            "repository": "testuser/myapp", "git_ref": "main", "context": ".",
            "source": { "dockerfile_at": "Dockerfile" }, "service": "frontend", "tag": "latest",
            "build_args": { "A": "1" },
        },
        "commit": "a".repeat(40),
        "private": false,
        "image": "ghcr.io/amzhm/testuser-myapp-frontend",
        "estimate": 120,
        "created_at": "2027-01-15T08:00:00Z",
    }));
    assert_eq!(record.requested_by.subject, "1");
    assert_eq!(record.spec.git_ref, "main");
}

#[test]
fn a_run_record_with_a_final_view_of_an_older_version_is_read() {
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
    let record: RunRecord = read_and_write(json!({
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
    }));
    let rejection =
        record.attempt_requests.get(&1).and_then(|request| request.rejection.as_deref());
    assert_eq!(rejection, Some("GitHub said no."));
    assert_eq!(record.attempt(), 2);
    assert!(record.image_pushed.is_some() && record.updated_at.is_some());

    let last = record.final_view().unwrap();
    assert_eq!(last.view.status, Status::Failed);
    assert_eq!(last.view.steps.first().unwrap().status, StepStatus::Failed);
    assert_eq!(serde_json::to_value(&last.view).unwrap(), answer, "shown as it was stored");
}

#[test]
fn the_other_records_of_a_build_of_an_older_version_are_read() {
    let jobs: JobsRecord = read_and_write(json!({
        "of": BUILD_ID,
        "jobs": {
            "900": {
                "run": "9/1", "phase": "running", "started_at": "2027-01-15T08:00:10Z",
                "steps": { "1": { "name": "Build", "phase": { "ended": "success" } } },
            },
        },
        "heard_at": "2027-01-15T08:01:05Z",
        "etag": "W/\"e1\"",
    }));
    assert!(jobs.updated_at.is_some());
    assert_eq!(jobs.of_run(RunKey { run_id: 9, attempt: 1 }).count(), 1);
    let cancel: CancelRequest =
        read_and_write(json!({ "attempt": 2, "at": "2027-01-15T08:00:30Z" }));
    let retry: AttemptRequest = read_and_write(json!({ "at": "2027-01-15T08:00:30Z" }));
    assert_eq!(cancel.requested_at, retry.requested_at);
}

#[test]
fn revisions_of_an_older_version_are_read() {
    let revision = |cause: &str, wish: Value| {
        json!({
            "of": DEPLOYMENT_ID, "number": 2, "by": "testuser", "at": "2027-01-15T08:00:00Z",
            "cause": cause, "wish": wish,
        })
    };
    let deployed: Revision = read_and_write(revision(
        "deploy",
        json!({
            "run": {
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
            },
        }),
    ));
    assert!(deployed.retains(2));
    let exposure = &deployed.deployed().unwrap().release.spec.exposure;
    assert_eq!(*exposure, Exposure::External { address: Address::OwnHost, https: true });

    let deleted: Revision =
        read_and_write(revision("delete", json!({ "gone": { "volumes": true } })));
    assert!(matches!(deleted.desired, DesiredState::Deleted(deletion) if deletion.delete_volumes));
}

#[test]
fn outcomes_and_observations_of_an_older_version_are_read() {
    let outcome = |outcome: Value| -> OutcomeRecord {
        read_and_write(json!({
            "of": DEPLOYMENT_ID, "revision": 2, "at": "2027-01-15T08:00:00Z", "outcome": outcome,
        }))
    };
    let rejected = outcome(json!({
        "refused": {
            "faults": [{ "kind": "Service", "name": "x", "field": null, "detail": "No." }],
            "stand": ["Deployment x"],
        },
    }));
    assert!(matches!(rejected.outcome, ApplyOutcome::Rejected { .. }) && rejected.is_reconciled(2));
    let interrupted = outcome(json!({ "interrupted": "It did not answer." }));
    assert!(!interrupted.is_reconciled(2));
    assert_eq!(outcome(json!("applied")).outcome, ApplyOutcome::Applied);

    let last: LastObservation = read_and_write(json!({
        "of": DEPLOYMENT_ID, "revision": 2, "status": "running", "ready": 1, "total": 2,
        "at": "2027-01-15T08:00:00Z",
    }));
    assert_eq!(last.revision, 2);
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
