//! Public enumerations are snake_case.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use nokube_domain::{
    Reason, Role, builds,
    deployments::{self, Cause, ServiceKind},
    responses::NoLogReason,
};
use serde::Serialize;

fn assert_spelling<T: Serialize>(value: T, expected: &str) {
    assert_eq!(serde_json::to_value(value).unwrap(), expected);
}

#[test]
fn problem_reasons_are_snake_case() {
    for (reason, expected) in [
        (Reason::RoleTooSmall, "role_too_small"),
        (Reason::Blocked, "blocked"),
        (Reason::ProjectExists, "project_exists"),
        (Reason::TooManyProjects, "too_many_projects"),
        (Reason::TooManyMembers, "too_many_members"),
        (Reason::TooManyInvitations, "too_many_invitations"),
        (Reason::InvitationsDeclined, "invitations_declined"),
        (Reason::TooManyMemberships, "too_many_memberships"),
        (Reason::ProjectInUse, "project_in_use"),
        (Reason::TooManyTokens, "too_many_tokens"),
        (Reason::BuildEnded, "build_ended"),
        (Reason::BuildUnderWay, "build_under_way"),
        (Reason::TooManyServices, "too_many_services"),
        (Reason::DeploymentStopped, "deployment_stopped"),
        (Reason::NoEarlierRelease, "no_earlier_release"),
        (Reason::NotPaused, "not_paused"),
        (Reason::SecretsLost, "secrets_lost"),
    ] {
        assert_spelling(reason, expected);
    }
}

#[test]
fn reasons_for_a_missing_log_are_snake_case() {
    assert_spelling(NoLogReason::NotYet, "not_yet");
    assert_spelling(NoLogReason::Gone, "gone");
    assert_spelling(NoLogReason::Withheld, "withheld");
}

#[test]
fn messages_and_labels_show_the_serialized_name() {
    assert_eq!(Role::Developer.to_string(), "developer");
    assert_eq!(ServiceKind::Worker.to_string(), "worker");
    assert_eq!(Cause::Rollback.to_string(), "rollback");
    assert_eq!(deployments::Status::Deploying.to_string(), "deploying");
    assert_eq!(deployments::Status::Degraded.to_string(), "degraded");
    assert_eq!(deployments::ErrorCode::NodeLost.to_string(), "node_lost");
    assert_eq!(builds::Status::Building.to_string(), "building");
    assert_eq!(builds::Status::parse("building"), Some(builds::Status::Building));
    assert_eq!(builds::Status::parse("Building"), None);
}
