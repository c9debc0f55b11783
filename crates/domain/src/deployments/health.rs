//! Checks the health checks of a deployment request.

use super::{
    NewDeployment,
    checks::reject_unused,
    spec::{Check, Health, ServiceKind},
};
use crate::{field_types::Int, fields::Fields};

/// The values of requests that omit them, in seconds.
pub(super) const DEFAULT_LIVENESS_DELAY: u32 = 30;
pub(super) const DEFAULT_READINESS_DELAY: u32 = 5;
pub(super) const DEFAULT_PERIOD: u32 = 10;
pub(super) const DEFAULT_TIMEOUT: u32 = 5;
pub(super) const DEFAULT_FAILURES: u32 = 3;

pub(super) fn check(f: &mut Fields, request: &NewDeployment) -> Option<Health> {
    let (liveness, readiness) = (&request.liveness_check_path, &request.readiness_check_path);
    let targets = [
        ("health_check_port", request.health_check_port.is_some()),
        ("liveness_check_path", liveness.is_some()),
        ("readiness_check_path", readiness.is_some()),
    ];
    let has_target = targets.iter().any(|(field, is_valid)| *is_valid || f.has_error(field));
    // A worker is assumed to listen on no port unless the request configures a check.
    let has_port = request.service_type != Some(ServiceKind::Worker) || has_target;
    let is_enabled = request.health_check_enabled?;
    if !is_enabled || !has_port {
        let condition = match is_enabled {
            false => "without health_check_enabled",
            true => "on a worker without health_check_port or a path to check",
        };
        check_no_health_fields(f, request, condition);
        return None;
    }
    Some(Health {
        port: request.health_check_port.or(request.container_port)?.0,
        liveness: Check { path: liveness.clone(), delay: request.liveness_initial_delay?.0 },
        readiness: Check { path: readiness.clone(), delay: request.readiness_initial_delay?.0 },
        period: request.health_check_period?.0,
        timeout: request.health_check_timeout?.0,
        failures: request.health_check_failure_threshold?.0,
    })
}

fn check_no_health_fields(f: &mut Fields, request: &NewDeployment, condition: &str) {
    fn differs<const MIN: u32, const MAX: u32>(value: Option<Int<MIN, MAX>>, default: u32) -> bool {
        value.is_some_and(|value| value.0 != default)
    }
    let r = request;
    let changed = [
        ("health_check_port", r.health_check_port.is_some()),
        ("liveness_check_path", r.liveness_check_path.is_some()),
        ("readiness_check_path", r.readiness_check_path.is_some()),
        ("liveness_initial_delay", differs(r.liveness_initial_delay, DEFAULT_LIVENESS_DELAY)),
        ("readiness_initial_delay", differs(r.readiness_initial_delay, DEFAULT_READINESS_DELAY)),
        ("health_check_period", differs(r.health_check_period, DEFAULT_PERIOD)),
        ("health_check_timeout", differs(r.health_check_timeout, DEFAULT_TIMEOUT)),
        (
            "health_check_failure_threshold",
            differs(r.health_check_failure_threshold, DEFAULT_FAILURES),
        ),
    ];
    reject_unused(f, &changed, condition);
}
