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
        (Reason::ProjectInUse, "project_in_use"),
        (Reason::TooManyTokens, "too_many_tokens"),
        (Reason::BuildEnded, "build_ended"),
        (Reason::BuildUnderWay, "build_under_way"),
        (Reason::TooManyServices, "too_many_services"),
        (Reason::DeploymentStopped, "deployment_stopped"),
        (Reason::NoEarlierRelease, "no_earlier_release"),
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
fn as_str_is_the_serialized_name() {
    fn check<T: Serialize + Copy>(values: &[T], as_str: fn(T) -> &'static str) {
        for value in values {
            assert_spelling(*value, as_str(*value));
        }
    }
    check(&[Role::Viewer, Role::Developer, Role::Owner], Role::as_str);
    check(&[ServiceKind::Web, ServiceKind::Api, ServiceKind::Worker], ServiceKind::as_str);
    {
        use Cause::{Delete, Deploy, Restart, Rollback, Start, Stop};
        check(&[Deploy, Rollback, Restart, Stop, Start, Delete], Cause::as_str);
    }
    {
        use builds::Status::{Building, Cancelled, Failed, Pending, Success};
        let all = [Pending, Building, Success, Failed, Cancelled];
        check(&all, builds::Status::as_str);
        assert!(all.iter().all(|s| builds::Status::parse(s.as_str()) == Some(*s)));
    }
    {
        use deployments::Status::{Deploying, Failed, Pending, Running, Stopped};
        check(&[Pending, Deploying, Running, Failed, Stopped], deployments::Status::as_str);
    }
}
